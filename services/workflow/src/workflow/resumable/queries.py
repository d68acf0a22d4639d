"""SQL for reading uploads that arrive in parts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.objects import StoredObject
from workflow.resumable.models import Upload

COLUMNS = """
id, user_id, product_line, original_name, purpose, is_temporary, project_id, length, received, parts::text AS parts,
file_id, tries, expires_at, created_at, updated_at
"""

_UNFINISHED = "SELECT count(*) AS found FROM uploads WHERE user_id = $1 AND file_id IS NULL AND expires_at > $2"
_OWN = f"SELECT {COLUMNS} FROM uploads WHERE id = $1 AND user_id = $2"  # noqa: S608
_PAGE = f"""
SELECT {COLUMNS} FROM uploads WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC
LIMIT $3 OFFSET $4
"""  # noqa: S608
_COUNT = "SELECT count(*) AS total FROM uploads WHERE user_id = $1 AND expires_at > $2"


async def unfinished(tx: Transaction, user_id: UUID) -> int:
    """How many uploads of a user are under way."""
    record = await tx.fetchrow(_UNFINISHED, user_id, tx.now)
    return int(record["found"]) if record is not None else 0


async def own(tx: Transaction, upload_id: UUID, user_id: UUID) -> Upload | None:
    """A user's upload, also one whose time is over."""
    return one(await tx.fetchrow(_OWN, upload_id, user_id))


async def page(tx: Transaction, user_id: UUID, limit: int, offset: int) -> tuple[list[Upload], int]:
    """A user's uploads of the last day, newest first, and how many there are."""
    counted = await tx.fetchrow(_COUNT, user_id, tx.now)
    rows = await tx.fetch(_PAGE, user_id, tx.now, limit, offset)
    return [upload(row) for row in rows], counted["total"] if counted is not None else 0


def one(row: Any) -> Upload | None:
    """The upload in a row, if there is a row."""
    return upload(row) if row is not None else None


def upload(row: Any) -> Upload:
    """The upload in a row of :data:`COLUMNS`."""
    found = dict(row)
    parts = tuple(StoredObject.model_validate(part) for part in orjson.loads(found.pop("parts")))
    return Upload(parts=parts, **found)
