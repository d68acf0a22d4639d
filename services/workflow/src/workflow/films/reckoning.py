"""What of a film is there already, as its plan is now. Pure; nothing of it is stored.

A part is known by its content: what would be asked for it (``engine.reuse``). So exactly what a change touches is
stale, and what is gone back to is there again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from workflow.engine import reuse
from workflow.engine.definition import Definition
from workflow.engine.state import Offer, Result, Run, StepState, StepStatus

_NOBODY = UUID(int=0)


class State(StrEnum):
    """How a part stands to the plan."""

    CURRENT = "current"
    STALE = "stale"
    MISSING = "missing"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Take:
    """A part that was made. ``paid``: in a film that was delivered."""

    step: str
    part: str
    digest: str
    result: Result
    paid: bool
    shot: Mapping[str, Any] | None = None


Ledger = Mapping[tuple[str, str], Mapping[str, Take]]
"""By step and part, then by content."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How all parts stand; ``current`` are those that are used as they are."""

    states: dict[tuple[str, str], State] = field(default_factory=dict)
    current: dict[tuple[str, str], Take] = field(default_factory=dict)

    def of(self, step: str) -> Iterator[tuple[str, State]]:
        """The parts of a step."""
        return ((part, state) for (name, part), state in self.states.items() if name == step)

    def made(self) -> set[str]:
        """The steps of which something is to be made."""
        return {step for (step, _), state in self.states.items() if state is not State.CURRENT}


def reckon(
    definition: Definition,
    run: Run,
    ledger: Ledger,
    *,
    absent: Collection[str] = (),
    anew: Collection[tuple[str, str]] = (),
) -> Reckoning:
    """How the parts of ``run``, which has not begun, stand. ``absent``: shots whose picture is not there; ``anew``:
    what is to be made in any case."""
    found = Reckoning()
    known = Run(run.brief, run.state.clone())
    for step in definition.steps:
        if not reuse.reusable(step):
            continue
        state = known.state.steps.setdefault(step.name, StepState(StepStatus.DONE))
        for part in step.keys(known):
            takes = ledger.get((step.name, part), {})
            place = step.name, part
            if part in absent and step.name != "speak":
                found.states[place] = State.BLOCKED
                continue
            take = None if place in anew else _current(step, known, part, takes)
            if take is None:
                found.states[place] = State.STALE if takes else State.MISSING
                continue
            found.states[place], found.current[place] = State.CURRENT, take
            state.units[part] = reuse.given(_NOBODY, take.result)
    return found


def _current(step: Any, known: Run, part: str, takes: Mapping[str, Take]) -> Take | None:
    if not takes:
        return None
    try:
        return takes.get(reuse.digest(step, known, part))
    except LookupError:
        # It is made of something that is not there.
        return None


def offers(reckoning: Reckoning, ledger: Ledger, anew: Collection[tuple[str, str]]) -> dict[str, dict[str, Offer]]:
    """What a run may use again, by step and part: each is used where exactly that is wanted when it is its turn."""
    found: dict[str, dict[str, Offer]] = {}
    for (step, part), takes in ledger.items():
        if (step, part) in anew or not takes:
            continue
        take = reckoning.current.get((step, part)) or list(takes.values())[-1]
        found.setdefault(step, {})[part] = Offer(take.digest, take.result)
    return found
