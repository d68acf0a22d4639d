"""SQL of the reports."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def received(tx: Transaction, since: datetime, until: datetime) -> list[asyncpg.Record]:
    """By product line and currency: what was paid in a period and what of it was given back, in how many payments."""
    return await tx.fetch(
        """
        SELECT product_line, currency, count(*) AS payments, sum(amount_minor)::bigint AS received,
               sum(refunded_minor)::bigint AS refunded
        FROM payments WHERE status IN ('completed', 'refunded') AND created_at >= $1 AND created_at < $2
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        since,
        until,
    )


async def spent(tx: Transaction, since: datetime, until: datetime) -> list[asyncpg.Record]:
    """By product line, what provider calls cost in a period, in rupees. What belongs to no run is of no line."""
    return await tx.fetch(
        """
        SELECT hold.product_line, sum(cost.cost) AS cost, count(DISTINCT cost.run_id) AS runs
        FROM cost_records AS cost
        LEFT JOIN LATERAL (
            SELECT product_line FROM holds WHERE holds.run_id = cost.run_id LIMIT 1
        ) AS hold ON true
        WHERE cost.created_at >= $1 AND cost.created_at < $2
        GROUP BY 1 ORDER BY 1 NULLS LAST
        """,
        since,
        until,
    )


async def by_user(
    tx: Transaction, since: datetime, until: datetime, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of what the provider calls of each user cost in a period, the dearest first, and how many users."""
    rows = await tx.fetch(
        """
        SELECT user_id, sum(cost) AS cost, count(*) AS attempts FROM cost_records
        WHERE created_at >= $1 AND created_at < $2
        GROUP BY user_id ORDER BY sum(cost) DESC, user_id LIMIT $3 OFFSET $4
        """,
        since,
        until,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(DISTINCT user_id) AS total FROM cost_records WHERE created_at >= $1 AND created_at < $2",
        since,
        until,
    )
    return rows, counted["total"]
