"""SQL for reading webhooks."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def page(tx: Transaction, user_id: UUID, wanted: PageRequest) -> tuple[list[asyncpg.Record], int]:
    """One page of a user's endpoints, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT * FROM webhook_endpoints WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3",
        user_id,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch("SELECT count(*) AS total FROM webhook_endpoints WHERE user_id = $1", user_id)
    return rows, counted["total"]


async def one(tx: Transaction, endpoint_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """A user's endpoint; None when there is none."""
    return await tx.fetchrow("SELECT * FROM webhook_endpoints WHERE id = $1 AND user_id = $2", endpoint_id, user_id)


async def deliveries(
    tx: Transaction, endpoint_id: UUID, status: str | None, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of an endpoint's deliveries, newest first, and how many there are; of one status where it is given."""
    rows = await tx.fetch(
        """
        SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 AND ($2::text IS NULL OR status = $2)
        ORDER BY created_at DESC, sequence DESC, id DESC LIMIT $3 OFFSET $4
        """,
        endpoint_id,
        status,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM webhook_deliveries WHERE endpoint_id = $1 AND ($2::text IS NULL OR status = $2)",
        endpoint_id,
        status,
    )
    return rows, counted["total"]
