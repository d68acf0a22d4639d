"""Hears that a person wants to be forgotten, or to have their data, and answers."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.parts import put_part
from chassis.storage.port import ObjectStore
from contracts.export import ExportDataExportPartReady, ExportUserDataErased
from contracts.users import DataExportRequested, UserDeletionRequested
from export.people import queries, service
from export.youtube.connections import Connections


def subscribe(consumers: Consumers, store: ObjectStore, connections: Connections | None) -> None:
    """Declare the queue ``export.people``."""

    people = consumers.queue("people")

    @people.each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the orders have ended.
        if await service.erase(event.user_id, store, connections, tx):
            tx.emit(ExportUserDataErased(user_id=event.user_id, ask=event.ask))

    @people.each(DataExportRequested)
    async def hand_out(event: DataExportRequested, tx: Transaction) -> None:
        data = await queries.everything(tx, event.user_id)
        part = await put_part(store, "export", event.export_id, event.user_id, data)
        tx.emit(ExportDataExportPartReady(export_id=event.export_id, part=part))
