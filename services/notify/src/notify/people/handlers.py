"""Hears that a person wants to be forgotten, and answers."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.notify import NotifyUserDataErased
from contracts.users import UserDeletionRequested
from notify.people import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``notify.people``."""

    @consumers.queue("people").each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        await service.erase(event.user_id, tx)
        tx.emit(NotifyUserDataErased(user_id=event.user_id, ask=event.ask))
