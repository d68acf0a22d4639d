"""What a user may do, as far as is known here. Billing decides; this only spares the run that would be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contracts.enums import Priority
from contracts.product_lines import PRODUCT_LINES

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The copy of billing's ``EntitlementsChanged``."""

    plan: str
    limits: Mapping[str, int]
    used: Mapping[str, int]
    priority: Priority
    run_budget: Decimal
    period_ends_at: datetime | None = None


def exhausted(entitlement: Entitlement, meter: str, now: datetime, units: int = 1) -> bool:
    """Whether the month's limit is known to be reached. What the plan does not count has the limit 0 (BIL-46).

    Of a month that is over nothing is known to be used.
    """
    if entitlement.period_ends_at is not None and entitlement.period_ends_at <= now:
        return False
    limit = entitlement.limits.get(meter, 0)
    return limit != UNLIMITED and entitlement.used.get(meter, 0) + units > limit


def upgrades(product_line: str, plan: str) -> tuple[str, ...]:
    """Plans above ``plan``, the next one first."""
    line = PRODUCT_LINES.get(product_line)
    plans = line.plans if line is not None else ()
    return plans[plans.index(plan) + 1 :] if plan in plans else plans
