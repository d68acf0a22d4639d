"""What an earlier run has made already: used again where exactly the same would be asked for. Pure.

A step is known by its content: the command that it would send, without what says for whom, when and at what price.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.message import Command
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import Offer, Result, Run, StepState, StepStatus, Unit, UnitStatus

_NEUTRAL = frozenset(
    {
        "run_id",
        "user_id",
        "product_line",
        "plan",
        "budget",
        "minimum_score",
        "exclude",
        "prefer",
        "deadline",
        "run_for_s",
        "priority",
    }
)
"""Beside its own id: what of a command changes nothing about what is wanted."""

_NOBODY = UUID(int=0)
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will make of another one's results: ``made`` anew, step by step with its parts, and ``offers``."""

    made: Mapping[str, Sequence[str]]
    reused: Mapping[str, Sequence[str]]
    offers: Mapping[str, Mapping[str, Offer]]


def digest(step: Step, run: Run, key: str) -> str:
    """What ``run`` wants of a step, as one short name. Raises ``LookupError`` while what it needs is not there."""
    document = command_of(step, run, key).model_dump(mode="json")
    own_id = next(iter(document))
    wanted = {name: _content(value) for name, value in document.items() if name != own_id and name not in _NEUTRAL}
    return hashlib.sha256(json.dumps([step.name, key, wanted], sort_keys=True).encode()).hexdigest()


def command_of(step: Step, run: Run, key: str) -> Command:
    """The command of a step as somebody else would send it at some time; raises as :func:`digest` does."""
    assert step.ask is not None  # noqa: S101  callers have looked
    return step.ask(run, Asking(ref=_NOBODY, key=key, attempt=1, deadline=_NEVER))


def reusable(step: Step) -> bool:
    """Whether its result can stand in another run: not where it moves money, or cannot be taken back."""
    return step.ask is not None and step.undo is None and not step.commits and step.shares_ref is None


def plan(definition: Definition, run: Run, before: Definition, earlier: Run, anew: str | None) -> Plan:
    """What ``run``, which has not begun, makes of what ``earlier`` has made; ``anew``, and all that follows from it, is
    to be made in any case.

    What follows from something that is made anew is decided when that is there; it counts as made.
    """
    made: dict[str, list[str]] = {}
    reused: dict[str, list[str]] = {}
    offers: dict[str, dict[str, Offer]] = {}
    known = Run(run.brief, run.state.clone())
    for step in definition.steps:
        former = before.by_name.get(step.name)
        if not reusable(step):
            continue
        needs = definition.all_needs[step.name]
        forced = anew is not None and (step.name == anew or anew in needs)
        uncertain = any(name in made for name in needs)
        state = known.state.steps.setdefault(step.name, StepState(StepStatus.DONE))
        for key in step.keys(known):
            found = None if former is None or forced else _found(former, earlier, key)
            if found is not None and not uncertain and found.digest == _wanted(step, known, key):
                # Decided now, and held for accordingly: whatever becomes of the definition, it stays so.
                offers.setdefault(step.name, {})[key] = replace(found, digest="")
                reused.setdefault(step.name, []).append(key)
                state.units[key] = given(_NOBODY, found.result)
                continue
            if found is not None:
                offers.setdefault(step.name, {})[key] = found
            made.setdefault(step.name, []).append(key)
    return Plan(made, reused, offers)


def wants(definition: Definition, run: Run, steps: Sequence[str], object_key: str) -> bool:
    """Whether one of ``steps`` will ask for the object of that key, which is none of another step's."""
    for name in steps:
        step = definition.by_name[name]
        for key in step.keys(run):
            try:
                command = command_of(step, run, key)
            except LookupError:
                # It waits for something that is not there yet, of whose making it is.
                continue
            if object_key in set(_keys(command.model_dump(mode="json"))):
                return True
    return False


def given(ref: UUID, result: Result) -> Unit:
    """A part that has its result from elsewhere, for nothing."""
    free = replace(result, cost=Decimal(0), seconds=0.0)
    return Unit(ref, UnitStatus.DONE, attempt=0, answered=True, results=[free], chosen=0, reused=True)


def _wanted(step: Step, run: Run, key: str) -> str | None:
    """The digest, or None while that cannot be said; it is, then, when the step begins."""
    try:
        return digest(step, run, key)
    except LookupError:
        return None


def _found(step: Step, earlier: Run, key: str) -> Offer | None:
    state = earlier.state.steps.get(step.name)
    unit = state.units.get(key) if state is not None else None
    if unit is None or unit.result is None or step.ask is None:
        return None
    try:
        return Offer(digest(step, earlier, key), unit.result)
    except LookupError:
        return None


def _content(value: Any) -> Any:
    """An object is its bytes, wherever they lie."""
    if isinstance(value, Mapping):
        return {name: _content(part) for name, part in value.items() if name != "key" or "sha256" not in value}
    return [_content(part) for part in value] if isinstance(value, list) else value


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "sha256" in value and isinstance(value.get("key"), str):
            yield value["key"]
        for part in value.values():
            yield from _keys(part)
    elif isinstance(value, list):
        for part in value:
            yield from _keys(part)
