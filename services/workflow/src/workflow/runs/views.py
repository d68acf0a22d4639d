"""A run as clients see it: derived from the stored state, never stored a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from chassis.clock import since
from contracts.enums import Status
from contracts.objects import StoredObject
from workflow.engine.approvals import open_one
from workflow.engine.definition import Definition, Definitions, Step
from workflow.engine.reuse import reusable
from workflow.engine.state import Phase, Run, StepState, UndoStatus, Unit, UnitStatus, load_state
from workflow.engine.waiting import seconds_left, waiting_for
from workflow.previews.service import can_be_shown
from workflow.runs.models import Row
from workflow.runs.schemas import (
    ApprovalOut,
    AttemptOut,
    BeginsIn,
    CancelledOut,
    CreditsOut,
    ErrorOut,
    InterventionOut,
    ResultOut,
    StatusOut,
    StepOut,
    WorkflowOut,
)

Link = Callable[[StoredObject], str]
"""A signed link to an object."""

PARKED = "a person: this workflow is being looked at"


_OURS = (
    *("image", "video", "film", "pictures", "takes", "prompts", "plan_version"),
    *("max_seconds", "priority", "film_s", "paces", "sides", "least_cost"),
)
"""What is kept with a run's input and is not its owner's."""


def loaded(definitions: Definitions, row: Row) -> tuple[Definition, Run]:
    """The row's run with the definition it began with."""
    definition = definitions.of(row.brief.definition, row.brief.version)
    return definition, Run(row.brief, load_state(row.state))


def status_of(
    definitions: Definitions, row: Row, now: datetime, link: Link, turn: tuple[int, BeginsIn] | None = None
) -> StatusOut:
    """How far a run is. ``turn``: its place in the queue, and when it begins."""
    definition, run = loaded(definitions, row)
    step = _current(definition, run)
    return StatusOut(
        id=row.brief.id,
        status=Status(row.status),
        progress=row.progress,
        current_step=step.name,
        message=_message(row, run, step),
        waiting_for=PARKED if row.parked_reason else waiting_for(definition, run),
        seconds_left=None if run.state.phase.final else seconds_left(definition, run, now),
        position=turn[0] if turn is not None else None,
        begins_in=turn[1] if turn is not None else None,
        approval=_approval(definition, run),
        interventions=_interventions(run),
        cancelling=run.state.phase is Phase.CANCELLING,
    )


def details_of(definitions: Definitions, row: Row, now: datetime, link: Link) -> WorkflowOut:
    """Everything about a run; links are made only for what is paid for, and still there."""
    definition, run = loaded(definitions, row)
    state = run.state
    image, video = _score(run, "enhance"), _score(run, "generate")
    overall = definition.score(run)
    seconds = _seconds(row, run, now)
    findings = definition.findings(run) if row.status == Status.COMPLETED else {}
    steps = list(_steps(definition, run, seconds))
    return WorkflowOut(
        id=row.brief.id,
        workflow_type=row.brief.workflow_type,
        product_line=row.brief.product_line,
        status=Status(row.status),
        progress=row.progress,
        title=row.title,
        created_at=row.brief.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        description=row.description,
        input_file_id=row.file_id,
        input={name: value for name, value in row.brief.input.items() if name not in _OURS},
        phase=state.phase.value,
        waiting_for=PARKED if row.parked_reason else waiting_for(definition, run),
        seconds_left=None if state.phase.final else seconds_left(definition, run, now),
        round=state.round,
        parent_id=row.parent_id,
        approval=_approval(definition, run),
        interventions=_interventions(run),
        steps=steps,
        image_quality_score=image,
        video_quality_score=video,
        overall_quality_score=_two_places(overall),
        low_quality=_low_quality(definition, run, overall),
        warnings=state.warnings,
        estimated_cost=row.estimated_cost,
        actual_cost=state.cost,
        cost_breakdown={
            step.name: cost for step in definition.steps if (cost := _cost(state.steps.get(step.name))) > 0
        },
        ai_services_used=sorted(
            {r.provider for s in state.steps.values() for u in s.units.values() for r in u.results if r.provider}
        ),
        credits=_credits(definition, run),
        started_at=state.started_at,
        processing_seconds=seconds,
        results={name: _result(one, link) for name, one in _delivered(definition, row, run).items()},
        hooks=findings.get("hooks", []),
        shortfall_reasons=findings.get("shortfall_reasons", []),
        method=findings.get("method"),
        error=_error(row, run),
    )


def cancelled_of(definition: Definition, before: Run, status: StatusOut, after: Run) -> CancelledOut:
    """What a cancel did, by the run before it and after it."""
    stopped = [
        step.name
        for step in definition.steps
        if (state := before.state.steps.get(step.name)) is not None
        and any(unit.status in (UnitStatus.ASKED, UnitStatus.PAUSED) for unit in state.units.values())
    ]
    kept = [
        step.name
        for step in definition.steps
        if reusable(step) and (state := before.state.steps.get(step.name)) is not None and state.status.passed
    ]
    charged = definition.credits(after)
    return CancelledOut(
        **dict(status),
        stopped=stopped,
        kept=kept,
        credits_released=_credits(definition, before).held,
        credits_charged=charged,
        cost_so_far=after.state.cost,
        cost_under_way=after.held,
    )


def _approval(definition: Definition, run: Run) -> ApprovalOut | None:
    found = open_one(definition, run)
    if found is None:
        return None
    return ApprovalOut(
        step=found.step,
        until=found.until,
        otherwise="continue" if found.goes_on else "cancel",
        # Small, to judge by: whole it is what has not been paid for.
        shows={
            name: f"/api/v1/workflows/{run.brief.id}/approvals/{found.step}/previews/{name}"
            for name, stored in definition.results(run).items()
            if can_be_shown(stored)
        },
    )


def _interventions(run: Run) -> list[InterventionOut]:
    return [InterventionOut(at=one.at, step=one.step, text=one.text) for one in run.state.interventions]


def _delivered(definition: Definition, row: Row, run: Run) -> dict[str, StoredObject]:
    """What its owner may have: whoever can still cancel, or got the credits back, has no right to any of it."""
    if row.status != Status.COMPLETED or row.cleaned_at is not None:
        return {}
    return definition.results(run)


def _current(definition: Definition, run: Run) -> Step:
    begun = [step for step in definition.steps if step.name in run.state.steps]
    open_steps = [step for step in begun if not run.state.steps[step.name].status.passed]
    return (open_steps or begun or definition.steps[:1])[-1]


def _message(row: Row, run: Run, step: Step) -> str:
    match Status(row.status):
        case Status.COMPLETED:
            return "Your video is ready."
        case Status.FAILED:
            return run.state.failure.message if run.state.failure is not None else "It failed."
        case Status.CANCELLED:
            return "It was cancelled."
        case Status.PENDING:
            return "Waiting for a free place."
        case _:
            return f"Waiting for {step.waits_for}."


def _seconds(row: Row, run: Run, now: datetime) -> float | None:
    """How long it has taken, as the machine that began it measured; else by the clock, which somebody may have set."""
    state = run.state
    if state.started_at is None:
        return None
    measured = row.seconds if state.phase.final else since(row.began) if row.began else None
    return (
        measured if measured is not None else max(0.0, ((state.finished_at or now) - state.started_at).total_seconds())
    )


def _steps(definition: Definition, run: Run, at_most: float | None) -> Iterator[StepOut]:
    started = run.state.started_at
    shown = [step for step in definition.steps if step.approval is None or step.approval(run) is not None]
    for order, step in enumerate(shown, start=1):
        state = run.state.steps.get(step.name) or StepState()
        for key, unit in state.units.items() or [("", None)]:
            # What is kept of an earlier round may have taken longer than this one.
            of_round = started is not None and state.started_at is not None and state.started_at >= started
            yield _step(order, step, state, key, unit, at_most if of_round else None)


def _step(order: int, step: Step, state: StepState, key: str, unit: Unit | None, at_most: float | None) -> StepOut:
    results = unit.results if unit is not None else []
    used = unit.result if unit is not None else None
    status = state.status.value if unit is None or not key else unit.status.value
    seconds = (state.finished_at - state.started_at).total_seconds() if state.finished_at and state.started_at else None
    if seconds is not None and at_most is not None:
        # No step takes longer than its run, whatever was done to the clock meanwhile.
        seconds = min(max(0.0, seconds), at_most)
    return StepOut(
        name=step.name,
        part=key or None,
        order=order,
        status=status,
        attempts=unit.attempt if unit is not None else 0,
        job_id=unit.ref if unit is not None else None,
        provider=used.provider if used is not None else (unit.provider if unit is not None else None),
        score=used.score if used is not None else None,
        passes_at=step.gate.passes_at if step.gate is not None else None,
        cost=sum((result.cost for result in results), start=Decimal(0)),
        started_at=state.started_at,
        finished_at=state.finished_at,
        seconds=seconds,
        results=[
            AttemptOut(
                provider=result.provider,
                model=result.model,
                score=result.score,
                cost=result.cost,
                seconds=result.seconds,
                used=result is used,
            )
            for result in results
        ],
        error=unit.error.message if unit is not None and unit.error is not None and used is None else None,
        reused=unit is not None and unit.reused,
    )


def _score(run: Run, step: str) -> Decimal | None:
    return next((_two_places(result.score) for result in run.results(step).values()), None)


def _two_places(score: float | None) -> Decimal | None:
    return None if score is None else Decimal(str(score)).quantize(Decimal("0.01"))


def _low_quality(definition: Definition, run: Run, overall: float | None) -> bool:
    below = any(
        step.gate is not None and result.score is not None and result.score < step.gate.passes_at
        for step in definition.steps
        for result in run.results(step.name).values()
    )
    return below or (overall is not None and overall < definition.score_at_least)


def _cost(state: StepState | None) -> Decimal:
    units = state.units.values() if state is not None else ()
    return sum((result.cost for unit in units for result in unit.results), start=Decimal(0))


def _credits(definition: Definition, run: Run) -> CreditsOut:
    held = sum(
        int(result.data.get("credits", 0))
        for step in definition.steps
        if step.undo is not None
        and (state := run.state.steps.get(step.name)) is not None
        and state.undo is not UndoStatus.DONE
        for result in run.results(step.name).values()
    )
    captured = definition.credits(run)
    returned = run.state.phase.final and run.credits_returned and not held and not captured
    return CreditsOut(held=0 if captured else held, captured=captured, returned=returned)


def _error(row: Row, run: Run) -> ErrorOut | None:
    failure = run.state.failure
    if row.parked_reason is not None:
        return ErrorOut(step="", code="parked", message="Something failed on our side.", retryable=False)
    if failure is None:
        return None
    return ErrorOut(
        step=run.state.failed_step,
        code=failure.code,
        message=failure.message,
        retryable=failure.retryable,
        # What a fault of ours was is for the log; a refusal's details help the owner.
        details={} if failure.code == "internal_error" else failure.details,
    )


def _result(stored: StoredObject, link: Link) -> ResultOut:
    return ResultOut(url=link(stored), sha256=stored.sha256, size=stored.size, mime_type=stored.mime_type)
