"""SQL of the daily guard and of least prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction


async def lift(tx: Transaction, limit: Decimal, by: UUID, reason: str) -> None:
    """Allow more for today. That the limit was reached is told again where that is reached too."""
    await tx.execute(
        "INSERT INTO daily_guard (day, lifted_to, lifted_by, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (day) DO "
        "UPDATE SET lifted_to = excluded.lifted_to, lifted_by = excluded.lifted_by, reason = excluded.reason, "
        "stopped = false",
        tx.now.date(),
        limit,
        by,
        reason,
    )


async def tell_once(tx: Transaction, threshold: str) -> bool:
    """Whether a threshold (``warned``, ``stopped``) is told of for the first time today, by whichever process."""
    row = await tx.fetchrow(
        f"INSERT INTO daily_guard (day, {threshold}) VALUES ($1, true) ON CONFLICT (day) DO UPDATE "  # noqa: S608
        f"SET {threshold} = true WHERE NOT daily_guard.{threshold} RETURNING day",
        tx.now.date(),
    )
    return row is not None


async def known_prices(tx: Transaction) -> dict[str, Mapping[str, Any]]:
    """The least prices that were told last, by capability. Until the commit nobody else tells any."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('ai_router.capability_prices'))")
    return {row["capability"]: dict(row) for row in await tx.fetch("SELECT * FROM capability_prices")}


async def keep_price(tx: Transaction, capability: str, least: Decimal, unit: str, per_unit: Decimal, model: str) -> int:
    """Keep a least price; its version."""
    row = await tx.fetchrow(
        "INSERT INTO capability_prices (capability, least_cost, unit, per_unit, cheapest_model, version) "
        "VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT (capability) DO UPDATE SET least_cost = excluded.least_cost, "
        "unit = excluded.unit, per_unit = excluded.per_unit, cheapest_model = excluded.cheapest_model, "
        "version = capability_prices.version + 1 RETURNING version",
        capability,
        least,
        unit,
        per_unit,
        model,
    )
    return int(row["version"]) if row is not None else 1
