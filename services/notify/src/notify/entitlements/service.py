"""Keeping the copy of what billing tells."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.billing import EntitlementsChanged
from notify.entitlements import repository


async def remember(event: EntitlementsChanged, tx: Transaction) -> None:
    """Keep what a user's plan comes with; an older version changes nothing."""
    await repository.put(tx, event)
