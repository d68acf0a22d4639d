"""SQL for reading what was used. What was delivered is what was captured; what failed was given back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def spent(tx: Transaction, user_id: UUID, product_line: str, since: datetime) -> tuple[int, Decimal]:
    """Credits that were spent since a moment, and what the AI work of what they were spent on cost us."""
    row = await tx.fetchrow(
        "SELECT coalesce(sum(captured - refunded), 0)::bigint AS credits, coalesce(sum(actual_cost), 0) AS cost "
        "FROM holds WHERE user_id = $1 AND product_line = $2 AND state = 'captured' AND updated_at >= $3",
        user_id,
        product_line,
        since,
    )
    return (row["credits"], row["cost"]) if row is not None else (0, Decimal(0))


async def by_month(tx: Transaction, user_id: UUID, product_line: str, months: int) -> list[asyncpg.Record]:
    """By calendar month (UTC) and what was counted: how often, how much, for how many credits; the latest first."""
    return await tx.fetch(
        """
        SELECT date_trunc('month', updated_at, 'UTC') AS month, coalesce(meter, 'credits') AS action,
               count(*) AS times, sum(units) AS units, sum(captured - refunded)::bigint AS credits,
               coalesce(sum(actual_cost), 0) AS cost
        FROM holds
        WHERE user_id = $1 AND product_line = $2 AND state = 'captured'
            AND updated_at >= date_trunc('month', $3::timestamptz, 'UTC') - make_interval(months => $4)
        GROUP BY 1, 2 ORDER BY 1 DESC, 2
        """,
        user_id,
        product_line,
        tx.now,
        months - 1,
    )


async def log(
    tx: Transaction, user_id: UUID, product_line: str, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of what was delivered and charged for, the latest first, and how much there is."""
    rows = await tx.fetch(
        """
        SELECT run_id, coalesce(meter, 'credits') AS action, units, captured - refunded AS credits,
               coalesce(actual_cost, 0) AS cost, quote_id, updated_at AS at
        FROM holds WHERE user_id = $1 AND product_line = $2 AND state = 'captured'
        ORDER BY updated_at DESC, id DESC LIMIT $3 OFFSET $4
        """,
        user_id,
        product_line,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM holds WHERE user_id = $1 AND product_line = $2 AND state = 'captured'",
        user_id,
        product_line,
    )
    return rows, counted["total"]


async def periods(
    tx: Transaction, user_id: UUID, product_line: str, wanted: PageRequest
) -> tuple[list[asyncpg.Record], int]:
    """One page of what was used of each meter in billing months that are over, the latest first, and how many."""
    rows = await tx.fetch(
        'SELECT meter, period_start, period_end, plan_type, used, "limit" FROM usage_counters '
        "WHERE user_id = $1 AND product_line = $2 ORDER BY period_start DESC, meter LIMIT $3 OFFSET $4",
        user_id,
        product_line,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total FROM usage_counters WHERE user_id = $1 AND product_line = $2", user_id, product_line
    )
    return rows, counted["total"]


async def statement(
    tx: Transaction, account_name: str, since: datetime, until: datetime
) -> tuple[int, list[asyncpg.Record]]:
    """The balance of an account before a period, and every entry of the period in order, with the run it is for."""
    row = await tx.fetchrow(
        "SELECT coalesce(sum(credits), 0)::bigint AS balance FROM ledger_entries "
        "WHERE account = $1 AND created_at < $2",
        account_name,
        since,
    )
    rows = await tx.fetch(
        """
        SELECT entry.id, entry.created_at, entry.kind, entry.description, entry.credits, entry.reference,
               hold.meter, hold.units, hold.quote_id, hold.actual_cost
        FROM ledger_entries AS entry
        LEFT JOIN LATERAL (
            SELECT meter, units, quote_id, actual_cost FROM holds
            WHERE entry.kind = 'deduction' AND holds.run_id = entry.reference AND holds.state = 'captured'
            ORDER BY holds.id LIMIT 1
        ) AS hold ON true
        WHERE entry.account = $1 AND entry.created_at >= $2 AND entry.created_at < $3
        ORDER BY entry.id
        """,
        account_name,
        since,
        until,
    )
    return (row["balance"] if row is not None else 0), rows
