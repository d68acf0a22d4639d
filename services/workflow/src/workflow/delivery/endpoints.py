"""HTTP for delivery sizes and compression: translate, call one thing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from chassis.errors import documented
from chassis.identity.tokens import Caller
from chassis.storage.port import StoreUnavailable
from workflow.delivery.errors import NoPhoto, NotCleanYet, NotSmaller
from workflow.delivery.schemas import CompressIn, CompressOut, SizeOut
from workflow.delivery.service import Delivery
from workflow.delivery.sizes import Format
from workflow.files import queries
from workflow.files.errors import FileNotFound, InspectionBusy, StorageFull
from workflow.files.schemas import FileOut
from workflow.files.service import described
from workflow.settings import Settings

_REFUSED = (FileNotFound, NoPhoto, NotCleanYet, InspectionBusy, StoreUnavailable)


def router(settings: Settings, delivery: Delivery) -> APIRouter:
    """Routes under ``/api/v1/files``."""
    routes = APIRouter(prefix="/api/v1/files", tags=["files"])
    store = delivery.intake.store

    @routes.get("/{file_id}/sizes/{size}", responses=documented(*_REFUSED))
    async def get_photo_size(
        file_id: UUID,
        size: Annotated[
            str,
            Path(
                max_length=50, description="`thumbnail`, `preview` or `full`; another is `preview`.", examples=["full"]
            ),
        ],
        caller: Caller,
        wanted: Annotated[Format, Query(alias="format", description="What it is to be.")] = Format.JPEG,
    ) -> SizeOut:
        """A photo of yours in a delivery size, upright and without what its camera wrote. Made at the first time."""
        stored, made = await delivery.sized(caller, file_id, size, wanted)
        return SizeOut(
            url=store.signed_url(stored.key, expires_s=settings.file_link_s),
            size=made.name,
            format=wanted,
            bytes=stored.size,
            transformation=made.transformation,
        )

    @routes.post("/compress", responses=documented(*_REFUSED, NotSmaller, StorageFull))
    async def compress_file(body: CompressIn, caller: Caller) -> CompressOut:
        """Make a smaller file of a photo of yours; the photo stays."""
        made = await delivery.compress(caller, body)
        async with delivery.intake.database.transaction() as tx:
            row = await queries.own(tx, made.file_id, caller.user_id, any_owner=False)
        if row is None:
            raise FileNotFound("The file has been deleted.")
        saved = made.original_size - made.size
        return CompressOut(
            file=FileOut.model_validate(described(row, store, settings.file_link_s, links=True)),
            original_size=made.original_size,
            saved_bytes=saved,
            saved_percent=round(100 * saved / made.original_size, 1),
            quality=made.quality,
        )

    return routes
