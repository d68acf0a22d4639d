"""Telling how jobs that people ordered by themselves are, for whoever follows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ai_router.jobs.models import Job
from ai_router.orders import repository
from chassis.data.database import Transaction
from chassis.observe import context
from chassis.observe.context import Context
from contracts.ai_router import JobChanged, JobCompleted, JobDelivered
from contracts.enums import Capability, Status
from contracts.message import Event

SETTLING = "Settling the credits"


async def tell(tx: Transaction, jobs: Mapping[UUID, Context | None], ends: Mapping[UUID, Any] | None = None) -> None:
    """Tell how these are now, as far as they were ordered by themselves. ``ends``: the event that ended each."""
    for row in await repository.count_told(tx, jobs):
        events: list[Event] = [changed(row, (ends or {}).get(row["id"]))]
        if row["output_data"] is not None:
            made = delivered(row)
            events.append(made)
            if made.project_id is not None:
                await repository.keep_files(tx, made.user_id, [stored.key for stored in made.outputs.values()])
        with context.use(jobs.get(row["id"]) or context.current()):
            for event in events:
                tx.emit(event)


def contexts(jobs: list[Job]) -> dict[UUID, Context | None]:
    """Jobs that were ordered by themselves, with the context of each."""
    return {job.id: job.context for job in jobs if job.credits is not None}


def changed(row: Mapping[str, Any], end: Any = None) -> JobChanged:
    """How a job is, from its row."""
    status = shown(row["status"], row["hold"])
    done = status.final
    return JobChanged(
        job_id=row["id"],
        user_id=row["user_id"],
        product_line=row["product_line"],
        sequence=row["told"],
        capability=Capability(row["job_type"]),
        status=status,
        progress=row["progress"],
        message=message_of(status, row),
        provider=row["provider"],
        cost=row["cost"] if done else None,
        credits=row["credits_used"] if done else None,
        code=getattr(end, "code", None),
        retryable=getattr(end, "retryable", None),
    )


def delivered(row: Mapping[str, Any]) -> JobDelivered:
    """What a job has made, from the row of one that is done and handed out."""
    made = JobCompleted.model_validate(row["output_data"])
    parameters = dict(row["input_data"]["parameters"])
    seed = parameters.get("seed", made.data.get("seed"))
    return JobDelivered(
        job_id=row["id"],
        user_id=row["user_id"],
        product_line=row["product_line"],
        capability=made.capability,
        project_id=row["project_id"],
        provider=made.provider,
        model=made.model,
        inputs=row["input_data"]["inputs"],
        outputs=made.outputs,
        parameters=parameters,
        seed=None if seed is None else str(seed),
        score=made.score,
        cost=row["cost"],
        credits=row["credits_used"],
        warnings=made.warnings,
    )


def shown(status: str, hold: str | None) -> Status:
    """How a job is to who ordered it: nothing is done before it is paid for."""
    return Status.PROCESSING if hold == "capturing" else Status(status)


_WORDS = {
    Status.PENDING: "Waiting for its turn",
    Status.PROCESSING: "Under way",
    Status.COMPLETED: "Done",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}


def message_of(status: Status, row: Mapping[str, Any]) -> str:
    """How a job is, for a person."""
    if row["hold"] == "capturing":
        return SETTLING
    if row["hold"] == "asked":
        return "Setting the credits aside"
    if status is Status.PROCESSING:
        return row["progress_message"] or _WORDS[status]
    return row["error_message"] or _WORDS[status]
