"""Why a hold is not possible, in words. Pure."""

from __future__ import annotations

from decimal import Decimal

from billing.ledger.models import Account, Refusal
from billing.plans.catalogue import Plan
from chassis.http import videos


def nothing_sold(product_line: str) -> Refusal:
    """Nobody can spend in a product line that has no plan to begin with."""
    return Refusal("subscription_inactive", f"There are no plans in {product_line} yet.", None, None, ())


def over_budget(plan: Plan, cost: Decimal, upgrades: tuple[str, ...]) -> Refusal | None:
    """A run whose AI work is expected to cost more than its plan allows cannot begin (BIL-66)."""
    if cost <= plan.run_budget:
        return None
    return Refusal(
        "budget_exceeded",
        f"The AI work of this order is expected to cost {cost:.2f}; the {plan.name} plan allows "
        f"{plan.run_budget:.2f}. Make it shorter, or choose a larger plan.",
        None,
        None,
        upgrades,
    )


def too_long(plan: Plan, seconds: float | None, upgrades: tuple[str, ...]) -> Refusal | None:
    """A video that is longer than its plan takes cannot be worked on (BIL-52)."""
    most = plan.max_video_seconds
    if seconds is None or most is None or not videos.is_longer(seconds, most):
        return None
    return Refusal("plan_limit", videos.too_long(seconds, most, plan.name), most, None, upgrades)


def over_quote(credits: int, most: int) -> Refusal | None:
    """A run that would take more credits than was agreed on cannot begin."""
    if credits <= most:
        return None
    return Refusal(
        "budget_exceeded",
        f"This order takes {credits} credits, and {most} were agreed on. Ask for a new quote.",
        most,
        None,
        (),
    )


def quota_used(account: Account, plan: Plan, meter: str, limit: int, upgrades: tuple[str, ...]) -> Refusal:
    """The month's count is used up, and no credits of one's own pay beyond it."""
    used = account.used.get(meter, 0)
    return Refusal(
        reason="quota_exceeded",
        message=f"{used} of {limit} {meter} of this month are used on the {plan.name} plan. "
        f"The next month begins on {account.period_end:%d %B %Y}; a larger plan has more.",
        limit=limit,
        used=used,
        upgrade_to=upgrades,
        anew_at=account.period_end,
    )


def too_few_credits(account: Account, needed: int, upgrades: tuple[str, ...]) -> Refusal:
    """Less is available than the order costs."""
    return Refusal(
        reason="insufficient_credits",
        message=f"{needed} credits are needed, {account.available} are available.",
        limit=account.settled,
        used=account.held,
        upgrade_to=upgrades,
        anew_at=account.period_end,
    )
