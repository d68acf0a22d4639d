"""Hears that a person wants to be forgotten, and answers."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from chassis.storage.port import ObjectStore
from contracts.users import UserDeletionRequested
from contracts.workflow import WorkflowUserDataErased
from workflow.people import service
from workflow.runs.driver import Driver


def subscribe(consumers: Consumers, driver: Driver, store: ObjectStore) -> None:
    """Declare the queue ``workflow.people``."""

    @consumers.queue("people").each(UserDeletionRequested)
    async def erase(event: UserDeletionRequested, tx: Transaction) -> None:
        # Without an answer it is asked again, when the runs have ended.
        if await service.erase(event.user_id, driver, store, tx):
            tx.emit(WorkflowUserDataErased(user_id=event.user_id, ask=event.ask))
