"""Hears that a person wants to be forgotten, or to have their data, and answers."""

from __future__ import annotations

from billing.people import queries, service
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.parts import put_part
from chassis.storage.port import ObjectStore
from contracts.billing import BillingDataExportPartReady, BillingUserDataErased
from contracts.users import DataExportRequested, UserDeletionRequested


def subscribe(consumers: Consumers, store: ObjectStore) -> None:
    """Declare the queue ``billing.people``."""

    people = consumers.queue("people")

    @people.each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        await service.erase(event.user_id, tx)
        tx.emit(BillingUserDataErased(user_id=event.user_id, ask=event.ask))

    @people.each(DataExportRequested)
    async def hand_out(event: DataExportRequested, tx: Transaction) -> None:
        data = await queries.everything(tx, event.user_id)
        part = await put_part(store, "billing", event.export_id, event.user_id, data)
        tx.emit(BillingDataExportPartReady(export_id=event.export_id, part=part))
