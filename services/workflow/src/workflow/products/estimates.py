"""What all products' estimates share: the critical path of a run's steps, and what their providers cost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from types import MappingProxyType

from workflow.engine.definition import Definition, Step
from workflow.engine.timing import critical_s
from workflow.paces.models import Pace, Paces
from workflow.products.product import Estimate

_UNSEEN: Mapping[str, Decimal] = MappingProxyType({})


def estimated(
    definition: Definition,
    paces: Paces,
    film_s: float,
    parts: Callable[[Step], int],
    *,
    credits: int,
    run_budget: Decimal | None,
    made: Collection[str] | None,
    unseen: Mapping[str, Decimal] = _UNSEEN,
) -> Estimate:
    """Expected cost and time of ``film_s`` seconds of film where nobody is before it (WFL-08, WFL-42).

    The critical path of its steps, each in its ``parts`` and at the pace of whoever did it last for this plan; of
    ``made`` alone, where the others have their results from an earlier run. ``unseen``: what a step costs that nobody
    has done yet, by its name. The router never spends more than the plan's budget, because it falls back to providers
    that cost nothing; so neither does the estimate exceed it (BIL-66).
    """
    known = {step.name: paces.get(step.name, Pace(cost=float(unseen.get(step.name, 0)))) for step in definition.steps}
    taken = [step for step in definition.steps if made is None or step.name in made]
    seconds = {step.name: step.shape.seconds(film_s, parts(step)) * known[step.name].pace for step in taken}
    units = {step.name: step.shape.cost_units(film_s, parts(step)) for step in taken}
    cost = Decimal(str(round(sum(known[step.name].cost * units[step.name] for step in taken), 4)))
    if run_budget is not None:
        cost = min(cost, run_budget)
    return Estimate(cost.quantize(Decimal("0.0001")), credits, round(critical_s(definition.steps, seconds), 1))
