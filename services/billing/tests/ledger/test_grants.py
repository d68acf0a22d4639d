"""In which order credits are spent, when they end, and where they go when they come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.billing import CaptureCredits, CreditsGranted, ReserveCredits
from contracts.users import UserRegistered


@pytest.fixture
def as_admin(billing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is the user's id; everybody is in Pixie, and an administrator."""

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), product_line="pixie", role="admin")

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)


async def registered(billing: Any) -> UUID:
    user_id = ids.uuid7()
    await billing.tell(UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line="pixie"))
    return user_id


async def spent(billing: Any, user_id: UUID, credits: int) -> ReserveCredits:
    held = ReserveCredits(
        reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=user_id, product_line="pixie", credits=credits,
        capability="image_generation",
    )  # fmt: skip
    await billing.tell(held)
    await billing.tell(CaptureCredits(reservation_id=held.reservation_id, run_id=held.run_id, credits=credits))
    return held


async def grants(billing: Any, user_id: UUID) -> list[tuple[str, int]]:
    async with billing.client(user_id) as client:
        balance = (await client.get("/api/v1/billing/credits/balance")).json()
    assert sum(grant["credits"] for grant in balance["grants"]) == balance["available"]
    return [(grant["category"], grant["credits"]) for grant in balance["grants"]]


async def give(billing: Any, user_id: UUID, credits: int, **more: Any) -> None:
    body = {"user_id": str(user_id), "product_line": "pixie", "credits": credits, "reason": "Sorry", **more}
    async with billing.client(user_id) as client:
        answer = await client.post("/api/v1/admin/billing/grants", json=body)
    assert answer.status_code == 201, answer.text


async def test_promotional_go_before_paid_and_the_sooner_ending_first(billing: Any, as_admin: None) -> None:
    user_id = await registered(billing)
    ledger = billing.service.app.state.ledger
    async with billing.database.transaction() as tx:
        await ledger.sell((user_id, "pixie"), 5, "Top-up", ids.uuid7(), tx)
    await give(billing, user_id, 3)
    soon = (billing.clock.now() + timedelta(days=2)).isoformat()
    await give(billing, user_id, 2, expires_at=soon)
    await give(billing, user_id, 1, priority=90)
    order = [("promotional", 2), ("promotional", 3), ("plan", 25), ("bought", 5), ("promotional", 1)]
    assert await grants(billing, user_id) == order
    await spent(billing, user_id, 4)
    assert await grants(billing, user_id) == [("promotional", 1), *order[2:]]
    await spent(billing, user_id, 27)
    assert await grants(billing, user_id) == [("bought", 4), ("promotional", 1)]
    await billing.check_books()


async def test_a_dated_grant_ends_on_its_day_and_nothing_else_does(billing: Any, as_admin: None) -> None:
    user_id = await registered(billing)
    await give(billing, user_id, 7, expires_at=(billing.clock.now() + timedelta(days=2)).isoformat())
    assert billing.said(CreditsGranted)[-1].expires_at is not None
    [upkeep] = [part for part in billing.service.background if getattr(part, "name", None) == "month end"]
    billing.clock.advance(timedelta(days=1, hours=23))
    assert await upkeep.run_once() == 0
    billing.clock.advance(timedelta(hours=1))
    assert await upkeep.run_once() == 1
    assert await upkeep.run_once() == 0
    assert await grants(billing, user_id) == [("plan", 25)]
    account = await billing.account(user_id)
    assert (account["settled"], account["used"]) == (25, {}), "the month goes on"
    await billing.check_books()


async def test_credits_that_are_given_back_go_to_the_grants_they_came_from(billing: Any, as_admin: None) -> None:
    user_id = await registered(billing)
    await give(billing, user_id, 3)
    held = await spent(billing, user_id, 5)
    assert await grants(billing, user_id) == [("plan", 23)]
    async with billing.client(user_id) as client:
        for credits, left, have in ((2, 3, [("plan", 25)]), (None, 0, [("promotional", 3), ("plan", 25)])):
            body = {"hold_id": str(held.reservation_id), "credits": credits, "reason": "Not what was ordered"}
            answer = await client.post("/api/v1/admin/billing/credit-refunds", json=body)
            assert (answer.status_code, answer.json()["credits_left"]) == (201, left), answer.text
            assert await grants(billing, user_id) == have
        again = await client.post("/api/v1/admin/billing/credit-refunds", json=body)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_spent")
        body["hold_id"] = str(ids.uuid7())
        assert (await client.post("/api/v1/admin/billing/credit-refunds", json=body)).status_code == 404
        usage = (await client.get("/api/v1/usage/current")).json()
    assert (usage["credits_used"], usage["meters"]["image_jobs"]["used"]) == (0, 0)
    await billing.check_books()


async def test_of_an_old_month_nothing_comes_back(billing: Any, as_admin: None) -> None:
    user_id = await registered(billing)
    held = await spent(billing, user_id, 5)
    billing.clock.advance(timedelta(days=31))
    async with billing.client(user_id) as client:
        body = {"hold_id": str(held.reservation_id), "reason": "Late"}
        assert (await client.post("/api/v1/admin/billing/credit-refunds", json=body)).status_code == 201
    async with billing.database.transaction() as tx:
        await billing.service.app.state.ledger.turn([(user_id, "pixie")], tx)
    assert await grants(billing, user_id) == [("plan", 25)]
    await billing.check_books()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_accounts SET grants = '[]'",
        "UPDATE credit_accounts SET grants = jsonb_set(grants, '{0,credits}', '-1')",
        'UPDATE credit_accounts SET grants = grants || \'[{"category": "plan", "credits": 0}]\'',
        "UPDATE credit_accounts SET grants = jsonb_set(grants, '{0,category}', '\"bought\"')",
        "UPDATE holds SET parts = '[]'",
        "UPDATE holds SET refunded = captured + 1",
    ],
)
async def test_the_database_refuses_grants_that_do_not_add_up(billing: Any, statement: str) -> None:
    user_id = await registered(billing)
    await spent(billing, user_id, 1)
    with pytest.raises(Exception, match="violates"):
        await billing.execute(statement)
