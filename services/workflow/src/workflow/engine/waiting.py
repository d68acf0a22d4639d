"""What a run waits for, in words for a person, and how long it may still take."""

from __future__ import annotations

from datetime import datetime

from workflow.engine.definition import Definition, Step
from workflow.engine.state import Phase, Run, StepState, StepStatus, UndoStatus, Unit, UnitStatus
from workflow.engine.timing import critical_s, step_left_s


def waiting_for(definition: Definition, run: Run) -> str | None:
    """The reason for the present wait; None for a run that has ended."""
    state = run.state
    if state.phase.final:
        return None
    if state.phase is Phase.WAITING:
        return "a free place: as many videos as the platform takes at once are being made"
    if state.phase is not Phase.RUNNING:
        return _undoing(definition, run)
    reasons = [
        reason
        for step in definition.steps
        if (step_state := state.steps.get(step.name)) is not None and step_state.status is StepStatus.RUNNING
        for reason in _step(step, step_state)
    ]
    return "; ".join(dict.fromkeys(reasons)) or "the next step"


def seconds_left(definition: Definition, run: Run, now: datetime) -> float | None:
    """How long it may still take: by what was expected of each step when it was ordered and how far they are, else at
    the pace so far; None while there is too little to judge by."""
    state = run.state
    if state.started_at is not None and (paces := definition.paces(run)) is not None:
        film_s = definition.film_s(run)
        left: dict[str, float] = {}
        for step in definition.steps:
            step_state = state.steps.get(step.name)
            units = len(step_state.units) if step_state is not None and step_state.units else len(step.keys(run))
            expected = step.shape.seconds(film_s, units) * paces.get(step.name, 1.0)
            left[step.name] = step_left_s(step_state, expected, now)
        return round(critical_s(definition.steps, left), 1)
    if state.started_at is None or not 15 <= state.progress < 100:
        return None
    elapsed = max(0.0, (now - state.started_at).total_seconds())
    return round(elapsed * (100 - state.progress) / state.progress, 1)


NAMED = 3
"""So many parts of a step are named; of more it is said how many there are."""


def _step(step: Step, state: StepState) -> list[str]:
    under_way = [key for key, unit in state.units.items() if unit.status is UnitStatus.ASKED and unit.attempt == 1]
    together = set(under_way) if len(under_way) > NAMED else set()
    reasons = [f"{step.waits_for} ({len(together)} of {len(state.units)})"] if together else []
    others = ((key, unit) for key, unit in state.units.items() if key not in together)
    return reasons + [text for key, unit in others if (text := _unit(step, key, unit)) is not None]


def _unit(step: Step, key: str, unit: Unit) -> str | None:
    subject = f"{step.waits_for} ({key})" if key else step.waits_for
    if unit.status is UnitStatus.PAUSED and unit.due is not None:
        reason = unit.error.message if unit.error else "it did not work"
        return f"{subject}: next try at {unit.due:%H:%M:%S} UTC, because: {reason}"
    if unit.status is UnitStatus.ASKED and step.approval is not None and unit.due is not None:
        return f"{subject}, until {unit.due:%d %B %H:%M} UTC"
    if unit.status is UnitStatus.ASKED:
        return f"{subject}, attempt {unit.attempt}" if unit.attempt > 1 else subject
    return None


def _undoing(definition: Definition, run: Run) -> str:
    reasons = []
    for step in definition.steps:
        state = run.state.steps.get(step.name)
        if state is None:
            continue
        if any(unit.status is UnitStatus.STOPPING for unit in state.units.values()):
            reasons.append(f"the work to stop: {step.waits_for}")
        if state.undo is UndoStatus.ASKED:
            reasons.append("the credits to be given back" if step.undo else step.waits_for)
    return "; ".join(reasons) or "its end"
