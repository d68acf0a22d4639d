"""The way back: stop what is being worked on, take effects back, end."""

from __future__ import annotations

from contracts.message import Event
from contracts.workflow import RunCancelled, RunFailed
from workflow.engine.definition import Step
from workflow.engine.draft import Draft
from workflow.engine.state import Failure, Phase, StepState, StepStatus, UndoStatus, Unit, UnitStatus


def begin(draft: Draft, phase: Phase, step: Step, failure: Failure | None, reason: str) -> None:
    """Turn round: ``phase`` is failing or cancelling."""
    state = draft.run.state
    state.phase, state.failure, state.failed_step = phase, failure, step.name
    # At the run's deadline, but never without a chance: this process may have been away until after it.
    state.undo_by = max(state.ends_by, draft.after(draft.definition.undo_allowance_s))
    draft.changed = True
    for one in reversed(draft.definition.steps):
        if (step_state := state.steps.get(one.name)) is not None:
            _stop(draft, one, step_state, reason)
            _undo(draft, one, step_state, reason)
    end_if_undone(draft)
    if not state.phase.final:
        draft.tell_progress(draft.current_step())


def _stop(draft: Draft, step: Step, state: StepState, reason: str) -> None:
    asked = [unit for unit in state.units.values() if unit.status is UnitStatus.ASKED]
    for unit in state.units.values():
        if unit.status in (UnitStatus.ASKED, UnitStatus.PAUSED):
            unit.status, unit.due = UnitStatus.STOPPED, None
    if step.stop is not None and asked:
        # Where a stop has no answer of its own, one command stops the whole step.
        for unit in asked if step.stopped is not None else asked[:1]:
            draft.send(step.stop(draft.run, unit.ref, reason))
            if step.stopped is not None:
                unit.status, unit.due = UnitStatus.STOPPING, draft.after(step.stop_within_s)
    if state.status in (StepStatus.RUNNING, StepStatus.PENDING):
        state.status, state.finished_at = StepStatus.STOPPED, draft.now


def _undo(draft: Draft, step: Step, state: StepState, reason: str) -> None:
    # Without an answer the effect may exist, so it is taken back all the same.
    if step.undo is None or not any(
        unit.status is UnitStatus.DONE or not unit.answered for unit in state.units.values()
    ):
        return
    state.undo, state.undo_tries = UndoStatus.ASKED, 0
    _ask_undo(draft, step, state, reason)


def _ask_undo(draft: Draft, step: Step, state: StepState, reason: str) -> None:
    assert step.undo is not None  # noqa: S101  callers have looked
    state.undo_tries += 1
    state.undo_due = draft.after(step.undo.within_s)
    for unit in state.units.values():
        draft.send(step.undo.ask(draft.run, unit.ref, reason))


def undone(draft: Draft, state: StepState) -> None:
    """The effect of a step has been taken back."""
    state.undo, state.undo_due = UndoStatus.DONE, None
    draft.changed = True
    end_if_undone(draft)


def stopped(draft: Draft, unit: Unit) -> None:
    """Work that was to stop has ended, one way or the other."""
    unit.status, unit.due, unit.answered = UnitStatus.STOPPED, None, True
    draft.changed = True
    end_if_undone(draft)


def late_effect(draft: Draft, step: Step, unit: Unit, reason: str) -> None:
    """A step took effect although it was to be undone: take this effect back too, once."""
    assert step.undo is not None  # noqa: S101  callers have looked
    unit.answered = True
    draft.send(step.undo.ask(draft.run, unit.ref, reason))


def tick(draft: Draft) -> None:
    """Ask again for what has not been undone in time, and give up what takes too long."""
    over = _is_over(draft)
    for step in draft.definition.steps:
        state = draft.run.state.steps.get(step.name)
        if state is None:
            continue
        for unit in state.units.values():
            if unit.status is UnitStatus.STOPPING and unit.due is not None and (over or unit.due <= draft.now):
                unit.status, unit.due = UnitStatus.STOPPED, None
                draft.changed = True
        if (
            step.undo is not None
            and state.undo is UndoStatus.ASKED
            and state.undo_due is not None
            and (over or state.undo_due <= draft.now)
        ):
            draft.changed = True
            if state.undo_tries < step.undo.tries and not over:
                _ask_undo(draft, step, state, "asked again")
            else:
                state.undo, state.undo_due = UndoStatus.FAILED, None
    end_if_undone(draft)


def _is_over(draft: Draft) -> bool:
    state = draft.run.state
    return not state.phase.final and state.undo_by is not None and draft.now >= state.undo_by


def retry(draft: Draft) -> None:
    """An operator wants what could not be undone to be tried again; the run's end stays as it is."""
    for step in draft.definition.steps:
        state = draft.run.state.steps.get(step.name)
        if state is not None and state.undo is UndoStatus.FAILED:
            state.undo, state.undo_tries = UndoStatus.ASKED, 0
            _ask_undo(draft, step, state, "asked again by an operator")


def end_if_undone(draft: Draft) -> None:
    """End the run when nothing is awaited any more on the way back."""
    state = draft.run.state
    if state.phase not in (Phase.FAILING, Phase.CANCELLING):
        return
    for step in state.steps.values():
        if step.undo is UndoStatus.ASKED or any(u.status is UnitStatus.STOPPING for u in step.units.values()):
            return
    state.phase = Phase.FAILED if state.phase is Phase.FAILING else Phase.CANCELLED
    state.finished_at = draft.now
    draft.changed = True
    draft.events.append(_ended(draft))


def _ended(draft: Draft) -> Event:
    state, brief = draft.run.state, draft.run.brief
    returned = draft.run.credits_returned
    common = {
        "run_id": brief.id,
        "user_id": brief.user_id,
        "product_line": brief.product_line,
        "sequence": draft.next_sequence(),
        "step": state.failed_step,
        "credits_returned": returned,
    }
    if state.phase is Phase.CANCELLED:
        return RunCancelled.model_validate(common)
    failure = state.failure or Failure("internal_error", "Something failed on our side.", retryable=True)
    return RunFailed.model_validate(
        {
            **common,
            "code": failure.code,
            "message": failure.message,
            "retryable": failure.retryable,
            "details": failure.details,
        }
    )
