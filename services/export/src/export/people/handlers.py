"""Hears that a person wants to be forgotten, and answers."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.port import ObjectStore
from contracts.export import ExportUserDataErased
from contracts.users import UserDeletionRequested
from export.people import service
from export.youtube.connections import Connections


def subscribe(consumers: Consumers, store: ObjectStore, connections: Connections | None) -> None:
    """Declare the queue ``export.people``."""

    @consumers.queue("people").each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the orders have ended.
        if await service.erase(event.user_id, store, connections, tx):
            tx.emit(ExportUserDataErased(user_id=event.user_id, ask=event.ask))
