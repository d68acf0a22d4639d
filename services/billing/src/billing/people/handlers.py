"""Hears that a person wants to be forgotten, and answers."""

from __future__ import annotations

from billing.people import service
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.billing import BillingUserDataErased
from contracts.users import UserDeletionRequested


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``billing.people``."""

    @consumers.queue("people").each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        await service.erase(event.user_id, tx)
        tx.emit(BillingUserDataErased(user_id=event.user_id, ask=event.ask))
