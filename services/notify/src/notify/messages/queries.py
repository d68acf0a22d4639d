"""SQL for reading messages."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def page(
    tx: Transaction, user_id: UUID, wanted: PageRequest, *, unread: bool
) -> tuple[list[asyncpg.Record], asyncpg.Record]:
    """One page of a user's messages, newest first, and the counts ``total`` and ``unread`` of all."""
    rows = await tx.fetch(
        """
        SELECT * FROM notifications
        WHERE user_id = $1 AND (NOT $2 OR read_at IS NULL) ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
        """,
        user_id,
        unread,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total, count(*) FILTER (WHERE read_at IS NULL) AS unread "
        "FROM notifications WHERE user_id = $1",
        user_id,
    )
    return rows, counted
