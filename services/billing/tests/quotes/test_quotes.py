"""What an order will cost is said before it begins, and no order costs more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing.plans.catalogue import STARTING_CATALOGUE
from billing.quotes import rules
from billing.quotes.rules import Kind, Need
from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.ai_router import CostRecorded
from contracts.billing import CreditsReserved, ReservationRefused, ReserveCredits
from contracts.enums import Capability

PLANS = {(plan.product_line, plan.plan_type): plan for plan in STARTING_CATALOGUE}


@pytest.mark.parametrize(
    ("plan", "kind", "count", "seconds", "need"),
    [
        (("talkingphoto", "free"), Kind.TALKING_PHOTO, 2, None, Need(2, "workflows", 2)),
        (("reely", "pro"), Kind.TRIM, 5, 90, Need(5, "trims", 5)),
        (("reely", "pro"), Kind.AUTO_HOOKS, 1, None, Need(1, "auto_hooks", 1)),
        (("filmstudio", "standard"), Kind.FILM, 1, 60, Need(3, "film_minutes", 1)),
        (("filmstudio", "standard"), Kind.FILM, 1, 61, Need(6, "film_minutes", 2)),
        (("filmstudio", "standard"), Kind.FILM, 2, 599, Need(60, "film_minutes", 20)),
        (("pixie", "free"), Kind.IMAGE, 4, None, Need(4, "image_jobs", 4)),
    ],
)
def test_each_product_line_has_its_rule(plan: Any, kind: Kind, count: int, seconds: Any, need: Need) -> None:
    assert rules.needed(PLANS[plan], kind, count=count, seconds=seconds) == need


def speak_for(billing: Any, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), product_line=line)

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)


async def ask(billing: Any, user_id: UUID, **body: Any) -> Any:
    async with billing.client(user_id) as client:
        return await client.post("/api/v1/billing/quotes", json=body)


def reserve(user_id: UUID, **more: Any) -> ReserveCredits:
    return ReserveCredits(
        **{
            "reservation_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": user_id,
            "product_line": "talkingphoto",
            "credits": 1,
            "meter": "workflows",
            "units": 1,
            **more,
        }
    )


async def test_a_quote_says_what_it_takes_and_what_it_lately_cost(billing: Any) -> None:
    user_id = ids.uuid7()
    costs = [Decimal("0.02"), Decimal("0.03"), Decimal("0.30")]
    await billing.tell(
        *(
            CostRecorded(
                attempt_id=ids.uuid7(),
                job_id=ids.uuid7(),
                run_id=None,
                user_id=user_id,
                provider="nano_banana",
                capability=Capability.IMAGE_ENHANCEMENT,
                units=1,
                unit_cost=cost,
                cost=cost,
                currency="INR",
            )
            for cost in costs
        )
    )
    answer = await ask(billing, user_id, kind="talking_photo", count=2)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/billing/quotes/{answer.json()['id']}"
    quote = answer.json()
    assert quote["credits"] == {"minimum": 2, "expected": 2, "maximum": 2}
    assert (quote["meter"], quote["units"], quote["obstacle"]) == ("workflows", 2, None)
    assert quote["steps"][0]["step"] == "enhance"
    shown = {name: Decimal(value) for name, value in quote["steps"][0]["cost"].items()}
    of_two = {"minimum": Decimal("0.04"), "expected": Decimal("0.06"), "maximum": Decimal("0.2")}
    assert shown == of_two, "of both, each of them within the plan's budget"
    assert Decimal(quote["cost"]["maximum"]) == 2 * Decimal(quote["run_budget"])
    assert quote["valid_until"] == (billing.clock.now() + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    async with billing.client(user_id) as client:
        assert (await client.get(answer.headers["location"])).json() == quote
    async with billing.client(ids.uuid7()) as stranger:
        assert (await stranger.get(f"/api/v1/billing/quotes/{quote['id']}")).status_code == 404
    assert await billing.rows("SELECT * FROM credit_accounts") == [], "asking opens no account"


async def test_a_quote_says_what_is_in_the_way(billing: Any) -> None:
    obstacle = (await ask(billing, ids.uuid7(), kind="talking_photo", count=4)).json()["obstacle"]
    assert (obstacle["reason"], obstacle["upgrade_to"]) == ("quota_exceeded", ["starter", "pro", "enterprise"])


async def test_a_film_by_its_minutes(billing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_for(billing, monkeypatch, "filmstudio")
    user_id = ids.uuid7()
    assert (await ask(billing, user_id, kind="film", seconds=50)).json()["credits"]["maximum"] == 3
    too_long = await ask(billing, user_id, kind="film", seconds=61)
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (422, "too_long")
    missing = await ask(billing, user_id, kind="film")
    assert missing.json()["error"]["fields"] == {"seconds": "is missing"}


async def test_no_run_takes_more_than_was_agreed_on(billing: Any) -> None:
    user_id = ids.uuid7()
    quote_id = UUID((await ask(billing, user_id, kind="talking_photo")).json()["id"])
    fine = reserve(user_id, quote_id=quote_id, max_credits=1)
    dearer = reserve(user_id, quote_id=quote_id, credits=2)
    capped = reserve(user_id, max_credits=0)
    foreign = reserve(ids.uuid7(), quote_id=quote_id)
    await billing.tell(fine, dearer, capped, foreign)
    assert [each.reservation_id for each in billing.said(CreditsReserved)] == [fine.reservation_id]
    refused = billing.said(ReservationRefused)
    assert [each.reason for each in refused] == ["budget_exceeded"] * 3
    assert [each.limit for each in refused] == [1, 0, 0]
    [held] = await billing.rows("SELECT quote_id FROM holds")
    assert held == {"quote_id": quote_id}
    await billing.check_books()


async def test_ai_work_above_the_plans_budget_is_refused_with_the_plans_that_allow_it(billing: Any) -> None:
    user_id = ids.uuid7()
    await billing.tell(
        reserve(user_id, estimated_cost=Decimal("0.11")), reserve(user_id, estimated_cost=Decimal("0.1"))
    )
    [refused] = billing.said(ReservationRefused)
    assert (refused.reason, refused.upgrade_to) == ("budget_exceeded", ("starter", "pro", "enterprise"))
    assert len(billing.said(CreditsReserved)) == 1
