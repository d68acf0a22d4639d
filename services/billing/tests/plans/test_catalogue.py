"""The catalogue as the requirements state it, and what administrators may make of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing.plans.catalogue import STARTING_CATALOGUE
from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity

PLANS = {(plan.product_line, plan.plan_type): plan for plan in STARTING_CATALOGUE}


@pytest.mark.parametrize(
    ("key", "price", "quotas", "credits", "seconds"),
    [
        (("talkingphoto", "free"), "0", {"workflows": 3}, 3, 60),
        (("talkingphoto", "starter"), "499", {"workflows": 30}, 30, 60),
        (("talkingphoto", "pro"), "1499", {"workflows": -1}, 0, 60),
        (("talkingphoto", "enterprise"), "4999", {"workflows": -1}, 0, 60),
        (("reely", "free"), "0", {"trims": 5, "auto_hooks": 3}, 0, 300),
        (("reely", "pro"), "9.99", {"trims": 100, "auto_hooks": 50}, 0, 1800),
        (("reely", "premium"), "29.99", {"trims": -1, "auto_hooks": -1}, 0, 7200),
        (("filmstudio", "free"), "0", {}, 3, 60),
        (("filmstudio", "standard"), "39", {}, 30, 600),
        (("filmstudio", "pro"), "49", {}, 60, 1200),
        (("filmstudio", "enterprise"), "99", {}, 120, 2400),
        (("pixie", "free"), "0", {}, 25, None),
        (("pixie", "premium"), "9.99", {}, 500, None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_plan_is_what_the_requirements_say(key: Any, price: str, quotas: Any, credits: int, seconds: Any) -> None:
    """BIL-31 to BIL-43."""
    plan = PLANS[key]
    assert (plan.price_monthly, plan.quotas) == (Decimal(price), quotas)
    assert (plan.credits_per_month, plan.max_video_seconds) == (credits, seconds)
    assert plan.credits_per_minute == (3 if plan.product_line == "filmstudio" else None)
    assert plan.currency == ("INR" if plan.product_line == "talkingphoto" else "USD")


def test_budgets_and_features() -> None:
    budgets = {key: plan.run_budget for (line, key), plan in PLANS.items() if line == "talkingphoto"}
    assert budgets == dict(zip(budgets, map(Decimal, ("0.10", "0.50", "2.00", "10.00")), strict=True))
    api = {key: plan.features["api_access"] for (line, key), plan in PLANS.items() if line == "reely"}
    assert api == {"free": False, "pro": True, "premium": True}, "CFL-11"
    assert PLANS["pixie", "premium"].price_yearly == Decimal("99.90")
    assert len(PLANS) == len(STARTING_CATALOGUE) == 13


@pytest.fixture
def administrator(billing: Any, monkeypatch: pytest.MonkeyPatch) -> UUID:
    user_id = ids.uuid7()

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), role="admin" if UUID(token) == user_id else "user")

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)
    return user_id


async def test_an_administrator_edits_a_plan_and_every_version_is_kept(billing: Any, administrator: UUID) -> None:
    path = "/api/v1/admin/billing/plans/reely/pro"
    async with billing.client(administrator) as client:
        change = {"reason": "More of it", "price_monthly": "12.99", "quotas": {"trims": 200, "auto_hooks": 50}}
        edited = await client.put(path, json=change)
        again = await client.put(path, json=change)
        listed = (await client.get("/api/v1/admin/billing/plans", params={"per_page": 50})).json()
        shown = (await client.get("/api/v1/billing/plans", params={"product_line": "reely"})).json()["items"]
    assert (edited.status_code, edited.json()["version"], again.json()) == (200, 2, edited.json())
    assert (edited.json()["price_monthly"], edited.json()["price_yearly"]) == ("12.99", "99.90")
    assert listed["total"] == 13
    assert [plan["price_monthly"] for plan in shown] == ["0.00", "12.99", "29.99"]
    [kept] = await billing.rows("SELECT version, edited_by, reason, plan FROM plan_versions")
    assert (kept["version"], kept["edited_by"], kept["reason"]) == (2, administrator, "More of it")
    assert kept["plan"]["quotas"] == {"trims": 200, "auto_hooks": 50}
    with pytest.raises(Exception, match="append-only"):
        await billing.execute("DELETE FROM plan_versions")


async def test_a_plan_is_made_and_taken_off_sale(billing: Any, administrator: UUID) -> None:
    path = "/api/v1/admin/billing/plans/pixie/studio"
    async with billing.client(administrator) as client:
        incomplete = await client.put(path, json={"reason": "New", "name": "Studio"})
        assert (incomplete.status_code, incomplete.json()["error"]["code"]) == (422, "plan_incomplete")
        assert set(incomplete.json()["error"]["fields"]) == {"price_monthly", "run_budget"}
        whole = {
            "reason": "New",
            "name": "Studio",
            "price_monthly": "19",
            "run_budget": "20",
            "credits_per_month": 2000,
        }
        made = (await client.put(path, json=whole)).json()
        assert (made["currency"], made["version"], made["is_active"]) == ("USD", 1, True)
        gone = (await client.put(path, json={"reason": "No", "is_active": False})).json()
        assert gone["is_active"] is False
        other = await client.put(path, json={"reason": "Rupees", "currency": "INR"})
        assert other.json()["error"]["fields"] == {"currency": "USD"}
        sold = (await client.get("/api/v1/billing/plans", params={"product_line": "pixie"})).json()["items"]
    assert [plan["plan_type"] for plan in sold] == ["free", "premium"]


async def test_nobody_else_edits(billing: Any, administrator: UUID) -> None:
    async with billing.client(ids.uuid7()) as client:
        answer = await client.put("/api/v1/admin/billing/plans/reely/pro", json={"reason": "x", "price_monthly": "0"})
        assert answer.status_code == 403
        assert (await client.get("/api/v1/admin/billing/plans")).status_code == 403
    assert await billing.rows("SELECT * FROM plan_versions") == []
