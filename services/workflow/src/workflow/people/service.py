"""Erasing a person: what is made for them stops, then everything goes that says who they are or what they said."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.port import ObjectStore, delete_all_of
from workflow.people import repository
from workflow.runs.driver import Driver
from workflow.runs.service import stop


async def erase(user_id: UUID, driver: Driver, store: ObjectStore, tx: Transaction) -> bool:
    """Remove the person's files and results, and what their runs say of them.

    False while a run of theirs has not ended; it has been asked to, then. Repeating it is harmless.
    """
    unended = await repository.unended(tx, user_id)
    if unended:
        await stop(tx, driver, unended)
        return False
    await delete_all_of(store, user_id)
    for key in await repository.other_objects(tx, user_id):
        await store.delete(key)
    await repository.erase(tx, user_id)
    return True
