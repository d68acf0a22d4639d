"""Why a job was done by whom, and what another policy would have done."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from ai_router.explaining import service
from ai_router.explaining.schemas import RouteOut, SimulateIn, SimulationOut
from ai_router.jobs import queries as job_queries
from ai_router.jobs.errors import JobNotFound
from chassis.errors import Invalid, NotAllowed, NotAuthenticated, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller, Caller

router = APIRouter()


class SimulationNotUsable(Invalid):
    """What is to be tried does not say on what; the fields say what is missing."""

    code = "simulation_not_usable"


@router.get("/api/v1/ai/jobs/{job_id}/route", tags=["ai"], responses=documented(NotAuthenticated, JobNotFound))
async def get_job_route(job_id: UUID, caller: Caller, tx: Tx) -> RouteOut:
    """Why a job was done by whom: who was there, who was not and why, what it depended on; computed again."""
    job = await job_queries.find_of_user(tx, job_id, caller.user_id)
    if job is None:
        raise JobNotFound("There is no such job.")
    return await service.explain(tx, job)


@router.post(
    "/api/v1/admin/router/simulate",
    tags=["administration"],
    responses=documented(NotAuthenticated, NotAllowed, SimulationNotUsable),
)
async def simulate_routing(body: SimulateIn, _: AdminCaller, tx: Tx) -> SimulationOut:
    """What stored jobs would have gone to under another policy, and what that would have cost. Nothing is done."""
    if body.policy is not None and body.capability is None:
        raise SimulationNotUsable(
            "A policy is of one capability. Name it.", fields={"capability": "is needed with a policy"}
        )
    start, end = body.period(tx.now)
    if not start < end:
        raise SimulationNotUsable("Give a start that is before the end.", fields={"start": "is not before the end"})
    return await service.simulate(tx, body)
