"""What a hook detection counts as, and what it wants of ai-router."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.enums import Capability
from workflow.prices.models import Amount

METER = "auto_hooks"
PATH = "POST /api/v1/auto-hooks"
SHORTEST_S = 15.0
"""No clip is shorter, where nobody wants it shorter."""
_CHARACTERS_A_SECOND = 15.0


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """By step; as many characters as are spoken in that time."""
    spoken = round(film_s * _CHARACTERS_A_SECOND)
    return {
        "fetch": Amount(Capability.SOURCE_FETCH),
        "transcribe": Amount(Capability.TRANSCRIPTION, film_s),
        "hooks": Amount(Capability.HOOK_DETECTION, film_s, spoken),
        "clips": Amount(Capability.CLIP_RENDERING),
    }


def shortest_s(longest_s: float | None) -> float:
    """How long a moment has to be at least: where short ones are wanted, half of what they may be."""
    return SHORTEST_S if longest_s is None else min(SHORTEST_S, longest_s / 2)
