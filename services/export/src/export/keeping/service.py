"""Removing what was made for orders that ended long ago: first the objects, then the row that led to them."""

from __future__ import annotations

from datetime import timedelta

import structlog

from chassis import ids
from chassis.data.database import Database
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic
from export.keeping import repository

log = structlog.get_logger(__name__)

BATCH = 10


class Keeping(Periodic):
    """A background part; any number of processes may run one, each takes the orders that no other has.

    Everything stored under an order's name goes, also what a crash left behind before the order's answer was kept.
    """

    def __init__(self, database: Database, store: ObjectStore, *, keep_for: timedelta, every_s: float = 3600.0) -> None:
        super().__init__("export keeping", every_s, rests_first=True)
        self._database = database
        self._store = store
        self._keep_for = keep_for

    async def round(self) -> None:
        """Remove whatever is due."""
        await self.sweep()

    async def sweep(self) -> int:
        """Remove whatever is due, in batches that are each committed; how many orders it was."""
        removed = 0
        for table in repository.TABLES:
            while done := await self._remove(table):
                removed += done
        return removed

    async def _remove(self, table: str) -> int:
        async with self._database.transaction() as tx:
            orders = await repository.ended(tx, table, tx.now - self._keep_for, BATCH)
            for order in orders:
                for prefix in keys.prefixes_of(order.user_id, ids.moment_of(order.id), order.id.hex):
                    async for key in self._store.list_keys(prefix):
                        await self._store.delete(key)
                log.info("export.objects_removed", table=table, order_id=str(order.id))
            if orders:
                await repository.forget(tx, table, orders)
        return len(orders)
