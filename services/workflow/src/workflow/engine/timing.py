"""How long steps take, by their shape and by what has been learned of their pace, and so how long a run takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflow.engine.state import StepState, UnitStatus

_BEGUN = 0.1
"""From so much of a step on, the time it has taken says more than what was expected."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a step's time depends on the film: seconds at all, and for each second of it, as measured once."""

    fixed_s: float = 0.1
    per_film_s: float = 0.0

    def seconds(self, film_s: float, units: int = 1) -> float:
        """The time for a film of so many seconds, ``units`` times over."""
        return units * (self.fixed_s + self.per_film_s * film_s)

    def cost_units(self, film_s: float, units: int = 1) -> float:
        """What its cost grows with: the film's seconds, if its time does, ``units`` times over."""
        return units * (film_s if self.per_film_s else 1.0)


class Timed(Protocol):
    """A step, as far as its time goes."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """What comes before it."""
        ...


def critical_s(steps: Iterable[Timed], seconds: Mapping[str, float]) -> float:
    """How long it takes until all steps have passed, each of so many seconds, side by side where they can (WFL-42)."""
    ends: dict[str, float] = {}
    for step in steps:
        ends[step.name] = max((ends[name] for name in step.needs), default=0.0) + seconds.get(step.name, 0.0)
    return max(ends.values(), default=0.0)


def step_left_s(state: StepState | None, expected_s: float, now: datetime) -> float:
    """What is left of a step that is expected to take so long in all."""
    if state is None or state.started_at is None:
        return expected_s
    if state.finished_at is not None:
        return 0.0
    elapsed = max(0.0, (now - state.started_at).total_seconds())
    shares = [1.0 if unit.status is UnitStatus.DONE else unit.fraction for unit in state.units.values()]
    share = sum(shares) / len(shares) if shares else 0.0
    if share >= _BEGUN:
        return elapsed * (1 - share) / share
    return max(expected_s - elapsed, _BEGUN * expected_s)
