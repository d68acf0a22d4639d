"""Erasing a person."""

from __future__ import annotations

from uuid import UUID

from ai_router.people import repository
from chassis.data.database import Transaction
from chassis.storage.port import ObjectStore, delete_all_of


async def erase(user_id: UUID, store: ObjectStore, tx: Transaction) -> bool:
    """Remove the person's jobs and what they made; False, and nothing is done, while one of them has not ended."""
    if await repository.works_for(tx, user_id):
        return False
    await delete_all_of(store, user_id)
    await repository.erase(tx, user_id)
    return True
