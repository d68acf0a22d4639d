"""SQL for reading files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from workflow.files.repository import COLUMNS, VISIBLE

_OWN = f"SELECT {COLUMNS} FROM files WHERE id = $1 AND (user_id = $3 OR $4) AND {VISIBLE}"  # noqa: S608
_WHERE = f"""
FROM files WHERE user_id = $1 AND {VISIBLE}
AND ($3::text IS NULL OR mime_type = $3 OR kind = $3) AND ($4::boolean IS NULL OR is_temporary = $4)
AND ($5::timestamptz IS NULL OR created_at >= $5) AND ($6::timestamptz IS NULL OR created_at < $6)
"""
_COUNT = f"SELECT count(*) AS total {_WHERE}"
_PAGE = f"SELECT {COLUMNS} {_WHERE} ORDER BY created_at DESC, id DESC LIMIT $7 OFFSET $8"


async def own(tx: Transaction, file_id: UUID, user_id: UUID, *, any_owner: bool) -> dict[str, Any] | None:
    """A user's file that is neither deleted, nor expired, nor infected."""
    record = await tx.fetchrow(_OWN, file_id, tx.now, user_id, any_owner)
    return dict(record) if record is not None else None


async def page(
    tx: Transaction,
    user_id: UUID,
    kind: str | None,
    temporary: bool | None,
    created_from: datetime | None,
    created_before: datetime | None,
    wanted: PageRequest,
) -> tuple[list[dict[str, Any]], int]:
    """One page of a user's files, newest first, and how many there are."""
    arguments = (user_id, tx.now, kind, temporary, created_from, created_before)
    counted = await tx.fetchrow(_COUNT, *arguments)
    records = await tx.fetch(_PAGE, *arguments, wanted.limit, wanted.offset)
    return [dict(record) for record in records], counted["total"] if counted is not None else 0
