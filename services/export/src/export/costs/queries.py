"""SQL for reading prices."""

from __future__ import annotations

from chassis.data.database import Transaction
from export.costs.rules import Price


async def prices(tx: Transaction) -> dict[str, Price]:
    """What each capability costs at least, as far as it has been told."""
    rows = await tx.fetch("SELECT capability, least_cost, unit, per_unit, model FROM capability_prices")
    return {row["capability"]: Price(row["least_cost"], row["unit"], row["per_unit"], row["model"]) for row in rows}
