"""SQL for reading messages."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def page(
    tx: Transaction, user_id: UUID, wanted: PageRequest, *, unread: bool, kind: str | None
) -> tuple[list[asyncpg.Record], asyncpg.Record]:
    """One page of a user's messages, newest first, and the counts ``total`` of these and ``unread`` of all."""
    rows = await tx.fetch(
        """
        SELECT * FROM notifications
        WHERE user_id = $1 AND in_app AND (NOT $2 OR read_at IS NULL) AND ($3::text IS NULL OR kind = $3)
        ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5
        """,
        user_id,
        unread,
        kind,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        """
        SELECT count(*) FILTER (WHERE (NOT $2 OR read_at IS NULL) AND ($3::text IS NULL OR kind = $3)) AS total,
               count(*) FILTER (WHERE read_at IS NULL) AS unread
        FROM notifications WHERE user_id = $1 AND in_app
        """,
        user_id,
        unread,
        kind,
    )
    return rows, counted
