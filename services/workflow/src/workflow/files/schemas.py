"""What the file endpoints answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.outputs import Link
from contracts.enums import ScanStatus


class FindingOut(BaseModel):
    """A remark on a photo that is to speak."""

    code: str = Field(description="For programs.", examples=["TURNED_AWAY"])
    blocking: bool = Field(description="An order with this photo is refused.")
    advice: str = Field(
        description="For a person; says what to do.", examples=["Turn the photo so that the head is upright."]
    )


class FaceOut(BaseModel):
    """Where a face is, in parts of the photo's width and height as it is shown."""

    x: float = Field(description="Its left side.", ge=0, le=1, examples=[0.12])
    y: float = Field(description="Its upper side.", ge=0, le=1, examples=[0.2])
    width: float = Field(description="How wide it is.", ge=0, le=1, examples=[0.25])
    height: float = Field(description="How high it is.", ge=0, le=1, examples=[0.31])


class FileMetadata(BaseModel):
    """What is known of a file, without a link to it."""

    id: UUID = Field(description="Of the file; what an order names.")
    original_name: str = Field(description="What it was called.", examples=["me.jpg"])
    purpose: str = Field(description="What it is for.", examples=["input"])
    kind: str = Field(
        description="`image`, `audio`, `video`, `document`, or `other` for what was not accepted.", examples=["image"]
    )
    file_size: int = Field(description="Bytes.", examples=[183204])
    mime_type: str = Field(description="What it is, told from its content.", examples=["image/jpeg"])
    width: int | None = Field(description="Pixels.", examples=[1080])
    height: int | None = Field(description="Pixels.", examples=[1350])
    duration: float | None = Field(default=None, description="Seconds, of sound and video.", examples=[12.4])
    findings: list[FindingOut] = Field(description="What to know of it before ordering with it.")
    faces: list[FaceOut] = Field(
        default=[],
        description="The faces in a photo, the largest first: that one speaks. Cut the photo to another to have that "
        "one speak.",
    )
    checksum: str = Field(description="SHA-256 in hex.", examples=["9f86d081884c7d65..."])
    scan_status: ScanStatus = Field(description="Whether it may be used.")
    is_temporary: bool = Field(description="Whether it goes away by itself.")
    stored_locally: bool = Field(
        description="Kept beside the store until it answers again; it can be ordered with when it has arrived there."
    )
    created_at: datetime = Field(description="When it came.")
    expires_at: datetime | None = Field(description="When it goes; null: when it is deleted.")


class FileOut(FileMetadata):
    """A file with signed links: to the original, and to the version that providers get."""

    url: Link | None = Field(description="A link to it for a while; null for what has not been found clean.")
    prepared_url: Link | None = Field(description="A link to the version that videos are made from.")
    access_count: int = Field(description="How often links were asked for.")
    last_accessed_at: datetime | None = Field(description="When they last were.")
