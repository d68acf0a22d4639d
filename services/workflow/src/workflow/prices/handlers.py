"""What workflow learns of prices."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import CapabilityPriced
from workflow.prices import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``workflow.prices``."""

    @consumers.queue("prices").each(CapabilityPriced)
    async def keep(event: CapabilityPriced, tx: Transaction) -> None:
        await service.keep(tx, event)
