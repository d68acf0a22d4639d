"""The copy of the least prices, kept by version: an older message never replaces a newer one."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.ai_router import CapabilityPriced
from workflow.prices import repository


async def keep(tx: Transaction, event: CapabilityPriced) -> None:
    """Keep what a capability costs at least. Repeating it is harmless."""
    await repository.keep(tx, event)
