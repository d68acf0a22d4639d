"""The SQL of the copy of prices."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.ai_router import CapabilityPriced

_KEEP = """
INSERT INTO capability_prices (capability, least_cost, unit, per_unit, model, version) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (capability) DO UPDATE SET least_cost = excluded.least_cost, unit = excluded.unit,
    per_unit = excluded.per_unit, model = excluded.model, version = excluded.version
WHERE capability_prices.version < excluded.version
"""


async def keep_price(tx: Transaction, event: CapabilityPriced) -> None:
    """Keep what a capability costs, unless something newer is known."""
    await tx.execute(
        _KEEP,
        event.capability.value,
        event.least_cost,
        event.unit,
        event.per_unit,
        event.cheapest_model,
        event.version,
    )
