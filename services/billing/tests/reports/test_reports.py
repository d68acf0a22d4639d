"""The formulas of the reports reproduce the figures of their sources."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest

from billing.plans.catalogue import STARTING_CATALOGUE
from billing.reports import rules
from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.ai_router import CostRecorded
from contracts.billing import ReserveCredits
from contracts.enums import Capability

FILMS = {plan.plan_type: plan for plan in STARTING_CATALOGUE if plan.product_line == "filmstudio"}


@pytest.mark.parametrize(
    ("plan", "cost", "profit", "margin"),
    [
        ("free", "0.53", "-0.53", None),
        ("standard", "5.30", "33.70", "86.4"),
        ("pro", "10.60", "38.40", "78.4"),
        ("enterprise", "21.20", "77.80", "78.6"),
    ],
)
def test_the_margins_of_films(plan: str, cost: str, profit: str, margin: str | None) -> None:
    """BIL-62."""
    found = rules.unit_cost(FILMS[plan])
    assert (found.currency, found.cost, found.profit) == ("USD", Decimal(cost), Decimal(profit))
    assert found.margin == (Decimal(margin) if margin else None)


@pytest.mark.parametrize(
    ("users", "workflows", "fixed", "total", "margin"),
    [
        (999, 1000, "500", "1145", "77.1"),
        (1000, 1000, "9000", "9645", "-92.9"),
        (4999, 150_000, "10000", "106750", "85.8"),
        (5000, 150_000, "29000", "125750", "83.2"),
        (0, 0, "500", "500", None),
    ],
)
def test_the_planning_estimate(users: int, workflows: int, fixed: str, total: str, margin: str | None) -> None:
    """BIL-63, and 2.9 percent without the fixed part (CFL-37)."""
    found = rules.estimate(users, workflows)
    assert found.hosting + found.storage + found.database + found.monitoring == Decimal(fixed)
    assert found.ai == Decimal("0.5") * workflows
    assert found.payment_fees == Decimal("0.145") * workflows
    assert (found.total, found.revenue) == (Decimal(total), Decimal(5) * workflows)
    assert found.margin == (Decimal(margin) if margin else None)
    assert found.cost_per_user == ((Decimal(total) / users).quantize(Decimal("0.01"), ROUND_HALF_UP) if users else 0)


def test_fees_of_transactions() -> None:
    """BIL-64."""
    assert rules.fees(Decimal("499"), 1, "INR", Decimal(83)) == Decimal("17.47")
    assert rules.fees(Decimal("9.99"), 1, "USD", Decimal(83)) == Decimal("0.33")


async def test_margins_and_users_are_of_what_was_received_and_spent(
    billing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator, user_id, run_id = ids.uuid7(), ids.uuid7(), ids.uuid7()

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), role="admin" if UUID(token) == administrator else "user")

    monkeypatch.setattr(billing.service.app.state.verifier, "verify", verify)
    await billing.tell(
        ReserveCredits(
            reservation_id=ids.uuid7(), run_id=run_id, user_id=user_id, product_line="talkingphoto", credits=1
        )
    )
    cost = CostRecorded(
        attempt_id=ids.uuid7(),
        job_id=ids.uuid7(),
        run_id=run_id,
        user_id=user_id,
        provider="veo3",
        capability=Capability.VIDEO_GENERATION,
        units=1,
        unit_cost=Decimal("0.1538"),
        cost=Decimal("0.1538"),
        currency="INR",
    )
    await billing.tell(cost)
    await billing.execute(
        "INSERT INTO payments (id, user_id, product_line, processor, processor_invoice_id, amount_minor, currency, "
        "status, description, refunded_minor, created_at, updated_at) "
        "VALUES ($1, $2, 'talkingphoto', 'stripe', 'in_1', 49900, 'INR', 'completed', 'Starter plan', 10000, $3, $3)",
        ids.uuid7(),
        user_id,
        billing.clock.now(),
    )
    period = {
        "since": (billing.clock.now() - timedelta(days=1)).isoformat(),
        "until": (billing.clock.now() + timedelta(days=1)).isoformat(),
    }
    reports = "/api/v1/admin/billing/reports"
    async with billing.client(administrator) as client:
        [margin] = (await client.get(f"{reports}/margins", params=period)).json()["items"]
        users = (await client.get(f"{reports}/users", params=period)).json()
        films = (await client.get(f"{reports}/unit-costs")).json()["items"]
        plan = (await client.get(f"{reports}/estimate", params={"users": 999, "workflows": 1000})).json()
        wrong = await client.get(f"{reports}/margins", params={"since": period["until"], "until": period["since"]})
    assert (margin["received"], margin["refunded"], margin["fees"], margin["ai_cost"]) == (
        "499.00",
        "100.00",
        "17.47",
        "0.15",
    )
    assert (margin["profit"], margin["margin"]) == ("381.38", "95.6")
    assert users["items"] == [{"user_id": str(user_id), "cost": "0.1538", "attempts": 1}]
    assert [each["margin"] for each in films] == [None, "86.4", "78.4", "78.6"]
    assert plan["total"] == "1145.00"
    assert wrong.json()["error"]["code"] == "bad_period"
    async with billing.client(user_id) as client:
        for name in ("margins", "users"):
            assert (await client.get(f"{reports}/{name}", params=period)).status_code == 403
        assert (await client.get(f"{reports}/unit-costs")).status_code == 403
