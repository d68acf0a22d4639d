"""SQL for reading the local mail box."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def page(tx: Transaction, recipient: str | None, wanted: PageRequest) -> tuple[list[asyncpg.Record], int]:
    """One page of the letters, newest first, and how many there are; to one recipient where one is given."""
    rows = await tx.fetch(
        """
        SELECT id, recipient, subject, created_at FROM mailbox WHERE $1::text IS NULL OR recipient = lower($1)
        ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
        """,
        recipient,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM mailbox WHERE $1::text IS NULL OR recipient = lower($1)", recipient
    )
    return rows, counted["total"]


async def one(tx: Transaction, letter_id: UUID) -> asyncpg.Record | None:
    """One letter; None when there is none."""
    return await tx.fetchrow("SELECT * FROM mailbox WHERE id = $1", letter_id)
