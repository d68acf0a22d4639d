"""What a film costs and counts as."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from contracts.enums import Capability
from workflow.engine.definition import Definition, Step
from workflow.paces.models import Paces
from workflow.prices.models import Amount
from workflow.products.estimates import estimated
from workflow.products.film.input import Imagery
from workflow.products.product import Estimate
from workflow.settings import Settings

METER = "film_minutes"
CREDITS_A_MINUTE = 3
"""Where the plan does not say otherwise (BIL-45)."""


def credits_of(seconds: float, a_minute: int | None = None) -> int:
    """Credits of so many seconds of film: begun minutes count whole. Lengths are added up of whole frames:
    what is less than a thousandth of a second too much is only the adding up."""
    return math.ceil(round(seconds / 60, 5)) * (CREDITS_A_MINUTE if a_minute is None else a_minute)


def drawn_by(imagery: Imagery) -> Capability:
    """Who draws what is not there."""
    return Capability.VIDEO_GENERATION if imagery is Imagery.CLIPS else Capability.IMAGE_GENERATION


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """What a film wants of ai-router, by step; what is drawn is counted by :func:`drawings`."""
    return {
        "speak": Amount(Capability.AUDIO_GENERATION, film_s, characters),
        "music": Amount(Capability.MUSIC_GENERATION, film_s),
        "shots": Amount(Capability.FILM_SHOT, film_s),
        "join": Amount(Capability.FILM_JOIN, film_s),
    }


def drawings(imagery: Imagery, seconds: Sequence[float]) -> Amount:
    """What drawing for shots of so many seconds wants of ai-router."""
    count = max(1, len(seconds))
    return Amount(drawn_by(imagery), sum(seconds) / count, times=len(seconds))


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    shots: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
    drawn: int = 0,
) -> Estimate:
    """Of a film of ``film_s`` seconds of which so many shots are made, and ``drawn`` of them before, see
    :func:`workflow.products.estimates.estimated`."""

    def parts(step: Step) -> int:
        return drawn if step.name == "draw" else shots if step.all_of else 1

    return estimated(
        definition,
        paces,
        film_s,
        parts,
        credits=credits_of(film_s),
        run_budget=run_budget,
        made=made,
    )
