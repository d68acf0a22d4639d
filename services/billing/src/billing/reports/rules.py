"""The formulas of the reports, each with its source. Pure, in ``Decimal``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.plans.catalogue import Plan

CENT, TENTH = Decimal("0.01"), Decimal("0.1")

GPU_A_MINUTE = Decimal("0.50")
STORAGE_A_MINUTE = Decimal("0.02")
NETWORK_A_MINUTE = Decimal("0.01")
FEE_SHARE = Decimal("0.029")
FEE_FIXED = Decimal("3")
AI_A_WORKFLOW = Decimal("0.50")
REVENUE_A_WORKFLOW = Decimal("5")
MONITORING = Decimal("1000")


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What the minutes of a plan cost, and what is left of its price; ``margin`` in percent, None of nothing."""

    plan_type: str
    currency: str
    price: Decimal
    minutes: int
    cost: Decimal
    profit: Decimal
    margin: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A month as it is planned, in rupees."""

    ai: Decimal
    hosting: Decimal
    storage: Decimal
    database: Decimal
    monitoring: Decimal
    payment_fees: Decimal
    total: Decimal
    cost_per_user: Decimal
    cost_per_workflow: Decimal
    revenue: Decimal
    margin: Decimal | None


def unit_cost(plan: Plan) -> UnitCost:
    """BIL-62: a minute of film costs $0.53 = $0.50 GPU + $0.02 storage + $0.01 network; a plan has the minutes that its
    credits pay for."""
    minutes = plan.credits_per_month // (plan.credits_per_minute or 1)
    cost = minutes * (GPU_A_MINUTE + STORAGE_A_MINUTE + NETWORK_A_MINUTE)
    profit = plan.price_monthly - cost
    return UnitCost(
        plan_type=plan.plan_type,
        currency=plan.currency,
        price=plan.price_monthly,
        minutes=minutes,
        cost=cost,
        profit=profit,
        margin=percent(profit, plan.price_monthly),
    )


def estimate(users: int, workflows: int) -> Estimate:
    """BIL-63, for ``workflows`` a month of all users together.

    AI: ₹0.50 a workflow (one enhancement at ₹0.039 and about 3 s of Veo3 at ₹0.15). Hosting, storage, database: 0, 500,
    0 below 1,000 users; 5,000, 2,000, 2,000 below 5,000; 15,000, 5,000, 8,000 from there on. Monitoring: 1,000 above
    1,000 users. Revenue: ₹5 a workflow. Payment fees: 2.9 percent of revenue, without the fixed part (CFL-37).
    """
    hosting, storage, database = (
        (0, 500, 0) if users < 1000 else (5000, 2000, 2000) if users < 5000 else (15000, 5000, 8000)
    )
    ai, revenue = AI_A_WORKFLOW * workflows, REVENUE_A_WORKFLOW * workflows
    monitoring = MONITORING if users > 1000 else Decimal(0)
    fees = _rounded(revenue * FEE_SHARE)
    total = ai + hosting + storage + database + monitoring + fees
    return Estimate(
        ai=ai,
        hosting=Decimal(hosting),
        storage=Decimal(storage),
        database=Decimal(database),
        monitoring=monitoring,
        payment_fees=fees,
        total=total,
        cost_per_user=_rounded(total / users) if users else Decimal(0),
        cost_per_workflow=_rounded(total / workflows) if workflows else Decimal(0),
        revenue=revenue,
        margin=percent(revenue - total, revenue),
    )


def fees(received: Decimal, transactions: int, currency: str, rupees_per_dollar: Decimal) -> Decimal:
    """BIL-64: 2.9 percent and ₹3 for each transaction; the ₹3 in dollars by the configured rate (CFL-04)."""
    fixed = FEE_FIXED if currency == "INR" else FEE_FIXED / rupees_per_dollar
    return _rounded(received * FEE_SHARE + transactions * fixed)


def in_currency(rupees: Decimal, currency: str, rupees_per_dollar: Decimal) -> Decimal:
    """Provider costs are recorded in rupees; the configured rate is for reports only (CFL-04)."""
    return _rounded(rupees if currency == "INR" else rupees / rupees_per_dollar)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """A share in percent, to one place; None of nothing."""
    return (part * 100 / whole).quantize(TENTH, ROUND_HALF_UP) if whole else None


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
