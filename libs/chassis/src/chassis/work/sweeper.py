"""Removing rows that have been kept long enough."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from chassis.data.database import Database
from chassis.data.outages import is_outage
from chassis.data.retention import CHASSIS, Kept, sweep
from chassis.work.periodic import Periodic

log = structlog.get_logger(__name__)


class Sweeper(Periodic):
    """A background part: looks through the service's tables, and the chassis' own, every ``every_s`` seconds.

    Any number of processes may run one: each takes the rows that no other has.
    """

    def __init__(
        self, database: Database, kept: Sequence[Kept] = (), *, every_s: float = 3600.0, batch: int = 5000
    ) -> None:
        super().__init__(f"retention {database.service}", every_s, rests_first=True)
        self._database = database
        self._kept = (*CHASSIS, *kept)
        self._batch = batch

    async def round(self) -> None:
        """Remove whatever is too old."""
        await self.sweep()

    async def sweep(self) -> dict[str, int]:
        """Remove what is too old; how many rows of each table. A table that fails does not keep others from it."""
        removed = {}
        for kept in self._kept:
            try:
                count = await sweep(self._database, kept, batch=self._batch)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("retention.failed", table=kept.table)
                continue
            if count:
                removed[kept.table] = count
                log.info("retention.swept", table=kept.table, rows=count)
        return removed
