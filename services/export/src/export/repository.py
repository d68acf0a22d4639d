"""SQL that the orders of every kind share."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chassis.data.database import Transaction


async def forget_work(tx: Transaction, work_ids: Collection[UUID]) -> None:
    """Remove leased work that nobody wants any more."""
    await tx.execute("DELETE FROM work WHERE id = ANY($1::uuid[])", list(work_ids))
