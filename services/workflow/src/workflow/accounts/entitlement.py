"""What a user may do, as far as is known here. Billing decides; this only spares the run that would be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

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
    credits_available: int = 0
    credits_per_minute: int | None = None
    """What a begun minute of film takes, where it is known."""


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


def entitlement_of_row(row: Mapping[str, Any]) -> Entitlement:
    """The copy as it was read as JSON."""
    return Entitlement(
        plan=row["plan"],
        limits=row["limits"],
        used=row["used"],
        priority=Priority(row["priority"]),
        run_budget=Decimal(str(row["run_budget"])),
        period_ends_at=datetime.fromisoformat(ends) if (ends := row["period_ends_at"]) else None,
        credits_bought=row["credits_bought"],
        upgrades=row["upgrades"],
        max_video_seconds=row["max_video_seconds"],
        longer_with=row["longer_with"],
        credits_available=row["credits_available"],
        credits_per_minute=row["credits_per_minute"],
    )
