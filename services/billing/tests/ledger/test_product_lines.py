"""Product lines without plans, plans that are not sold any more, and plans that are gone: an answer, and no poison."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from billing.composition import SPEC
from billing.plans.catalogue import STARTING_CATALOGUE
from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.identity.tokens import Identity
from chassis.testing.slices import DatabaseFor, Slice, slice_of
from chassis.testing.tokens import an_identity
from contracts.billing import CreditsReleased, CreditsReserved, ReleaseCredits, ReservationRefused, ReserveCredits
from contracts.product_lines import PRODUCT_LINES
from contracts.users import UserLoggedIn, UserRegistered

LINES = [key for key in PRODUCT_LINES if key != "talkingphoto"]


def reserve(user_id: UUID, line: str = "talkingphoto") -> ReserveCredits:
    return ReserveCredits(
        reservation_id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=user_id,
        product_line=line,
        credits=1,
        meter="workflows",
        units=1,
    )


def registered(user_id: UUID, line: str = "talkingphoto") -> UserRegistered:
    return UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line=line)


async def test_whoever_logs_in_to_another_line_has_an_account_there_once(billing: Any) -> None:
    user_id = ids.uuid7()
    entered = [
        UserLoggedIn(user_id=user_id, session_id=ids.uuid7(), product_line=line, device="Firefox", address_hash="a")
        for line in ("reely", "reely", "talkingphoto")
    ]
    await billing.tell(registered(user_id), *entered)
    await billing.tell(entered[0])
    async with billing.client(user_id, product_line="reely") as client:
        assert (await client.get("/api/v1/usage/current")).status_code == 200
    opened = "SELECT product_line FROM credit_accounts WHERE user_id = $1 ORDER BY 1"
    assert [row["product_line"] for row in await billing.fetch(opened, user_id)] == ["reely", "talkingphoto"]


async def test_a_line_without_the_plan_that_accounts_open_on_begins_with_its_free_one(
    database_for: DatabaseFor,
) -> None:
    """One setting for all lines, and no two sell the same plans."""
    user_id = ids.uuid7()
    async with slice_of(SPEC, database_for, Slice, settings={"opening_plan": "enterprise"}) as billing:
        await billing.tell(*(registered(user_id, line) for line in PRODUCT_LINES))
        rows = await billing.fetch("SELECT product_line, plan_type FROM credit_accounts WHERE user_id = $1", user_id)
    assert dict(rows) == {
        "talkingphoto": "enterprise", "reely": "free", "filmstudio": "enterprise", "pixie": "free",
    }  # fmt: skip


async def balance(billing: Any, user_id: UUID) -> tuple[int, dict[str, Any]]:
    async with billing.client(user_id) as client:
        answer = await client.get("/api/v1/billing/credits/balance")
        assert (await client.get("/api/v1/usage/current")).status_code == answer.status_code
    return answer.status_code, answer.json()


def test_where_accounts_can_be_opened_everybody_knows_the_plans_that_the_catalogue_sells() -> None:
    sold = {
        key: tuple(plan.plan_type for plan in STARTING_CATALOGUE if plan.product_line == key) for key in PRODUCT_LINES
    }
    offered = {key: line.plans for key, line in PRODUCT_LINES.items() if line.plans}
    assert {key: sold[key] for key in offered} == offered
    assert all(sold.values())


@pytest.mark.parametrize("line", LINES)
async def test_a_line_without_plans_is_answered_and_holds_nobody_up(billing: Any, line: str) -> None:
    user_id, neighbour = ids.uuid7(), ids.uuid7()
    await billing.execute("DELETE FROM plans WHERE product_line = $1", line)
    assert await billing.tell(registered(user_id, line), registered(neighbour)) == [ACKNOWLEDGE] * 2
    refused = [reserve(user_id, line) for _ in range(5)]
    fine = reserve(neighbour)
    assert await billing.tell(*refused, fine) == [ACKNOWLEDGE] * 6
    answers = billing.said(ReservationRefused)
    assert [answer.reservation_id for answer in answers] == [command.reservation_id for command in refused]
    assert {(answer.reason, line in answer.message) for answer in answers} == {("subscription_inactive", True)}
    assert [held.reservation_id for held in billing.said(CreditsReserved)] == [fine.reservation_id]
    assert await billing.rows("SELECT * FROM credit_accounts WHERE product_line = $1", line) == []
    await billing.tell(ReleaseCredits(reservation_id=refused[0].reservation_id, run_id=refused[0].run_id, reason="end"))
    assert [event.credits for event in billing.said(CreditsReleased)] == [0]
    await billing.check_books()


async def test_who_has_a_plan_that_is_not_sold_any_more_keeps_it(billing: Any) -> None:
    user_id, late = ids.uuid7(), ids.uuid7()
    await billing.tell(registered(user_id))
    await billing.execute("UPDATE plans SET is_active = false WHERE plan_type = 'free'")
    billing.service.app.state.plans._read_at = None
    status, account = await balance(billing, user_id)
    assert (status, account["plan_type"], account["available"]) == (200, "free", 3)
    assert await billing.tell(reserve(user_id), reserve(late)) == [ACKNOWLEDGE] * 2
    assert [held.user_id for held in billing.said(CreditsReserved)] == [user_id]
    assert [refused.user_id for refused in billing.said(ReservationRefused)] == [late]
    sold = billing.service.app.state.plans.of("talkingphoto")
    assert [plan.plan_type for plan in sold] == ["starter", "pro", "enterprise"]


async def test_an_account_of_a_plan_that_is_gone_can_be_read_and_orders_nothing(billing: Any) -> None:
    user_id = ids.uuid7()
    await billing.tell(registered(user_id))
    await billing.execute("UPDATE credit_accounts SET plan_type = 'vintage'")
    status, account = await balance(billing, user_id)
    assert (status, account["plan_type"], account["available"]) == (200, "vintage", 3)
    assert await billing.tell(reserve(user_id)) == [ACKNOWLEDGE]
    [refused] = billing.said(ReservationRefused)
    assert (refused.reason, refused.upgrade_to) == ("quota_exceeded", ("free", "starter", "pro", "enterprise"))
    await billing.check_books()


async def test_what_is_shown_is_of_the_sessions_line(billing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = ids.uuid7()
    await billing.tell(registered(user_id))
    asked: list[str] = []

    async def verify(token: str) -> Identity:
        asked.append(token)
        return an_identity(user_id=user_id, product_line=token)

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)
    answers = {}
    for line in ("talkingphoto", "pixie"):
        # No header of the client's makes another account of it.
        async with billing.client(line, **{"X-Product-Line": "talkingphoto"}) as client:
            answers[line] = (await client.get("/api/v1/billing/credits/balance")).status_code
    assert (answers, asked) == ({"talkingphoto": 200, "pixie": 404}, ["talkingphoto", "pixie"])


async def test_a_video_that_is_longer_than_the_plan_takes_is_refused_and_counts_for_nothing(billing: Any) -> None:
    """BIL-52, for whoever asked before the plan was known elsewhere."""
    user_id = ids.uuid7()
    await billing.tell(registered(user_id, "reely"))
    usual = reserve(user_id, "reely").model_copy(update={"meter": "trims"})
    long = usual.model_copy(update={"video_seconds": 360.0})
    assert await billing.tell(long) == [ACKNOWLEDGE]
    [refusal] = billing.said(ReservationRefused)
    assert (refusal.reason, refusal.upgrade_to) == ("plan_limit", ("pro", "premium"))
    assert "6.0 minutes; the Free plan takes 5" in refusal.message
    short = usual.model_copy(update={"reservation_id": ids.uuid7(), "video_seconds": 300.4})
    assert await billing.tell(short) == [ACKNOWLEDGE]
    assert [held.reservation_id for held in billing.said(CreditsReserved)] == [short.reservation_id]
    await billing.check_books()
