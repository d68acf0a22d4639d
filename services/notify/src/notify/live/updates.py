"""What a client hears about a run, or a job ordered by itself (NTF-12): pure translations from event to update."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.ai_router import JobChanged
from contracts.enums import Status
from contracts.workflow import (
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEvent,
    RunFailed,
    RunProgressed,
    Standing,
    StepCompleted,
)


@dataclass(frozen=True, slots=True)
class Update:
    """One row of the client event log; ``body`` is what the client gets."""

    run_id: UUID
    sequence: int
    user_id: UUID
    state: Status
    body: dict[str, Any]
    created_at: datetime


def update_of(event: RunEvent, at: datetime, traceparent: str | None = None) -> Update:
    """The update that an event leads to. ``progress`` is None where the event says nothing about it.

    ``traceparent``: of the event; the update names its trace.
    """
    state, progress, step, message, extra = _describe(event)
    body: dict[str, Any] = {
        "type": "workflow_status",
        "workflow_id": str(event.run_id),
        "state": state.value,
        "status": {"progress": progress, "step": step, "message": message},
        "sequence": event.sequence,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "trace_id": traceparent[3:35] if traceparent is not None else None,
        **extra,
    }
    return Update(event.run_id, event.sequence, event.user_id, state, body, at)


def update_of_job(event: JobChanged, at: datetime, traceparent: str | None = None) -> Update:
    """As :func:`update_of`, for a job that was ordered by itself."""
    extra = event.model_dump(
        mode="json", include={"provider", "cost", "credits", "code", "retryable"}, exclude_none=True
    )
    body: dict[str, Any] = {
        "type": "ai_job_status",
        "job_id": str(event.job_id),
        "job_type": event.capability.value,
        "state": event.status.value,
        "status": {"progress": event.progress, "step": event.capability.value, "message": event.message},
        "sequence": event.sequence,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "trace_id": traceparent[3:35] if traceparent is not None else None,
        **extra,
    }
    return Update(event.job_id, event.sequence, event.user_id, event.status, body, at)


_STEP = {"step", "attempts", "provider", "score", "cost", "seconds"}

_Described = tuple[Status, int | None, str | None, str, dict[str, Any]]


def _describe(event: RunEvent) -> _Described:
    match event:
        case RunCreated():
            return _standing(event.standing) if event.standing else (Status.PENDING, 0, None, "Accepted", {})
        case RunProgressed():
            return _standing(event)
        case StepCompleted():
            done = event.model_dump(mode="json", include=_STEP)
            if event.standing is None:
                return Status.PROCESSING, None, event.step, f"{event.step} done", {"step_completed": done}
            state, progress, step, message, extra = _standing(event.standing)
            return state, progress, step, message, extra | {"step_completed": done}
        case RunCompleted():
            extra = event.model_dump(mode="json", include={"cost", "credits", "seconds", "warnings"})
            return Status.COMPLETED, 100, None, "Done", extra
        case RunFailed():
            extra = event.model_dump(mode="json", include={"code", "retryable", "credits_returned"})
            return Status.FAILED, None, event.step, event.message, extra
        case RunCancelled():
            return Status.CANCELLED, None, event.step, "Cancelled", {"credits_returned": event.credits_returned}
        case _:
            raise TypeError(f"{type(event).__name__} is no event of a run")


def _standing(standing: Standing | RunProgressed) -> _Described:
    extra = standing.model_dump(
        mode="json", include={"waiting_for", "provider", "cost", "seconds_left", "note"}, exclude_none=True
    )
    return Status.PROCESSING, standing.progress, standing.step, standing.message, extra
