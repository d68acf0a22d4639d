"""Erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from notify.people import repository


async def erase(user_id: UUID, tx: Transaction) -> None:
    """Remove all that is kept of a person. Repeating it is harmless."""
    await repository.erase(tx, user_id)
