"""Forgetting what is too old, in the background: no request pays for it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import structlog

from chassis.data.database import Database
from chassis.work.periodic import Periodic
from users.keys.keyring import PUBLISHED_FOR
from users.retention import repository
from users.settings import Settings

log = structlog.get_logger(__name__)


class Housekeeping(Periodic):
    """A background part: sweeps every table that grows, ``batch`` rows at a time."""

    def __init__(self, database: Database, settings: Settings, *, every_s: float = 3600.0, batch: int = 5000) -> None:
        super().__init__("users housekeeping", every_s, rests_first=True)
        self._database = database
        self._batch = batch
        self._rules = repository.rules(
            refresh_life=timedelta(days=settings.refresh_days),
            lock_window=timedelta(minutes=max(settings.lockout_window_minutes, settings.lockout_minutes)),
            key_life=PUBLISHED_FOR,
        )

    async def round(self) -> None:
        """Sweep every table once."""
        log.info("users.swept", **await self.sweep())

    async def sweep(self) -> Counter[str]:
        """Remove what is too old, each batch in a commit of its own; how many rows by table."""
        now, removed = self._database.clock.now(), Counter[str]()
        for rule in self._rules:
            done = self._batch
            while done == self._batch:
                async with self._database.connection() as connection:
                    done = await repository.remove(connection, rule, now, self._batch)
                removed[rule.table] += done
        return removed
