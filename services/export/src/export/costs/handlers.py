"""Hears what the AI's work costs."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import CapabilityPriced
from export.costs import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``export.prices``."""

    @consumers.queue("prices").each(CapabilityPriced)
    async def keep(event: CapabilityPriced, tx: Transaction) -> None:
        await service.keep_price(tx, event)
