"""What the file endpoints answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.enums import ScanStatus


class FindingOut(BaseModel):
    """A remark on a photo that is to speak."""

    code: str = Field(examples=["TURNED_AWAY"])
    blocking: bool = Field(description="An order with this photo is refused.")
    advice: str = Field(examples=["Turn the photo so that the head is upright."])


class FileMetadata(BaseModel):
    """What is known of a file, without a link to it."""

    id: UUID
    original_name: str
    purpose: str
    kind: str
    file_size: int = Field(description="Bytes.")
    mime_type: str
    width: int | None
    height: int | None
    findings: list[FindingOut]
    checksum: str = Field(description="SHA-256 in hex.")
    scan_status: ScanStatus
    is_temporary: bool
    stored_locally: bool = Field(description="Kept beside the store until it answers again.")
    created_at: datetime
    expires_at: datetime | None


class FileOut(FileMetadata):
    """A file with signed links: to the original, and to the version that providers get."""

    url: str | None = Field(description="None for what has not been found clean.")
    prepared_url: str | None
    access_count: int
    last_accessed_at: datetime | None
