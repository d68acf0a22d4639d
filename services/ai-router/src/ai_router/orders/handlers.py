"""What billing answers about single jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ai_router.orders.service import Orders
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.billing import (
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReservationRefused,
)


def subscribe(consumers: Consumers, orders: Orders) -> None:
    """Declare the queues ``ai_router.orders`` and ``ai_router.entitlements``."""

    @consumers.queue("entitlements").each(EntitlementsChanged)
    async def keep_entitlements(event: EntitlementsChanged, tx: Transaction) -> None:
        """Keep what an account has, newer over older."""
        await orders.keep_entitlements(tx, event)

    @consumers.queue("orders", batch=100, prefetch=200).many(
        CreditsReserved, ReservationRefused, CreditsCaptured, CreditsReleased
    )
    async def go_on(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Begin, end or hand out, whichever the answers mean."""
        await orders.answered(received, tx)
