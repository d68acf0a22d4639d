"""What a trim counts as, and what it wants of ai-router."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.enums import Capability
from workflow.prices.models import Amount

METER = "trims"
PATH = "POST /api/v1/trim"


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """By step."""
    return {"fetch": Amount(Capability.SOURCE_FETCH), "trim": Amount(Capability.VIDEO_TRIM)}
