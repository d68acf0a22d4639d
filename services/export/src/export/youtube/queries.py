"""SQL for reading a user's uploads."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def upload_of(tx: Transaction, upload_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """A user's upload."""
    return await tx.fetchrow("SELECT * FROM youtube_uploads WHERE id = $1 AND user_id = $2", upload_id, user_id)


async def uploads_of(
    tx: Transaction, user_id: UUID, status: str | None, page: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of a user's uploads, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT *, count(*) OVER () AS total FROM youtube_uploads WHERE user_id = $1 "
        "AND ($2::text IS NULL OR upload_status = $2) ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4",
        user_id,
        status,
        page.limit,
        page.offset,
    )
    if rows or page.offset == 0:
        return rows, rows[0]["total"] if rows else 0
    beyond = await tx.fetchrow(
        "SELECT count(*) AS total FROM youtube_uploads WHERE user_id = $1 AND ($2::text IS NULL OR upload_status = $2)",
        user_id,
        status,
    )
    return [], beyond["total"] if beyond is not None else 0
