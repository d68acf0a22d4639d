"""What answers about finished files have in common."""

from __future__ import annotations

from pydantic import BaseModel, Field

from chassis.http.outputs import Link
from chassis.storage.port import ObjectStore
from contracts.objects import StoredObject


class FileOut(BaseModel):
    """One file with a link to it."""

    url: Link = Field(description="Good for 24 hours.")
    mime_type: str = Field(description="What it is.", examples=["video/mp4"])
    size: int = Field(description="Bytes.", examples=[1048576])
    sha256: str = Field(description="Of the content, in hex.", examples=["9f86d081884c7d65..."])


def file_out(store: ObjectStore, stored: StoredObject, filename: str | None) -> FileOut:
    """A stored object with a signed link."""
    return FileOut(
        url=store.signed_url(stored.key, filename=filename),
        mime_type=stored.mime_type,
        size=stored.size,
        sha256=stored.sha256,
    )
