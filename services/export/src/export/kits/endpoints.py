"""A user's kits. Another user's kit is a 404."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore
from contracts.enums import Platform
from contracts.objects import StoredObject
from export.kits import service
from export.kits.schemas import FileOut, file_out
from export.kits.service import KitExpired, KitNotFound, KitNotReady
from export.renditions import queries as renditions

router = APIRouter(prefix="/api/v1/export/kits", tags=["export"])


class KitOut(BaseModel):
    """The kit of a workflow (EXP-07)."""

    id: UUID = Field(description="Of the kit.")
    workflow_id: UUID = Field(description="Whose kit it is.")
    platforms: list[Platform] = Field(description="What it is for.")
    package: FileOut = Field(description="All of it in one archive.")
    renditions: dict[str, dict[str, FileOut]] = Field(
        description="By platform and role; of what comes in parts, the role with the part's number: `video-1`."
    )
    files: list[str] = Field(description="Names inside the package.", examples=[["instagram/video.mp4"]])
    created_at: datetime = Field(description="When it was put together.")
    expires_at: datetime = Field(description="When it goes.")


@router.get("/{workflow_id}", responses=documented(NotAuthenticated, KitNotFound, KitNotReady, KitExpired))
async def get_kit(workflow_id: UUID, caller: Caller, tx: Tx, request: Request) -> KitOut:
    """The export kit of a workflow, with links to the archive and to each platform's files."""
    kit = await service.fetchable(tx, workflow_id, caller.user_id)
    store: ObjectStore = request.app.state.store
    made = await renditions.made_for_run(tx, workflow_id)
    return KitOut(
        id=kit["id"],
        workflow_id=workflow_id,
        platforms=kit["platforms"],
        package=file_out(store, StoredObject.model_validate(kit["package"]), f"kit-{workflow_id}.zip"),
        renditions={
            platform: {role: file_out(store, stored, None) for role, stored in one.outputs.items()}
            for platform, one in made.items()
            if platform in kit["platforms"]
        },
        files=kit["contents"]["files"],
        created_at=kit["created_at"],
        expires_at=kit["expires_at"],
    )
