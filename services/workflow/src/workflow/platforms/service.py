"""The copy of the platforms' limits, kept by time: an older message never replaces a newer one."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.export import PlatformLimitChanged
from workflow.platforms import repository


async def keep(tx: Transaction, event: PlatformLimitChanged) -> None:
    """Keep how long a video a platform takes. Repeating it is harmless."""
    await repository.keep(tx, event)
