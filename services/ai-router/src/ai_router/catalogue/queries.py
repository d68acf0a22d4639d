"""SQL for reading what is offered and how providers are."""

from __future__ import annotations

import asyncpg

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
