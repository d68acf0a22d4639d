"""Hears that a person wants to be forgotten, or to have their data, and answers."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.parts import put_part
from chassis.storage.port import ObjectStore
from contracts.users import DataExportRequested, UserDeletionRequested
from contracts.workflow import WorkflowDataExportPartReady, WorkflowUserDataErased
from workflow.people import queries, service
from workflow.runs.driver import Driver


def subscribe(consumers: Consumers, driver: Driver, store: ObjectStore) -> None:
    """Declare the queue ``workflow.people``."""

    people = consumers.queue("people")

    @people.each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the runs have ended.
        if await service.erase(event.user_id, driver, store, tx):
            tx.emit(WorkflowUserDataErased(user_id=event.user_id, ask=event.ask))

    @people.each(DataExportRequested)
    async def hand_out(event: DataExportRequested, tx: Transaction) -> None:
        data = await queries.everything(tx, event.user_id)
        files = await queries.files_of(tx, event.user_id)
        part = await put_part(store, "workflow", event.export_id, event.user_id, data, files)
        tx.emit(WorkflowDataExportPartReady(export_id=event.export_id, part=part))
