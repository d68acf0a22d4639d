"""What a film costs and counts as."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from decimal import Decimal

from contracts.enums import Capability
from workflow.engine.definition import Definition
from workflow.engine.timing import critical_s
from workflow.paces.models import Pace, Paces
from workflow.prices.models import Amount
from workflow.products.product import Estimate
from workflow.settings import Settings

METER = "film_minutes"
CREDITS_A_MINUTE = 3
"""Where the plan does not say otherwise (BIL-45)."""
_SHOT_S = 5.0
"""A shot is about so long."""


def credits_of(seconds: float, a_minute: int | None = None) -> int:
    """Credits of so many seconds of film: begun minutes count whole. Lengths are added up of whole frames:
    what is less than a thousandth of a second too much is only the adding up."""
    return math.ceil(round(seconds / 60, 5)) * (CREDITS_A_MINUTE if a_minute is None else a_minute)


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """What a film wants of ai-router, by step."""
    return {
        "speak": Amount(Capability.AUDIO_GENERATION, film_s, characters),
        "music": Amount(Capability.MUSIC_GENERATION, film_s),
        "shots": Amount(Capability.FILM_SHOT, film_s),
        "join": Amount(Capability.FILM_JOIN, film_s),
    }


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    platforms: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
) -> Estimate:
    """Expected cost and time of ``film_s`` seconds of film where nobody is before it (WFL-42): the critical path of its
    steps, of ``made`` alone where that is given."""
    steps = [step for step in definition.steps if made is None or step.name in made]
    known = {step.name: paces.get(step.name, Pace()) for step in definition.steps}
    parts = max(1, round(film_s / _SHOT_S))
    seconds = {
        step.name: step.shape.seconds(film_s, parts if step.all_of else 1) * known[step.name].pace for step in steps
    }
    cost = Decimal(str(round(sum(known[step.name].cost * step.shape.cost_units(film_s) for step in steps), 4)))
    if run_budget is not None:
        cost = min(cost, run_budget)
    credits = credits_of(film_s)
    return Estimate(cost.quantize(Decimal("0.0001")), credits, round(critical_s(definition.steps, seconds), 1))
