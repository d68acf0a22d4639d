"""SQL for reading batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from contracts.enums import Status

_SELECT = """
SELECT batches.id, batches.name, batches.created_at, batches.updated_at, count(run_id) AS rows,
    count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'processing') AS processing,
    count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled
FROM batches LEFT JOIN batch_rows ON batch_id = batches.id LEFT JOIN runs ON runs.id = run_id
"""
_ONE = f"{_SELECT} WHERE batches.id = $1 AND batches.user_id = $2 GROUP BY batches.id"
_PAGE = f"""
{_SELECT} WHERE batches.user_id = $1 GROUP BY batches.id ORDER BY batches.created_at DESC, batches.id DESC
LIMIT $2 OFFSET $3
"""
_ROWS = """
FROM batch_rows JOIN batches ON batches.id = batch_id JOIN runs ON runs.id = run_id
WHERE batch_id = $1 AND batches.user_id = $2 AND ($3::text IS NULL OR runs.status = $3)
"""
_ROWS_PAGE = (
    f"SELECT ref, line, run_id AS workflow_id, status, progress, title {_ROWS} ORDER BY line, ref LIMIT $4 OFFSET $5"
)
_ROWS_COUNT = f"SELECT count(*) AS total {_ROWS}"


async def one(tx: Transaction, batch_id: UUID, user_id: UUID) -> dict[str, Any] | None:
    """A batch of this user, with how its workflows are."""
    record = await tx.fetchrow(_ONE, batch_id, user_id)
    return dict(record) if record is not None else None


async def page(tx: Transaction, user_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of a user's batches, newest first, and how many there are."""
    counted = await tx.fetchrow("SELECT count(*) AS total FROM batches WHERE user_id = $1", user_id)
    records = await tx.fetch(_PAGE, user_id, wanted.limit, wanted.offset)
    return [dict(record) for record in records], counted["total"] if counted is not None else 0


async def rows(
    tx: Transaction, batch_id: UUID, user_id: UUID, status: Status | None, wanted: PageRequest
) -> tuple[list[dict[str, Any]], int]:
    """One page of a batch's rows in the order of the manifest, and how many there are."""
    counted = await tx.fetchrow(_ROWS_COUNT, batch_id, user_id, status)
    records = await tx.fetch(_ROWS_PAGE, batch_id, user_id, status, wanted.limit, wanted.offset)
    return [dict(record) for record in records], counted["total"] if counted is not None else 0


async def unended(tx: Transaction, batch_id: UUID) -> list[UUID]:
    """The workflows of a batch that have not ended."""
    found = await tx.fetch(
        "SELECT run_id FROM batch_rows JOIN runs ON runs.id = run_id "
        "WHERE batch_id = $1 AND status IN ('pending', 'processing')",
        batch_id,
    )
    return [row["run_id"] for row in found]
