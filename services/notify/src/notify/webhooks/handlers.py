"""What webhooks hear of plans."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import ConsumerQueue
from contracts.billing import EntitlementsChanged
from notify.entitlements import service


def subscribe(billing: ConsumerQueue) -> None:
    """Bind what is told of plans."""

    @billing.each(EntitlementsChanged)
    async def remember(event: EntitlementsChanged, tx: Transaction) -> None:
        """Keep what a user's plan comes with."""
        await service.remember(event, tx)
