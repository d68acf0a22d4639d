"""What a user may do, as far as is known here. Billing decides; this only spares the run that would be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from contracts.enums import Priority

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
    credits_bought: int = 0
    upgrades: Mapping[str, Sequence[str]] = field(default_factory=dict)
    max_video_seconds: int | None = None
    """None: the plan says nothing of it."""
    longer_with: Sequence[str] = ()
    """Plans that take longer ones, the cheapest first."""


def exhausted(entitlement: Entitlement, meter: str, now: datetime, *, units: int = 1, credits: int = 1) -> bool:
    """Whether the month's limit is known to be reached. What the plan does not count has the limit 0 (BIL-46).

    Of a month that is over nothing is known to be used, and bought credits pay beyond the limit.
    """
    if entitlement.period_ends_at is not None and entitlement.period_ends_at <= now:
        return False
    if entitlement.credits_bought >= credits:
        return False
    limit = entitlement.limits.get(meter, 0)
    return limit != UNLIMITED and entitlement.used.get(meter, 0) + units > limit
