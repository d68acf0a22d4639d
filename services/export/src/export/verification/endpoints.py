"""Asking whether a file was made here. Who made it is told to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from chassis.errors import NotAuthenticated, documented
from chassis.identity.tokens import Caller, Identity, bearer_token
from chassis.storage.port import StoreUnavailable
from export.verification.errors import (
    FileToVerifyNotFound,
    NothingToVerify,
    NotVerifiable,
    TooLargeToVerify,
    VerificationBusy,
    VerificationUnderWay,
)
from export.verification.files import UploadedFiles
from export.verification.service import Bring, Verifying, written

PATH = "/api/v1/verify"
MOST_BYTES = 50 << 20
"""Of a file in the request."""
MOST_BYTES_OF_FILES = 200 << 20
MAX_BODY = MOST_BYTES + 65_536
"""With boundaries and headers of the form."""

_CHUNK = 1 << 20
_FIELDS = frozenset({"file", "file_id"})
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "A picture (JPEG, PNG, WebP) or video (MP4, MOV, WebM), at most 50 MB.",
                        },
                        "file_id": {
                            "type": "string",
                            "format": "uuid",
                            "description": "In place of it, a file of yours that was uploaded before, at most 200 MB.",
                        },
                    },
                }
            }
        },
    }
}

router = APIRouter(tags=["export"])


class VerificationOut(BaseModel):
    """Whether a file was made here, and how that is known."""

    made_here: bool = Field(description="Whether it is, or looks like, something that was delivered from here.")
    match: Literal["bytes", "film", "picture"] | None = Field(
        None,
        description="`bytes`: the very file. `film`: its pictures are those of a film made here, in their order. "
        "`picture`: it looks like a picture made here or one of a film; so may the photo that one was made of.",
    )
    score: float = Field(
        ge=0,
        le=1,
        description="How alike: of a film the share of its pictures, of a picture the share of its bits that agree.",
        examples=[0.95],
    )
    made_at: datetime | None = Field(None, description="When it was made.")
    digital_source_type: str | None = Field(
        None,
        description="How it was made, in the words of the IPTC.",
        examples=["http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"],
    )
    stated_source_type: str | None = Field(
        None, description="What the file itself states, where it does; null where that was removed."
    )
    workflow_id: UUID | None = Field(None, description="What made it, where that is yours; nobody else is told.")


@router.post(
    PATH,
    openapi_extra=_FORM,
    responses=documented(
        NotAuthenticated,
        NothingToVerify,
        FileToVerifyNotFound,
        TooLargeToVerify,
        NotVerifiable,
        VerificationUnderWay,
        VerificationBusy,
        StoreUnavailable,
    ),
)
async def verify_file(request: Request, caller: Caller) -> VerificationOut:
    """Ask whether a picture or video was made here, also when it was compressed, rescaled or stripped since."""
    verifying: Verifying = request.app.state.verifying
    try:
        async with request.form(max_files=1, max_fields=1) as form:
            verdict = await verifying.verify(caller.user_id, _bring(request, caller, form))
    except HTTPException as malformed:
        raise NothingToVerify(str(malformed.detail)) from malformed
    return VerificationOut(
        made_here=verdict.match is not None,
        match=verdict.match,
        score=verdict.score,
        made_at=verdict.made_at,
        digital_source_type=verdict.source_type,
        stated_source_type=verdict.stated,
        workflow_id=verdict.run_id,
    )


def _bring(request: Request, caller: Identity, form: FormData) -> Bring:
    given = form.multi_items()
    if len(given) != 1 or given[0][0] not in _FIELDS:
        raise NothingToVerify("Send multipart/form-data with either a part named file, or file_id.")
    name, value = given[0]
    if name == "file" and isinstance(value, UploadFile):
        return lambda path: _received(value, path)
    file_id = _id_of(value) if name == "file_id" else None
    if file_id is None:
        raise NothingToVerify(f"This is no {name}.", fields={name: "a file" if name == "file" else "a UUID"})
    files: UploadedFiles = request.app.state.uploaded_files
    token = bearer_token(request.headers.get("authorization")) or ""
    return lambda path: files.fetch(caller.user_id, token, file_id, path, most=MOST_BYTES_OF_FILES)


async def _received(upload: UploadFile, path: Path) -> str:
    if (upload.size or 0) > MOST_BYTES:
        raise TooLargeToVerify(f"The file is larger than {MOST_BYTES:,} bytes.", fields={"file": "too large"})
    return await written(_pieces(upload), path)


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_CHUNK):
        yield piece


def _id_of(value: UploadFile | str) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
