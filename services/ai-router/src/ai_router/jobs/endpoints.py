"""A user's own AI jobs. Another user's job is a 404."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request

from ai_router.jobs import queries, service
from ai_router.jobs.errors import JobHasNoResult, JobNotFinished, JobNotFound, JobOfWorkflow, JobSettling
from ai_router.jobs.schemas import IGNORED, JobOut, JobResultOut, JobStatusOut, OutputOut, words_of
from ai_router.orders.telling import message_of, tell
from chassis.data.database import Transaction
from chassis.errors import NotAuthenticated, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore
from contracts.ai_router import JobCompleted
from contracts.enums import Capability, Status

router = APIRouter(prefix="/api/v1/ai/jobs", tags=["ai"])


@router.get("", responses=documented(NotAuthenticated))
async def list_jobs(
    caller: Caller,
    tx: Tx,
    page: Page,
    status: Annotated[Status | None, Query(description="Only jobs in this state.")] = None,
    job_type: Annotated[Capability | None, Query(description="Only jobs of this kind.")] = None,
) -> Paged[JobOut]:
    """The caller's jobs, newest first."""
    rows, total = await queries.list_of_user(
        tx,
        caller.user_id,
        status=None if status is None else status.value,
        job_type=None if job_type is None else job_type.value,
        offset=page.offset,
        limit=page.limit,
    )
    return Paged.of([JobOut.of(row) for row in rows], total, page)


@router.get("/{job_id}/status", responses=documented(NotAuthenticated, JobNotFound))
async def get_job_status(job_id: UUID, caller: Caller, tx: Tx) -> JobStatusOut:
    """How far a job is."""
    job = await _own(tx, job_id, caller)
    left: float | None = None
    if job["status"] == Status.PROCESSING and job["progress"] > 0:
        so_far = (tx.now - job["created_at"]).total_seconds()
        left = round(max(0.0, so_far * (100 - job["progress"]) / job["progress"]), 1)
    return JobStatusOut(
        job_id=job["id"],
        status=job["status"],
        progress=job["progress"],
        message=message_of(Status(job["status"]), job)
        if job["hold"]
        else job["error_message"] or job["progress_message"],
        estimated_time=left,
        estimated_seconds=left,
    )


@router.get(
    "/{job_id}/result",
    responses=documented(NotAuthenticated, JobNotFound, JobNotFinished, JobHasNoResult, JobOfWorkflow),
)
async def get_job_result(job_id: UUID, caller: Caller, tx: Tx, request: Request) -> JobResultOut:
    """What a job made, with links to its files."""
    job = await _own(tx, job_id, caller)
    status = Status(job["status"])
    if not status.final:
        raise JobNotFinished("The job is still under way. Ask again when its status is completed.")
    if status is not Status.COMPLETED:
        raise JobHasNoResult(f"The job is {status.value}. {job['error_message'] or ''}".strip())
    if (run_id := job["workflow_id"]) is not None:
        raise JobOfWorkflow(
            f"This job is a step of a workflow. Its results are at /api/v1/workflows/{run_id} once that has completed."
        )
    store: ObjectStore = request.app.state.store
    event = JobCompleted.model_validate(job["output_data"])
    return JobResultOut(
        job_id=event.job_id,
        provider=event.provider,
        model=event.model,
        outputs={
            role: OutputOut(
                url=store.signed_url(stored.key),
                mime_type=stored.mime_type,
                size=stored.size,
                sha256=stored.sha256,
            )
            for role, stored in event.outputs.items()
        },
        data=event.data,
        quality_score=event.score,
        measures=event.measures,
        reasons=list(event.reasons),
        ignored=[code.removeprefix(IGNORED) for code in event.warnings if code.startswith(IGNORED)],
        cost=event.cost,
        cache_hit=event.cache_hit,
        credits=job["credits_used"],
        warnings=[words_of(warning) for warning in event.warnings],
    )


@router.delete("/{job_id}", status_code=204, responses=documented(NotAuthenticated, JobNotFound, JobSettling))
async def delete_job(job_id: UUID, caller: Caller, tx: Tx, request: Request) -> None:
    """Cancel a job under way, or remove one that has ended."""
    job = await _own(tx, job_id, caller)
    if job["hold"] == "capturing":
        raise JobSettling("The job is done, and being paid for. Remove it in a moment.")
    if not Status(job["status"]).final and await service.cancel_job(tx, job_id, request.app.state.interrupt):
        await tell(tx, {job_id: None})
        return
    await service.remove(tx, job_id)


async def _own(tx: Transaction, job_id: UUID, caller: Any) -> asyncpg.Record:
    job = await queries.find_of_user(tx, job_id, caller.user_id)
    if job is None:
        raise JobNotFound("There is no such job.")
    return job
