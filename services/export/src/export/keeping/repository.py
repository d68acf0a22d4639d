"""SQL for orders whose results have been kept long enough."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.data.database import Transaction

_ENDED = """
SELECT id, user_id FROM {table} AS ended
WHERE status <> 'pending' AND completed_at < $1
AND NOT EXISTS (SELECT FROM export_kits WHERE workflow_id = ended.run_id AND expires_at > $2)
ORDER BY completed_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_FORGET = "DELETE FROM {table} WHERE id = ANY($1::uuid[])"

TABLES = ("renditions", "kit_orders")


class Ended(NamedTuple):
    """An order that has ended, and whose it was."""

    id: UUID
    user_id: UUID


async def ended(tx: Transaction, table: str, before: datetime, limit: int) -> list[Ended]:
    """The oldest orders that ended before then and belong to no kit that can still be fetched, locked."""
    return [Ended(**row) for row in await tx.fetch(_ENDED.format(table=table), before, tx.now, limit)]


async def forget(tx: Transaction, table: str, orders: list[Ended]) -> None:
    """Remove the rows of orders whose objects are gone."""
    await tx.execute(_FORGET.format(table=table), [order.id for order in orders])
