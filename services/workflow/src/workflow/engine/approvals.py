"""A person's decision on the way: a step that asks its owner, and goes on by itself when nobody decides in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.engine import undoing
from workflow.engine.definition import Definition, Step
from workflow.engine.draft import Draft
from workflow.engine.state import ONLY, Phase, Run, StepState, StepStatus, Unit, UnitStatus


@dataclass(frozen=True, slots=True)
class Open:
    """A decision that is waited for; without one ``until`` then the run goes on, or is cancelled."""

    step: str
    until: datetime
    goes_on: bool


def ask(draft: Draft, step: Step, state: StepState, ref: UUID) -> bool:
    """Ask for the decision that ``step`` is, if the owner wants to be asked; false when not."""
    wish = step.approval(draft.run) if step.approval is not None else None
    if wish is None:
        return False
    state.units[ONLY] = Unit(ref, due=draft.after(wish.within_s), answered=True)
    return True


def open_one(definition: Definition, run: Run) -> Open | None:
    """The decision that a run waits for."""
    if run.state.phase is not Phase.RUNNING:
        return None
    for step in definition.steps:
        unit = _asked(step, run)
        wish = step.approval(run) if step.approval is not None and unit is not None else None
        if unit is not None and unit.due is not None and wish is not None:
            return Open(step.name, unit.due, wish.goes_on)
    return None


def rests(definition: Definition, run: Run) -> bool:
    """Whether nothing is done for a run until its owner has decided; so it needs no place."""
    if run.state.phase is not Phase.RUNNING or open_one(definition, run) is None:
        return False
    return not any(
        unit.status in (UnitStatus.ASKED, UnitStatus.PAUSED)
        for step in definition.steps
        if step.approval is None and (state := run.state.steps.get(step.name)) is not None
        for unit in state.units.values()
    )


def decide(draft: Draft, step_name: str, *, approved: bool, waits: bool) -> bool:
    """Take the owner's decision; true when the run is to go on now. A decision that nobody waits for changes nothing.

    ``waits``: it goes on as soon as there is a place.
    """
    step = draft.definition.by_name.get(step_name)
    unit = _asked(step, draft.run) if step is not None else None
    if step is None or unit is None:
        return False
    state = draft.run.state.steps[step.name]
    draft.changed = True
    unit.due = None
    if not approved:
        unit.status = UnitStatus.STOPPED
        undoing.begin(draft, Phase.CANCELLING, step, None, "not approved by the owner")
        return False
    unit.status, state.status, state.finished_at = UnitStatus.DONE, StepStatus.DONE, draft.now
    if waits:
        draft.run.state.phase = Phase.WAITING
        return False
    draft.turned = True
    return True


def overdue(draft: Draft, step: Step) -> bool:
    """Nobody has decided in time: do as the owner said beforehand. True when the run is to go on now."""
    wish = step.approval(draft.run) if step.approval is not None else None
    goes_on = wish is None or wish.goes_on
    draft.intervene(
        step,
        f"Nobody decided in time while waiting for {step.waits_for}, so it "
        f"{'goes on' if goes_on else 'was cancelled'}, as the order says.",
    )
    return decide(draft, step.name, approved=goes_on, waits=rests(draft.definition, draft.run))


def _asked(step: Step, run: Run) -> Unit | None:
    state = run.state.steps.get(step.name) if step.approval is not None else None
    unit = state.units.get(ONLY) if state is not None else None
    return unit if unit is not None and unit.status is UnitStatus.ASKED else None
