"""What workflow learns of platforms."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.export import PlatformLimitChanged
from workflow.platforms import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``workflow.platforms``."""

    @consumers.queue("platforms").each(PlatformLimitChanged)
    async def keep(event: PlatformLimitChanged, tx: Transaction) -> None:
        await service.keep(tx, event)
