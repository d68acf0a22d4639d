"""HTTP for files: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.errors import NotAllowed, documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.inputs import Moment
from chassis.http.pagination import Page, Paged, fields_of, paged, selected
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import StoreUnavailable
from workflow.files import queries, service
from workflow.files.errors import (
    FileInfected,
    FileNotFound,
    FileTooLarge,
    FormatNotAccepted,
    ImageRefused,
    InspectionBusy,
    NoFile,
    StorageFull,
    UploadsUnderWay,
)
from workflow.files.schemas import FileMetadata, FileOut
from workflow.files.service import Uploads, described
from workflow.settings import Settings

FileFields = Annotated[frozenset[str] | None, fields_of(FileMetadata)]

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A photo (JPEG, PNG or WebP, at most 4096 pixels a side), or sound or "
                            "video (MP3, WAV, M4A, MP4, MOV, WebM), at most 50 MB; larger ones go to "
                            "/api/v1/files/multipart.",
                        },
                        "purpose": {
                            "type": "string",
                            "maxLength": 50,
                            "default": "input",
                            "description": "A short word.",
                        },
                        "is_temporary": {
                            "type": "boolean",
                            "default": False,
                            "description": "Whether it goes after 30 days.",
                        },
                        "project_id": {
                            "type": "string",
                            "format": "uuid",
                            "description": "A project that it becomes an input of.",
                        },
                    },
                }
            }
        },
    }
}


def router(settings: Settings, uploads: Uploads) -> APIRouter:
    """Routes under ``/api/v1/files``."""
    routes = APIRouter(prefix="/api/v1/files", tags=["files"])

    store = uploads.intake.store

    def shown(row: dict[str, Any]) -> FileOut:
        return FileOut.model_validate(described(row, store, settings.file_link_s, links=True))

    @routes.post(
        "",
        status_code=201,
        openapi_extra=_FORM,
        responses=documented(
            NoFile,
            FileTooLarge,
            FormatNotAccepted,
            ImageRefused,
            FileInfected,
            UploadsUnderWay,
            InspectionBusy,
            StorageFull,
            StoreUnavailable,
            KeyReused,
            FileNotFound,
        ),
    )
    async def upload_file(
        request: Request, response: Response, caller: Caller, idempotency_key: IdempotencyKey = None
    ) -> FileOut:
        """Upload a file. What it is is judged by its content; it is scanned, opened and prepared before it counts."""
        content_type = request.headers.get("content-type", "")
        file_id, replayed = await uploads.upload(
            caller, caller.product_line, content_type, request.stream(), request.is_disconnected, idempotency_key
        )
        async with uploads.intake.database.transaction() as tx:
            row = await queries.own(tx, file_id, caller.user_id, any_owner=False)
        if row is None:
            raise FileNotFound("The file has been deleted.")
        response.headers["Location"] = f"/api/v1/files/{file_id}"
        mark(response, replayed=replayed)
        return shown(row)

    @routes.get("", response_model=paged(FileMetadata), responses=documented(NotAllowed))
    async def list_files(
        caller: Caller,
        tx: Tx,
        page: Page,
        fields: FileFields,
        type: Annotated[str | None, Query(max_length=100, description="A MIME type or a kind such as image.")] = None,
        is_temporary: Annotated[
            bool | None, Query(description="Only those that go away by themselves, or not.")
        ] = None,
        created_from: Annotated[Moment | None, Query(description="Only those that came then or later.")] = None,
        created_before: Annotated[Moment | None, Query(description="Only those that came earlier.")] = None,
        user_id: Annotated[UUID | None, Query(description="Somebody else's, for administrators.")] = None,
    ) -> Any:
        """Your files, newest first."""
        if user_id is not None and user_id != caller.user_id and not caller.is_admin:
            raise NotAllowed("Only administrators may list other users' files.")
        rows, total = await queries.page(
            tx, user_id or caller.user_id, type, is_temporary, created_from, created_before, page
        )
        items = [FileMetadata.model_validate(described(row, store, settings.file_link_s, links=False)) for row in rows]
        return selected(Paged[FileMetadata].of(items, total, page), fields)

    @routes.get("/{file_id}", responses=documented(FileNotFound))
    async def get_file(file_id: UUID, caller: Caller, tx: Tx) -> FileOut:
        """A file with signed links; counts the access."""
        return shown(await service.opened(tx, caller, file_id))

    @routes.get("/{file_id}/metadata", responses=documented(FileNotFound))
    async def get_file_metadata(file_id: UUID, caller: Caller, tx: Tx) -> FileMetadata:
        """What is known of a file, without a link."""
        row = await queries.own(tx, file_id, caller.user_id, any_owner=caller.is_admin)
        if row is None:
            raise FileNotFound("There is no such file.")
        return FileMetadata.model_validate(described(row, store, settings.file_link_s, links=False))

    @routes.delete("/{file_id}", status_code=204, responses=documented(FileNotFound))
    async def delete_file(file_id: UUID, caller: Caller, tx: Tx) -> None:
        """Delete a file: hidden at once, removed from the store after a week."""
        await service.delete(tx, caller, file_id)

    return routes
