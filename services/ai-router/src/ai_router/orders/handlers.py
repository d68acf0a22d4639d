"""What billing answers about single jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ai_router.orders.service import Orders
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.billing import CreditsCaptured, CreditsReleased, CreditsReserved, ReservationRefused


def subscribe(consumers: Consumers, orders: Orders) -> None:
    """Declare the queue ``ai_router.orders``."""

    @consumers.queue("orders", batch=100, prefetch=200).many(
        CreditsReserved, ReservationRefused, CreditsCaptured, CreditsReleased
    )
    async def go_on(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Begin, end or hand out, whichever the answers mean."""
        await orders.answered(received, tx)
