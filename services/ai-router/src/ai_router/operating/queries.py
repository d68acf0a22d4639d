"""SQL for what operators look at."""

from __future__ import annotations

import asyncpg

from chassis.data.database import Transaction


async def breakers(tx: Transaction) -> list[asyncpg.Record]:
    """Every breaker that is not closed."""
    return await tx.fetch(
        "SELECT provider, capability, model, opened_until, probe_until, probe_by, reset_at, why, held_by FROM breakers "
        "WHERE reset_at IS NULL OR opened_until > reset_at ORDER BY provider, capability, model"
    )


async def guard(tx: Transaction) -> asyncpg.Record | None:
    """What was told, and allowed, today."""
    return await tx.fetchrow("SELECT * FROM daily_guard WHERE day = $1", tx.now.date())
