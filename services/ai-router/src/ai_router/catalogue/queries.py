"""SQL for reading what is offered and how providers are."""

from __future__ import annotations

import asyncpg

from ai_router.routing.breaker import BreakerState
from chassis.data.database import Transaction
from contracts.enums import Capability


async def models(tx: Transaction, capability: Capability | None) -> list[asyncpg.Record]:
    """The active models, those of one capability where it is given."""
    return await tx.fetch(
        "SELECT id, name, provider, model_type, description, parameters, credits_per_use FROM ai_models "
        "WHERE is_active AND ($1::text IS NULL OR model_type = $1) ORDER BY model_type, name",
        None if capability is None else capability.value,
    )


async def checks(tx: Transaction) -> dict[str, asyncpg.Record]:
    """The last check of each provider that was checked."""
    return {row["provider"]: row for row in await tx.fetch("SELECT * FROM provider_health")}


async def breakers(tx: Transaction) -> dict[tuple[str, str], BreakerState]:
    """The breakers that are not closed, by provider and capability; open where that of one of its models is."""
    rows = await tx.fetch(
        "SELECT provider, capability, bool_or(opened_until > $1) AS open FROM breakers "
        "WHERE reset_at IS NULL OR opened_until > reset_at GROUP BY provider, capability",
        tx.now,
    )
    return {
        (row["provider"], row["capability"]): BreakerState.OPEN if row["open"] else BreakerState.HALF_OPEN
        for row in rows
    }
