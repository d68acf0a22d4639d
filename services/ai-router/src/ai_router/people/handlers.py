"""Hears that a person wants to be forgotten, or to have their data, and answers."""

from __future__ import annotations

from ai_router.people import queries, service
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.parts import put_part
from chassis.storage.port import ObjectStore
from contracts.ai_router import AiRouterDataExportPartReady, AiRouterUserDataErased
from contracts.users import DataExportRequested, UserDeletionRequested


def subscribe(consumers: Consumers, store: ObjectStore) -> None:
    """Declare the queue ``ai_router.people``."""

    people = consumers.queue("people")

    @people.each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the jobs have ended.
        if await service.erase(event.user_id, store, tx):
            tx.emit(AiRouterUserDataErased(user_id=event.user_id, ask=event.ask))

    @people.each(DataExportRequested)
    async def hand_out(event: DataExportRequested, tx: Transaction) -> None:
        data = await queries.everything(tx, event.user_id)
        part = await put_part(store, "ai_router", event.export_id, event.user_id, data)
        tx.emit(AiRouterDataExportPartReady(export_id=event.export_id, part=part))
