"""Hears that a person wants to be forgotten, and answers."""

from __future__ import annotations

from ai_router.people import service
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.port import ObjectStore
from contracts.ai_router import AiRouterUserDataErased
from contracts.users import UserDeletionRequested


def subscribe(consumers: Consumers, store: ObjectStore) -> None:
    """Declare the queue ``ai_router.people``."""

    @consumers.queue("people").each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the jobs have ended.
        if await service.erase(event.user_id, store, tx):
            tx.emit(AiRouterUserDataErased(user_id=event.user_id, ask=event.ask))
