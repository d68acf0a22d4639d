"""Keeping which runs are paid for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chassis.data.database import Transaction
from export.deliveries import repository


async def keep(tx: Transaction, run_ids: Collection[UUID]) -> None:
    """Remember that these runs ended and were paid. Repeating it is harmless."""
    await repository.keep(tx, run_ids)
