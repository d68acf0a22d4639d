"""HTTP for reruns: translate, call one thing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.errors import documented
from chassis.http import repeats
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from workflow.reruns import service
from workflow.reruns.errors import NothingNew, ResultsGone, UnknownStep
from workflow.reruns.schemas import RerunIn, RerunOut
from workflow.runs.driver import Driver
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    BadScript,
    FileNotUsable,
    FileWaits,
    LimitReached,
    NothingToApprove,
    NotPossible,
    OverBudget,
    RunNotFound,
)
from workflow.settings import Settings
from workflow.spending.service import KeyCapReached


def router(settings: Settings, driver: Driver) -> APIRouter:
    """``POST /api/v1/workflows/{id}/rerun``."""
    routes = APIRouter(prefix="/api/v1/workflows", tags=["workflows"])

    @routes.post(
        "/{workflow_id}/rerun",
        status_code=202,
        responses={
            200: {"model": RerunOut, "description": "What would be made, of a dry run."},
            **documented(
                RunNotFound,
                NotPossible,
                ResultsGone,
                NothingNew,
                UnknownStep,
                BadScript,
                FileNotUsable,
                FileWaits,
                LimitReached,
                OverBudget,
                NothingToApprove,
                AccountInactive,
                AddressNotProved,
                KeyCapReached,
                KeyReused,
            ),
        },
    )
    async def rerun_workflow(
        workflow_id: UUID,
        body: RerunIn,
        caller: Caller,
        tx: Tx,
        response: Response,
        begin_from: Annotated[
            str | None,
            Query(
                alias="from",
                max_length=50,
                description="This step, and what follows from it, is made anew in any case.",
                examples=["generate"],
            ),
        ] = None,
        idempotency_key: IdempotencyKey = None,
    ) -> RerunOut:
        """Make a new workflow of a completed one: what is the same is used again, the rest is made, and paid for."""

        async def again() -> RerunOut:
            return await service.rerun(tx, settings, driver, caller, workflow_id, begin_from, body)

        if body.dry_run:
            response.status_code = 200
            return await again()
        asked = f"rerun {workflow_id} {begin_from} {body.model_dump_json()}"
        answer, replayed = await repeats.once(tx, caller.user_id, idempotency_key, asked, again, RerunOut)
        mark(response, replayed=replayed)
        response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
        return answer

    return routes
