"""Erasing a person: payments are kept as the law asks, without personal details."""

from __future__ import annotations

from uuid import UUID

from billing.people import repository
from chassis.data.database import Transaction


async def erase(user_id: UUID, tx: Transaction) -> None:
    """Take out what says who somebody is. Repeating it is harmless."""
    await repository.erase(tx, user_id)
