"""HTTP for previews: translate, call one thing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from chassis.data.database import Database
from chassis.errors import documented
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore, StoreUnavailable
from media.sandbox.places import Sandbox
from workflow.engine.approvals import open_one
from workflow.engine.definition import Definitions
from workflow.files.errors import InspectionBusy
from workflow.previews.service import can_be_shown, preview
from workflow.runs import views
from workflow.runs.errors import NotPossible, ResultNotFound, RunNotFound
from workflow.runs.service import own

_FILE = {"type": "string", "format": "binary"}
_SHOWN = {"description": "The preview.", "content": {kind: {"schema": _FILE} for kind in ("image/jpeg", "audio/wav")}}


def router(database: Database, definitions: Definitions, store: ObjectStore, sandbox: Sandbox) -> APIRouter:
    """Routes under ``/api/v1/workflows``."""
    routes = APIRouter(prefix="/api/v1/workflows", tags=["workflows"])

    @routes.get(
        "/{workflow_id}/approvals/{step}/previews/{name}",
        response_class=Response,
        responses={
            200: _SHOWN,
            **documented(RunNotFound, ResultNotFound, NotPossible, InspectionBusy, StoreUnavailable),
        },
    )
    async def get_approval_preview(
        workflow_id: UUID,
        step: Annotated[str, Path(max_length=50, description="What the status names.", examples=["after_enhance"])],
        name: Annotated[str, Path(max_length=50, description="What it shows.", examples=["enhanced_image"])],
        caller: Caller,
    ) -> Response:
        """A small picture, or the speech as by telephone, of what you are asked about; whole it comes once paid for."""
        async with database.transaction() as tx:
            definition, run = views.loaded(definitions, await own(tx, caller, workflow_id))
        asked = open_one(definition, run)
        if asked is None or asked.step != step:
            raise NotPossible("Nobody waits for a decision here.")
        stored = definition.results(run).get(name)
        if stored is None or not can_be_shown(stored):
            raise ResultNotFound(f"There is nothing of this name to look at: {name}.")
        content, mime_type = await preview(store, sandbox, stored)
        return Response(content, media_type=mime_type)

    return routes
