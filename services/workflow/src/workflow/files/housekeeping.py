"""What happens to files later: those deleted long enough ago go, and what was kept beside the store arrives in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import structlog

from chassis.data.database import Database
from chassis.errors import ServiceError
from chassis.storage.fallback import FallbackStore
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic
from contracts.workflow import FileExpired
from workflow.files import repository
from workflow.periods import Periods

log = structlog.get_logger(__name__)

BATCH = 20


class Housekeeping(Periodic):
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        *,
        periods: Periods,
        poll_s: float,
        also: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        """``also`` is done each round."""
        super().__init__("workflow housekeeping", poll_s)
        self._also = also
        self._database = database
        self._store = store
        self._periods = periods

    async def round(self) -> None:
        """Do whatever is due."""
        while await self.expire() == BATCH:
            pass
        while await self.remove() == BATCH:
            pass
        await self.look_for_arrivals()
        for one in self._also:
            await one()

    async def expire(self) -> int:
        """Delete one batch of files whose time is over, and tell of it; how many there were."""
        async with self._database.transaction() as tx:
            rows = await repository.expire(tx, BATCH)
            for row in rows:
                tx.emit(FileExpired(file_id=row["id"], user_id=row["user_id"], product_line=row["product_line"]))
        return len(rows)

    async def remove(self) -> int:
        """Remove one batch of files, objects first; how many went. One that fails does not keep the others."""
        gone: list[UUID] = []
        async with self._database.transaction() as tx:
            for row in await repository.to_remove(tx, self._periods.before("deleted", tx.now), BATCH):
                try:
                    for key in repository.keys_of(row):
                        await self._store.delete(key)
                except (ServiceError, OSError):
                    log.exception("file.not_removed", file_id=str(row["id"]))
                    continue
                gone.append(row["id"])
                log.info("file.removed", file_id=str(row["id"]))
            if gone:
                await repository.remove(tx, gone)
        return len(gone)

    async def look_for_arrivals(self) -> int:
        """See which files that waited beside the store have been handed over to it; how many."""
        async with self._database.transaction() as tx:
            rows = await repository.waiting(tx, BATCH)
            arrived = [row["id"] for row in rows if await self._has_arrived(row)]
            if rows:
                await repository.looked_at(tx, [row["id"] for row in rows], arrived)
        return len(arrived)

    async def _has_arrived(self, row: dict[str, Any]) -> bool:
        place = self._store.primary if isinstance(self._store, FallbackStore) else self._store
        try:
            return all([await place.stat(key) is not None for key in repository.keys_of(row)])
        except (ServiceError, OSError):
            return False
