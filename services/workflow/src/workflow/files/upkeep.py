"""The store's daily upkeep, which no row leads to: temporary objects and what interrupted puts left behind."""

from __future__ import annotations

from datetime import timedelta

import structlog

from chassis.data.database import Database
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from chassis.work.daily import Daily

log = structlog.get_logger(__name__)

UNFINISHED_FOR = timedelta(days=1)
"""No put takes so long."""


class Upkeep(Daily):
    """A background part; one process of all does it each day (FIL-19, FIL-21)."""

    def __init__(
        self, database: Database, store: ObjectStore, *, keep_for: timedelta, look_every_s: float = 600.0
    ) -> None:
        super().__init__(database, "upkeep", look_every_s=look_every_s)
        self._store = store
        self._keep_for = keep_for
        self._clock = database.clock

    async def do(self) -> None:
        """Remove what is too old under ``temp/``, on all pages of the listing, and unfinished puts."""
        unfinished = await self._store.clean_unfinished(UNFINISHED_FOR)
        removed = 0
        async for key in self._store.list_keys(keys.TEMP):
            if keys.is_stale_temp(key, self._clock.now(), self._keep_for):
                await self._store.delete(key)
                removed += 1
        log.info("objects.upkeep", unfinished=unfinished, temporary=removed)
