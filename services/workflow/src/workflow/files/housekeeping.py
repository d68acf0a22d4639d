"""What happens to files later: those deleted long enough ago go, and what was kept beside the store arrives in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from chassis.data.database import Database
from chassis.errors import ServiceError
from chassis.storage.fallback import FallbackStore
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic
from workflow.files import repository
from workflow.periods import Periods

log = structlog.get_logger(__name__)

BATCH = 20


class Housekeeping(Periodic):
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``."""

    def __init__(self, database: Database, store: ObjectStore, *, periods: Periods, poll_s: float) -> None:
        super().__init__("workflow housekeeping", poll_s)
        self._database = database
        self._store = store
        self._periods = periods

    async def round(self) -> None:
        """Do whatever is due."""
        while await self.remove() == BATCH:
            pass
        await self.look_for_arrivals()

    async def remove(self) -> int:
        """Remove one batch of files, objects first; how many went. One that fails does not keep the others."""
        gone: list[UUID] = []
        async with self._database.transaction() as tx:
            for row in await repository.to_remove(tx, self._periods.before("deleted", tx.now), BATCH):
                try:
                    for key in _keys(row):
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
            return all([await place.stat(key) is not None for key in _keys(row)])
        except (ServiceError, OSError):
            return False


def _keys(row: dict[str, Any]) -> list[str]:
    """Where a file's objects are: the original, and the prepared version where there is one."""
    return [row["storage_key"]] + ([row["prepared"]["key"]] if row["prepared"] else [])
