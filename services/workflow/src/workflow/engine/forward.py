"""The way forward: begin what may begin, judge what came back, try again, complete."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from chassis.ids import derived
from contracts.enums import WorkflowType
from contracts.workflow import RunCompleted, StepCompleted
from workflow.engine import approvals, gates, reuse, undoing
from workflow.engine.definition import Asking, Step
from workflow.engine.draft import TOLD_AT_MOST_EVERY_S, Draft
from workflow.engine.signals import Answered, Progressed
from workflow.engine.state import (
    Failure,
    Phase,
    Result,
    StepState,
    StepStatus,
    UndoStatus,
    Unit,
    UnitStatus,
)

_PLACES = Decimal("0.0001")
UNSETTLED = "The video is complete; the settlement of its credits is still being confirmed."


def start(draft: Draft) -> None:
    """Begin a run that has been waiting."""
    state = draft.run.state
    state.phase, draft.changed = Phase.RUNNING, True
    if state.started_at is None:
        state.started_at, state.ends_by = draft.now, draft.after(draft.definition.lasts_s(draft.run))
    # Else it had only made room while its owner decided.
    draft.turned = True
    go_on(draft)


def tick_waiting(draft: Draft) -> None:
    """A run that has found no place in all its time ends without having begun."""
    if draft.now >= draft.run.state.ends_by:
        failure = Failure("no_place", "The platform was full for too long. Try again later.", retryable=True)
        undoing.begin(draft, Phase.FAILING, draft.current_step(), failure, failure.code)


def another_round(draft: Draft, *, waits: bool) -> None:
    """Begin again with the first unfinished step; what was undone is done again, what has a result is kept (WFL-06).

    ``waits``: as soon as there is a place.
    """
    state = draft.run.state
    state.round += 1
    state.phase = Phase.WAITING if waits else Phase.RUNNING
    state.started_at, state.finished_at = None if waits else draft.now, None
    state.failure, state.failed_step, state.progress = None, "", 0
    state.ends_by = draft.after(draft.definition.lasts_s(draft.run))
    draft.changed = True
    for step in draft.definition.steps:
        before = state.steps.get(step.name)
        if before is None or (before.status is StepStatus.DONE and before.undo is UndoStatus.NONE):
            continue
        tried = [p for unit in before.units.values() if unit.error is not None for p in unit.error.tried]
        kept = {
            key: unit
            for key, unit in before.units.items()
            if unit.status is UnitStatus.DONE and before.undo is UndoStatus.NONE
        }
        # What one of them has cost is counted whenever it is told.
        state.owed |= {
            unit.ref: unit.budget
            for key, unit in before.units.items()
            if key not in kept and unit.budget and not unit.answered
        }
        state.steps[step.name] = StepState(units=kept, avoid=tuple(dict.fromkeys(tried)))
    if not waits:
        go_on(draft)


def go_on(draft: Draft) -> None:
    """Begin every step whose needs have passed; complete the run when all have."""
    states = draft.run.state.steps
    passed = {name for name, state in states.items() if state.status.passed}
    begun = True
    while begun and draft.run.state.phase is Phase.RUNNING:
        begun = False
        for step in draft.definition.steps:
            state = states.get(step.name)
            if (state is None or state.status is StepStatus.PENDING) and draft.definition.all_needs[
                step.name
            ] <= passed:
                _begin(draft, step)
                begun = True
                if states[step.name].status.passed:
                    passed.add(step.name)
        if len(passed) == len(draft.definition.steps):
            complete(draft)


def _begin(draft: Draft, step: Step) -> None:
    state = draft.step_state(step)
    state.status, state.started_at, draft.turned = StepStatus.RUNNING, draft.now, True
    if step.approval is not None and approvals.ask(
        draft, step, state, derived(draft.run.id, step.name, draft.run.state.round)
    ):
        return
    keys = () if step.ask is None else step.keys(draft.run)
    for key in keys:
        if key not in state.units and not _given(draft, step, state, key):
            unit = state.units[key] = Unit(ref=draft.run.id, attempt=0, avoid=state.avoid)
            _ask(draft, step, key, unit)
    if all(unit.status is UnitStatus.DONE for unit in state.units.values()):
        state.status, state.finished_at = StepStatus.DONE, draft.now


def _given(draft: Draft, step: Step, state: StepState, key: str) -> bool:
    """Use what an earlier run has made, where this one wants the same."""
    offer = draft.run.state.offered.get(step.name, {}).get(key)
    if offer is None or offer.digest not in ("", reuse.digest(step, draft.run, key)):
        return False
    state.units[key] = reuse.given(derived(draft.run.id, step.name, key, draft.run.state.round, 0), offer.result)
    settled = gates.settle(step.gate, [offer.result])
    for warning in (*offer.result.warnings, settled.warning or ""):
        draft.warn(warning)
    return True


def _ask(draft: Draft, step: Step, key: str, unit: Unit) -> None:
    """Make the next attempt, under a new id."""
    unit.attempt += 1
    unit.ref = _ref(draft, step, key, unit)
    unit.status, unit.silences, unit.fraction, unit.provider = UnitStatus.ASKED, 0, 0.0, None
    unit.budget = _handed(draft, step)
    unit.answered = False
    _send(draft, step, key, unit)


def _handed(draft: Draft, step: Step) -> Decimal:
    """The step's share of what is left, and at most what nobody else holds: what is out never exceeds what is left."""
    run = draft.run
    left = draft.definition.budget(run) - run.state.cost
    units = draft.run.state.steps[step.name].units
    parts = max(
        1,
        sum(
            key not in units or units[key].status not in (UnitStatus.DONE, UnitStatus.FAILED) for key in step.keys(run)
        ),
    )
    return max(Decimal(0), min(left * step.share / parts, left - run.held)).quantize(_PLACES, ROUND_DOWN)


def _ref(draft: Draft, step: Step, key: str, unit: Unit) -> UUID:
    if step.shares_ref is not None:
        return draft.run.unit(step.shares_ref).ref
    return derived(draft.run.id, step.name, key, draft.run.state.round, unit.attempt)


def _send(draft: Draft, step: Step, key: str, unit: Unit) -> None:
    """Send the command of the present attempt; sending it again repeats it to the letter but for its deadline."""
    assert step.ask is not None  # noqa: S101  steps that ask nothing have no units
    verdict = gates.judge(step.gate, unit.results) if unit.results else gates.TryAgain(exclude=unit.avoid)
    wish = verdict if isinstance(verdict, gates.TryAgain) else gates.TryAgain()
    unit.due = draft.after(step.within_s)
    draft.send(
        step.ask(
            draft.run,
            Asking(
                ref=unit.ref,
                key=key,
                attempt=unit.attempt,
                deadline=unit.due,
                run_for_s=step.run_for_s,
                budget=unit.budget,
                minimum_score=step.gate.show_from if step.gate is not None else 0.0,
                prefer=wish.prefer,
                exclude=wish.exclude,
            ),
        )
    )


def progressed(draft: Draft, signal: Progressed) -> None:
    """Work got further, or somebody has begun with it: worth telling at most every two seconds. Each time its silence
    begins anew."""
    state = draft.run.state
    just_now = timedelta(seconds=TOLD_AT_MOST_EVERY_S)
    told = state.told_at is not None and draft.now - state.told_at < just_now
    for step in draft.definition.steps:
        step_state = state.steps.get(step.name)
        for unit in step_state.units.values() if step_state is not None else ():
            if unit.ref != signal.ref or unit.status is not UnitStatus.ASKED:
                continue
            further, begun = signal.fraction > unit.fraction, signal.provider not in (None, unit.provider)
            due = draft.after(step.within_s)
            fresh = not unit.silences and unit.due is not None and due - unit.due < just_now
            if (further or begun) and not (told and fresh):
                unit.fraction, unit.provider = max(unit.fraction, min(1.0, signal.fraction)), signal.provider
                unit.due, unit.silences = due, 0
                draft.changed = True
                draft.raise_progress()
                if further and not told:
                    draft.tell_progress(step, signal.provider)
            return


def accept(draft: Draft, step: Step, key: str, unit: Unit, answer: Answered) -> None:
    """An attempt has its result: use it, or make another attempt."""
    unit.answered, unit.due, unit.provider = True, None, answer.provider
    draft.run.state.cost += answer.cost
    draft.changed = True
    unit.results.append(
        Result(
            outputs=answer.outputs,
            data={name: answer.data[name] for name in step.learns if name in answer.data},
            provider=answer.provider,
            model=answer.model,
            score=answer.score,
            cost=answer.cost,
            seconds=answer.seconds,
            repeatable=answer.repeatable,
            warnings=answer.warnings,
        )
    )
    verdict = gates.judge(step.gate, unit.results)
    if isinstance(verdict, gates.Settled):
        _settle(draft, step, unit, verdict)
    else:
        draft.turned = True
        _ask(draft, step, key, unit)


def refuse(draft: Draft, step: Step, key: str, unit: Unit, failure: Failure) -> None:
    """An attempt failed: use an earlier result, try again, or give up."""
    unit.answered, unit.due, unit.error = True, None, failure
    draft.changed = draft.turned = True
    if unit.results:
        _settle(draft, step, unit, gates.settle(step.gate, unit.results))
        return
    if unit.avoid:
        # Others were only preferred to those that failed before; without success the choice is free again.
        unit.avoid = ()
        _ask(draft, step, key, unit)
        return
    unit.failures += 1
    if failure.retryable and unit.failures <= len(step.retry.delays_s):
        unit.status, unit.due = UnitStatus.PAUSED, draft.after(step.retry.delays_s[unit.failures - 1])
        return
    unit.status = UnitStatus.FAILED
    _settle_step(draft, step)


def tick(draft: Draft) -> None:
    """Time has passed: try again, ask again, or end a run that has no time left."""
    if draft.now >= draft.stop_by:
        _out_of_time(draft)
        return
    for step in draft.definition.steps:
        state = draft.run.state.steps.get(step.name)
        for key, unit in list(state.units.items()) if state is not None else ():
            if draft.run.state.phase is not Phase.RUNNING or unit.due is None or unit.due > draft.now:
                continue
            if unit.status is UnitStatus.PAUSED:
                draft.turned = True
                _ask(draft, step, key, unit)
            elif unit.status is UnitStatus.ASKED and step.approval is not None:
                if approvals.overdue(draft, step):
                    go_on(draft)
            elif unit.status is UnitStatus.ASKED:
                _silence(draft, step, key, unit)


def _silence(draft: Draft, step: Step, key: str, unit: Unit) -> None:
    unit.silences += 1
    draft.changed = True
    subject = f"{step.waits_for} ({key})" if key else step.waits_for
    if step.commits or unit.silences <= step.patience:
        draft.intervene(step, f"There was no sign of life while waiting for {subject}: it was asked for again.")
        _send(draft, step, key, unit)
        return
    draft.intervene(step, f"There was still no sign of life while waiting for {subject}: it was given up.")
    if step.stop is not None and step.stopped is not None:
        draft.send(step.stop(draft.run, unit.ref, "no answer in time"))
    if unit.results:
        _settle(draft, step, unit, gates.settle(step.gate, unit.results))
        return
    unit.status, unit.due = UnitStatus.FAILED, None
    unit.error = Failure(
        "no_answer", f"There was no answer in time while waiting for {step.waits_for}.", retryable=True
    )
    _settle_step(draft, step)


def _out_of_time(draft: Draft) -> None:
    if draft.committed:
        draft.warn(UNSETTLED)
        complete(draft)
        return
    draft.intervene(draft.current_step(), "It had taken as long as it may: it was stopped, and everything given back.")
    failure = Failure("deadline_exceeded", "This took longer than it may.", retryable=True)
    undoing.begin(draft, Phase.FAILING, draft.current_step(), failure, failure.code)


def _settle(draft: Draft, step: Step, unit: Unit, verdict: gates.Settled) -> None:
    unit.status, unit.chosen, unit.due = UnitStatus.DONE, verdict.index, None
    for warning in (*unit.results[verdict.index].warnings, verdict.warning or ""):
        draft.warn(warning)
    _settle_step(draft, step)


def _settle_step(draft: Draft, step: Step) -> None:
    state = draft.step_state(step)
    units = state.units
    if any(unit.status not in (UnitStatus.DONE, UnitStatus.FAILED) for unit in units.values()):
        return
    failed = {key: unit for key, unit in units.items() if unit.status is UnitStatus.FAILED}
    state.finished_at, draft.turned = draft.now, True
    fails = failed and (step.all_of or len(failed) == len(units))
    if failed and (step.optional or not fails):
        for key, unit in failed.items():
            reason = unit.error.message if unit.error is not None else ""
            draft.warn(f"{step.optional_warning.format(key=key)} {reason}".strip())
    if not fails:
        state.status = StepStatus.DONE
        _tell_step(draft, step, state)
    elif step.optional:
        state.status = StepStatus.SKIPPED
    else:
        state.status = StepStatus.FAILED
        errors = [unit.error for unit in failed.values() if unit.error is not None]
        failure = errors[-1] if errors else Failure("step_failed", f"It failed while waiting for {step.waits_for}.")
        undoing.begin(draft, Phase.FAILING, step, failure, failure.code)
        return
    go_on(draft)


def _tell_step(draft: Draft, step: Step, state: StepState) -> None:
    brief = draft.run.brief
    results = [unit.result for unit in state.units.values() if unit.result is not None]
    started = state.started_at or draft.now
    draft.events.append(
        StepCompleted(
            run_id=brief.id,
            user_id=brief.user_id,
            product_line=brief.product_line,
            sequence=draft.next_sequence(),
            step=step.name,
            attempts=max(unit.attempt for unit in state.units.values()),
            provider=results[-1].provider,
            score=results[-1].score,
            cost=sum((r.cost for unit in state.units.values() for r in unit.results), start=Decimal(0)),
            seconds=max(0.0, (draft.now - started).total_seconds()),
        )
    )


def complete(draft: Draft) -> None:
    """Everything asked for exists: say so."""
    state, brief = draft.run.state, draft.run.brief
    for warning in draft.definition.closing(draft.run):
        draft.warn(warning)
    state.phase, state.finished_at, state.progress = Phase.COMPLETED, draft.now, 100
    for step_state in state.steps.values():
        if step_state.status is StepStatus.RUNNING:
            step_state.status, step_state.finished_at = StepStatus.STOPPED, draft.now
            for unit in step_state.units.values():
                unit.status, unit.due = UnitStatus.STOPPED, None
    draft.changed, draft.turned = True, False
    draft.events.append(
        RunCompleted(
            run_id=brief.id,
            user_id=brief.user_id,
            product_line=brief.product_line,
            sequence=draft.next_sequence(),
            workflow_type=WorkflowType(brief.workflow_type),
            results=draft.definition.results(draft.run),
            cost=state.cost,
            credits=draft.definition.credits(draft.run),
            seconds=max(0.0, (draft.now - brief.created_at).total_seconds()),
            warnings=tuple(state.warnings),
        )
    )
