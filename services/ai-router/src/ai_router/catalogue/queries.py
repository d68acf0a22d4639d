"""SQL for reading what is offered and how providers are."""

from __future__ import annotations

import asyncpg

from ai_router.health.repository import BELIEVED_S
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
    """The breakers that are not closed in some process, by provider and capability; open where one of them is."""
    rows = await tx.fetch(
        "SELECT provider, capability, bool_or(state = 'open') AS open FROM provider_breakers "
        "WHERE told_at > now() - make_interval(secs => $1) GROUP BY provider, capability",
        BELIEVED_S,
    )
    return {
        (row["provider"], row["capability"]): BreakerState.OPEN if row["open"] else BreakerState.HALF_OPEN
        for row in rows
    }
