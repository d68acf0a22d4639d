"""SQL for the videos that orders name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chassis.data.database import Transaction
from contracts.enums import ScanStatus
from contracts.objects import StoredObject

_VIDEO = """
SELECT storage_key, checksum, file_size, mime_type, duration, kind, scan_status, storage_backend, original_name
FROM files WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as an order of a video knows it."""

    stored: StoredObject
    name: str
    seconds: float | None
    is_video: bool
    is_clean: bool
    is_here: bool
    """In the store, and not still on its way there."""


async def upload(tx: Transaction, file_id: UUID, user_id: UUID) -> Upload | None:
    """The user's upload; None where there is none of theirs."""
    row = await tx.fetchrow(_VIDEO, file_id, user_id, tx.now)
    if row is None:
        return None
    return Upload(
        stored=StoredObject(
            key=row["storage_key"], sha256=row["checksum"], size=row["file_size"], mime_type=row["mime_type"]
        ),
        name=row["original_name"],
        seconds=row["duration"],
        is_video=row["kind"] == "video",
        is_clean=row["scan_status"] == ScanStatus.CLEAN,
        is_here=row["storage_backend"] == "store",
    )
