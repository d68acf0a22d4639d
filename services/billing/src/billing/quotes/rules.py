"""What an order costs by its product line's rule (BIL-45 to BIL-48). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from billing.ledger import meters
from billing.plans.catalogue import Plan
from contracts.enums import Capability


class Kind(StrEnum):
    """What can be ordered."""

    TALKING_PHOTO = "talking_photo"
    TRIM = "trim"
    AUTO_HOOKS = "auto_hooks"
    FILM = "film"
    IMAGE = "image"


METERS: Mapping[Kind, str] = {
    Kind.TALKING_PHOTO: meters.WORKFLOWS,
    Kind.TRIM: meters.TRIMS,
    Kind.AUTO_HOOKS: meters.HOOKS,
    Kind.FILM: meters.FILM_MINUTES,
}
"""What is counted."""

STEPS: Mapping[Kind, tuple[tuple[str, Capability], ...]] = {
    Kind.TALKING_PHOTO: (
        ("enhance", Capability.IMAGE_ENHANCEMENT),
        ("speak", Capability.AUDIO_GENERATION),
        ("generate", Capability.VIDEO_GENERATION),
    ),
}
"""Steps whose AI work costs us money, where billing knows them."""


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the most."""

    minimum: Decimal
    expected: Decimal
    maximum: Decimal


@dataclass(frozen=True, slots=True)
class Need:
    """What an order takes from an account: ``credits``, and ``units`` of a meter where one counts it."""

    credits: int
    meter: str | None
    units: int


def needed(plan: Plan, kind: Kind, *, count: int, seconds: int | None) -> Need:
    """What ``count`` orders of ``kind`` take. Minutes of film are whole, begun ones count (BIL-45)."""
    if kind is Kind.FILM:
        minutes = -(-(seconds or 0) // 60)
        return Need(minutes * (plan.credits_per_minute or 0) * count, meters.FILM_MINUTES, minutes * count)
    # Of an image the model's own credits_per_use is the router's to say; 1 is its default (BIL-48).
    meter = METERS.get(kind) or meters.meter_of_job(plan.product_line, Capability.IMAGE_GENERATION)
    return Need(count, meter, count)


def costs(kind: Kind, seen: Mapping[str, Range], budget: Decimal) -> dict[str, Range]:
    """By step, what its AI work has lately cost us. None of it exceeds the plan's budget for a run (BIL-66)."""
    nothing = Range(Decimal(0), Decimal(0), budget)
    found = {step: seen.get(capability.value, nothing) for step, capability in STEPS.get(kind, ())}
    return {
        step: Range(min(each.minimum, budget), min(each.expected, budget), min(each.maximum, budget))
        for step, each in found.items()
    }
