"""Learning from what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.workflow import StepCompleted
from workflow.engine.definition import Definition
from workflow.engine.state import Run
from workflow.paces.models import Seen

_LEAST = 0.01
"""Of a pace: nothing takes no time."""


def seen(definition: Definition, run: Run, events: Iterable[object]) -> Iterator[Seen]:
    """How the steps that ``events`` tell of have fared; those that somebody worked on, and not the cache."""
    for event in events:
        if not isinstance(event, StepCompleted):
            continue
        step, state = definition.by_name[event.step], run.state.steps[event.step]
        worked = [result for unit in state.units.values() for result in unit.results if result.seconds > 0]
        if not worked:
            continue
        film_s = definition.film_s(run)
        parts = sum(not unit.reused for unit in state.units.values())
        yield Seen(
            definition.name,
            step.name,
            definition.plan(run),
            event.provider or "",
            max(_LEAST, event.seconds / step.shape.seconds(film_s, parts)),
            float(event.cost) / step.shape.cost_units(film_s, parts),
        )
