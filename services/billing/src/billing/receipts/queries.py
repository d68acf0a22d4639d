"""SQL for reading payments and invoices."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def payments(
    tx: Transaction, user_id: UUID, product_line: str, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of somebody's payments in a product line, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT * FROM payments WHERE user_id = $1 AND product_line = $2 ORDER BY created_at DESC, id DESC "
        "LIMIT $3 OFFSET $4",
        user_id,
        product_line,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM payments WHERE user_id = $1 AND product_line = $2", user_id, product_line
    )
    return rows, counted["total"]


async def invoices(
    tx: Transaction, user_id: UUID, product_line: str, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of somebody's invoices in a product line, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT * FROM invoices WHERE user_id = $1 AND product_line = $2 ORDER BY issued_at DESC, id DESC "
        "LIMIT $3 OFFSET $4",
        user_id,
        product_line,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM invoices WHERE user_id = $1 AND product_line = $2", user_id, product_line
    )
    return rows, counted["total"]
