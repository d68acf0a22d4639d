"""A user's kits. Another user's kit is a 404."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from chassis.errors import Conflict, Gone, NotAuthenticated, NotFound, documented
from chassis.http.outputs import Link
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore
from contracts.enums import Platform
from contracts.objects import StoredObject
from export.deliveries import queries as deliveries
from export.kits import queries
from export.renditions import queries as renditions

router = APIRouter(prefix="/api/v1/export/kits", tags=["export"])


class KitNotFound(NotFound):
    """There is no kit of this workflow, or it belongs to someone else."""

    code = "kit_not_found"


class KitNotReady(Conflict):
    """The workflow is still under way: its kit is given out once it has completed. Ask again in a moment."""

    code = "kit_not_ready"


class KitExpired(Gone):
    """The kit was there and has expired."""

    code = "kit_expired"


class FileOut(BaseModel):
    """One file with a link to it."""

    url: Link = Field(description="Good for 24 hours.")
    mime_type: str = Field(description="What it is.", examples=["video/mp4"])
    size: int = Field(description="Bytes.", examples=[1048576])
    sha256: str = Field(description="Of the content, in hex.", examples=["9f86d081884c7d65..."])


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
    kit = await queries.of_run(tx, workflow_id, caller.user_id)
    if kit is None:
        raise KitNotFound("There is no kit of this workflow.")
    if kit["expires_at"] <= tx.now:
        raise KitExpired("This kit has expired. Run the workflow again.")
    if not await deliveries.has(tx, workflow_id):
        raise KitNotReady("The workflow has not completed yet. Ask again when it has.")
    store: ObjectStore = request.app.state.store
    made = await renditions.made_for_run(tx, workflow_id)
    return KitOut(
        id=kit["id"],
        workflow_id=workflow_id,
        platforms=kit["platforms"],
        package=_file(store, StoredObject.model_validate(kit["package"]), f"kit-{workflow_id}.zip"),
        renditions={
            platform: {role: _file(store, stored, None) for role, stored in one.outputs.items()}
            for platform, one in made.items()
            if platform in kit["platforms"]
        },
        files=kit["contents"]["files"],
        created_at=kit["created_at"],
        expires_at=kit["expires_at"],
    )


def _file(store: ObjectStore, stored: StoredObject, filename: str | None) -> FileOut:
    return FileOut(
        url=store.signed_url(stored.key, filename=filename),
        mime_type=stored.mime_type,
        size=stored.size,
        sha256=stored.sha256,
    )
