"""Hears of runs that completed: a run completes when its credits are captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.workflow import RunCompleted
from export.deliveries import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``export.deliveries``."""

    @consumers.queue("deliveries").many(RunCompleted)
    async def keep(received: Sequence[Received[Any]], tx: Transaction) -> None:
        await service.keep(tx, {item.message.run_id for item in received})
