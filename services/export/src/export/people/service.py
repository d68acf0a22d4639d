"""Erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.port import ObjectStore, delete_all_of
from export.people import repository
from export.youtube.connections import Connections


async def erase(user_id: UUID, store: ObjectStore, connections: Connections | None, tx: Transaction) -> bool:
    """Remove what was made for the person, and end the grant of their channel.

    False, and nothing but the grant has ended, while something ordered for them has not.
    """
    if connections is not None:
        await connections.disconnect(user_id, tx)
    if await repository.works_for(tx, user_id):
        return False
    await delete_all_of(store, user_id)
    await repository.erase(tx, user_id)
    return True
