"""``advance``: what follows from what happened. Pure, so that a stored history replays to the same state.

Whatever is late, repeated or out of order is ignored by one rule: a message counts only for the unit that still waits
for its id. The one exception is an effect that arrives although it was to be undone; it is undone as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.enums import Priority
from contracts.message import Command, Event
from contracts.workflow import Standing
from workflow.engine import approvals, forward, undoing
from workflow.engine.definition import Definition, Role, Step
from workflow.engine.draft import Draft
from workflow.engine.signals import (
    Answered,
    CancelRequested,
    Decided,
    Faulted,
    Offered,
    Progressed,
    RetryRequested,
    Signal,
    Started,
    Ticked,
    UndoRetryRequested,
)
from workflow.engine.state import Brief, Failure, Phase, Run, RunState, UndoStatus, Unit, UnitStatus

OUR_FAULT = "Something failed on our side. Nothing was charged; try again."


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a run's history: what happened, and what was decided."""

    number: int
    at: datetime
    signal: Signal
    phase: Phase
    commands: tuple[str, ...]
    """Name and id of what was asked."""
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows. ``entry`` is None when nothing does: then ``state`` is what it was and nothing is sent."""

    state: RunState
    commands: tuple[tuple[Command, Priority], ...] = ()
    events: tuple[Event, ...] = ()
    wake_at: datetime | None = None
    entry: Entry | None = None
    standing: Standing | None = None
    """How far the run is, for the event of its creation."""


def first_state(brief: Brief, definition: Definition) -> RunState:
    """The state of a run to which nothing has happened yet but its creation, whose event is its first."""
    return RunState(ends_by=brief.created_at + timedelta(seconds=definition.deadline_s), sequence=1)


def advance(definition: Definition, run: Run, signal: Signal, now: datetime) -> Decision:
    """Say what follows from ``signal``. ``run`` is not changed.

    Raises what the definition's own functions raise; the caller then says :class:`Faulted`.
    """
    draft = Draft(definition, Run(run.brief, run.state.clone()), now)
    _apply(draft, signal)
    if not draft.changed:
        return Decision(state=run.state, wake_at=draft.wake_at())
    state = draft.run.state
    state.number += 1
    rose = draft.raise_progress()
    if (state.phase is Phase.RUNNING and (draft.turned or rose)) or (state.phase is Phase.WAITING and draft.notes):
        draft.tell_progress(draft.current_step(), created=isinstance(signal, Started) and signal.at_once)
    return Decision(
        state=state,
        commands=tuple(draft.commands),
        events=tuple(draft.events),
        wake_at=draft.wake_at(),
        entry=Entry(
            number=state.number,
            at=now,
            signal=signal,
            phase=state.phase,
            commands=tuple(f"{type(c).NAME} {getattr(c, next(iter(type(c).model_fields)))}" for c, _ in draft.commands),
            events=tuple(type(e).NAME for e in draft.events),
        ),
        standing=draft.standing,
    )


def replay(definition: Definition, brief: Brief, history: Iterable[tuple[Signal, datetime]]) -> RunState:
    """The state a stored history leads to."""
    state = first_state(brief, definition)
    for signal, at in history:
        state = advance(definition, Run(brief, state), signal, at).state
    return state


def may_cancel(definition: Definition, run: Run) -> bool:
    """Whether a cancel would change anything now."""
    return (
        run.state.phase in (Phase.WAITING, Phase.RUNNING) and not Draft(definition, run, run.brief.created_at).committed
    )


def may_decide(definition: Definition, run: Run, step: str) -> bool:
    """Whether the run waits for its owner's decision at ``step``."""
    found = approvals.open_one(definition, run)
    return found is not None and found.step == step


def may_retry(run: Run) -> bool:
    """Whether another round may begin: the run ended without its result and holds nothing any more."""
    return run.state.phase in (Phase.FAILED, Phase.CANCELLED) and run.credits_returned


def _apply(draft: Draft, signal: Signal) -> None:
    phase = draft.run.state.phase
    match signal:
        case Answered():
            _answered(draft, signal)
        case Progressed():
            if phase is Phase.RUNNING:
                forward.progressed(draft, signal)
        case Ticked():
            if phase is Phase.RUNNING:
                forward.tick(draft)
            elif phase is Phase.WAITING:
                forward.tick_waiting(draft)
            else:
                undoing.tick(draft)
        case Offered(results=results):
            if phase is Phase.WAITING and not draft.run.state.number:
                draft.run.state.offered, draft.changed = dict(results), True
        case Decided(step=name, approved=approved, waits=waits):
            if phase is Phase.RUNNING and approvals.decide(draft, name, approved=approved, waits=waits):
                forward.go_on(draft)
        case Started():
            if phase is Phase.WAITING:
                forward.start(draft)
        case CancelRequested():
            if may_cancel(draft.definition, draft.run):
                undoing.begin(draft, Phase.CANCELLING, draft.current_step(), None, "cancelled by the owner")
        case RetryRequested(waits=waits):
            if may_retry(draft.run):
                forward.another_round(draft, waits=waits)
        case UndoRetryRequested():
            if phase.final:
                undoing.retry(draft)
        case Faulted(reason=reason):
            if phase in (Phase.WAITING, Phase.RUNNING) and not draft.committed:
                failure = Failure("internal_error", OUR_FAULT, retryable=True, details={"reason": reason[:500]})
                undoing.begin(draft, Phase.FAILING, draft.current_step(), failure, "a fault of ours")


def _answered(draft: Draft, answer: Answered) -> None:
    orphan: Step | None = None
    known = False
    for step, role in draft.definition.listeners.get(answer.type, ()):
        key, unit = _waiting(draft, step, answer.ref)
        if unit is not None:
            known = True
            _meant_for(draft, step, role, key, unit, answer)
            if not draft.changed and not unit.answered and (unit.budget or answer.cost):
                # Too late to be of use; what it has cost has been spent all the same.
                unit.answered = draft.changed = True
                draft.run.state.cost += answer.cost
            if draft.changed:
                return
        elif role is Role.DONE and step.undo is not None:
            orphan = step
    if not known and answer.ref in draft.run.state.owed:
        del draft.run.state.owed[answer.ref]
        draft.run.state.cost += answer.cost
        draft.changed = True
    if orphan is not None and orphan.undo is not None and not known:
        # Of an earlier round, whose undoing has been forgotten with it: repeat it, so that nothing stays behind.
        draft.send(orphan.undo.ask(draft.run, answer.ref, "not wanted any more"))


def _waiting(draft: Draft, step: Step, ref: UUID) -> tuple[str, Unit | None]:
    state = draft.run.state.steps.get(step.name)
    for key, unit in state.units.items() if state is not None else ():
        if unit.ref == ref:
            return key, unit
    return "", None


def _meant_for(draft: Draft, step: Step, role: Role, key: str, unit: Unit, answer: Answered) -> None:
    state = draft.run.state
    step_state = state.steps[step.name]
    if role is Role.UNDONE:
        if step_state.undo is UndoStatus.ASKED:
            undoing.undone(draft, step_state)
    elif state.phase is Phase.RUNNING:
        if unit.status is not UnitStatus.ASKED:
            return
        if role is Role.DONE:
            forward.accept(draft, step, key, unit, answer)
        elif role is Role.STOPPED and not draft.committed:
            # Nobody here has asked for it: its owner does not want the work, and so not the run.
            unit.status, unit.due, unit.answered = UnitStatus.STOPPED, None, True
            state.cost += answer.cost
            undoing.begin(draft, Phase.CANCELLING, step, None, "its work was cancelled by the owner")
        else:
            state.cost += answer.cost
            failure = answer.failure or Failure("stopped", "The work was stopped.", retryable=True)
            forward.refuse(draft, step, key, unit, failure)
    elif unit.status is UnitStatus.STOPPING:
        state.cost += answer.cost
        undoing.stopped(draft, unit)
    elif role is Role.DONE and step.undo is not None and not unit.answered:
        undoing.late_effect(draft, step, unit, "not wanted any more")
