"""HTTP for resumable uploads: the tus protocol in headers, and the same as JSON for whoever looks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from chassis.errors import documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import StoreUnavailable
from workflow.files.errors import (
    FileInfected,
    FileTooLarge,
    FormatNotAccepted,
    ImageRefused,
    InspectionBusy,
    NoFile,
    StorageFull,
    UploadsUnderWay,
)
from workflow.files.kinds import LARGEST
from workflow.resumable import protocol, queries
from workflow.resumable.errors import (
    BadUpload,
    NotAnUpload,
    OffsetConflict,
    OtherVersion,
    UploadBusy,
    UploadExpired,
    UploadNotFound,
)
from workflow.resumable.models import Upload
from workflow.resumable.schemas import UploadOut
from workflow.resumable.service import Resumable

PATH = "/api/v1/files/multipart"

Version = Annotated[
    str | None, Header(alias="Tus-Resumable", max_length=20, description="The protocol's version: 1.0.0.")
]
Length = Annotated[
    str | None, Header(alias="Upload-Length", max_length=20, description="Bytes of the whole file.", examples=["1024"])
]
Offset = Annotated[
    str | None,
    Header(alias="Upload-Offset", max_length=20, description="Where these bytes begin.", examples=["0"]),
]
Metadata = Annotated[
    str | None,
    Header(
        alias="Upload-Metadata",
        max_length=4096,
        description="Names and values in Base64, by commas: `filename`, `purpose`, `is_temporary`, `project_id`.",
        examples=["filename dGFsay5tcDQ="],
    ),
]
Checksum = Annotated[
    str | None,
    Header(
        alias="Upload-Checksum",
        max_length=200,
        description="Algorithm (sha1, sha256, sha512, md5) and digest in Base64 of this request's bytes.",
        examples=["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="],
    ),
]

_BYTES = {
    "requestBody": {
        "required": False,
        "content": {protocol.BYTES: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_REFUSED = (
    NoFile,
    FileTooLarge,
    FormatNotAccepted,
    ImageRefused,
    FileInfected,
    InspectionBusy,
    StoreUnavailable,
    StorageFull,
    OtherVersion,
    BadUpload,
    NotAnUpload,
    UploadBusy,
    UploadExpired,
)


def router(uploads: Resumable) -> APIRouter:
    """Routes under ``/api/v1/files/multipart``."""
    routes = APIRouter(prefix=PATH, tags=["files"])

    @routes.options("", status_code=204, include_in_schema=False)
    async def ask_upload_abilities(response: Response) -> None:
        """What of the tus protocol is spoken here."""
        response.headers.update(protocol.abilities(LARGEST))

    @routes.post("", status_code=201, openapi_extra=_BYTES, responses=documented(*_REFUSED, UploadsUnderWay))
    async def begin_upload(
        request: Request,
        response: Response,
        caller: Caller,
        version: Version = None,
        length: Length = None,
        said: Metadata = None,
        checksum: Checksum = None,
    ) -> UploadOut:
        """Announce an upload that may be interrupted (tus 1.0), and send its first bytes with it if you like."""
        protocol.check_version(version)
        promised = protocol.checksum(checksum)
        upload = await uploads.create(caller, protocol.number("Upload-Length", length), protocol.metadata(said))
        if (request.headers.get("content-type") or "").startswith(protocol.BYTES):
            upload = await uploads.append(caller, upload, 0, request.stream(), promised)
        response.headers["Location"] = f"{PATH}/{upload.id}"
        response.headers.update(_headers(upload))
        return _shown(upload)

    @routes.get("")
    async def list_uploads(caller: Caller, tx: Tx, page: Page) -> Paged[UploadOut]:
        """Your uploads of the last day, newest first, finished or not."""
        found, total = await queries.page(tx, caller.user_id, page.limit, page.offset)
        return Paged[UploadOut].of([_shown(upload) for upload in found], total, page)

    @routes.head("/{multipart_id}", include_in_schema=False)
    async def ask_offset(multipart_id: UUID, caller: Caller, response: Response, version: Version = None) -> None:
        """Where to go on (tus)."""
        protocol.check_version(version)
        response.headers.update(_headers(await uploads.found(caller, multipart_id)))
        response.headers["Cache-Control"] = "no-store"

    @routes.get("/{multipart_id}", responses=documented(UploadNotFound, UploadExpired))
    async def get_upload(multipart_id: UUID, caller: Caller, response: Response) -> UploadOut:
        """How far an upload is, and which file it has become."""
        upload = await uploads.found(caller, multipart_id)
        response.headers.update(_headers(upload))
        response.headers["Cache-Control"] = "no-store"
        return _shown(upload)

    @routes.patch(
        "/{multipart_id}",
        status_code=204,
        openapi_extra=_BYTES,
        responses=documented(*_REFUSED, UploadNotFound, OffsetConflict),
    )
    async def send_bytes(
        multipart_id: UUID,
        request: Request,
        response: Response,
        caller: Caller,
        version: Version = None,
        offset: Offset = None,
        checksum: Checksum = None,
    ) -> None:
        """Send the next bytes. With the last of them the file is judged as any upload is, and refused or accepted."""
        upload = await uploads.found(caller, multipart_id)
        protocol.check_version(version)
        protocol.check_type(request.headers.get("content-type"))
        upload = await uploads.append(
            caller, upload, protocol.number("Upload-Offset", offset), request.stream(), protocol.checksum(checksum)
        )
        response.headers.update(_headers(upload))
        if upload.file_id is not None:
            response.headers["Content-Location"] = f"/api/v1/files/{upload.file_id}"

    @routes.delete("/{multipart_id}", status_code=204, responses=documented(UploadNotFound))
    async def end_upload(multipart_id: UUID, caller: Caller, response: Response) -> None:
        """End an upload; what has arrived of it goes. Of a finished one the file stays."""
        await uploads.end(caller, multipart_id)
        response.headers["Tus-Resumable"] = protocol.VERSION

    return routes


def _headers(upload: Upload) -> dict[str, str]:
    return protocol.answer(offset=upload.received, length=upload.length, expires_at=upload.expires_at)


def _shown(upload: Upload) -> UploadOut:
    return UploadOut(
        id=upload.id,
        original_name=upload.original_name,
        length=upload.length,
        offset=upload.received,
        file_id=upload.file_id,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )
