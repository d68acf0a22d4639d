"""HTTP for timelines."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from chassis.errors import documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from workflow.engine.definition import Definitions
from workflow.runs.errors import RunNotFound
from workflow.timeline import service
from workflow.timeline.schemas import TimelineOut


def router(definitions: Definitions) -> APIRouter:
    """``GET /api/v1/workflows/{id}/timeline``."""
    routes = APIRouter(prefix="/api/v1/workflows", tags=["workflows"])

    @routes.get("/{workflow_id}/timeline", responses=documented(RunNotFound))
    async def get_workflow_timeline(workflow_id: UUID, caller: Caller, tx: Tx) -> TimelineOut:
        """Where the time went: every wait with its cause, every step with its tries, and what they cost."""
        return await service.timeline(tx, definitions, caller, workflow_id)

    return routes
