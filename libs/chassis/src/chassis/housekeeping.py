"""Forgetting what the inbox need not know any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import structlog

from chassis.database import Database

log = structlog.get_logger(__name__)

KEEP_FOR = timedelta(days=30)
"""No message comes again so late: outboxes and queues are hours behind at the worst, dead letters a few weeks."""

# Rows lie in the order they came, so that the oldest are found first; those another worker is deleting are its own.
_DELETE = """
DELETE FROM inbox WHERE ctid IN (
    SELECT ctid FROM inbox WHERE received_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""


class InboxPruner:
    """A background part: removes inbox rows older than ``keep_for``, ``batch`` at a time, every ``every_s`` seconds."""

    def __init__(
        self, database: Database, *, keep_for: timedelta = KEEP_FOR, every_s: float = 3600.0, batch: int = 5000
    ) -> None:
        self._database = database
        self._keep_for = keep_for
        self._every_s = every_s
        self._batch = batch
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the first round comes after ``every_s``, when the rush of a start is over."""
        self._loop = asyncio.create_task(self._prune_loop(), name=f"inbox {self._database.service}")

    async def stop(self, grace_s: float = 5.0) -> None:
        """End at once; what was not removed is removed another time."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None

    async def prune(self) -> int:
        """Remove what is too old, each batch in a commit of its own; how many rows that was."""
        before = self._database.clock.now() - self._keep_for
        removed = 0
        while True:
            async with self._database.connection() as connection:
                done = int((await connection.execute(_DELETE, before, self._batch)).split()[-1])
            removed += done
            if done < self._batch:
                return removed

    async def _prune_loop(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                removed = await self.prune()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("inbox.pruning_waits", service=self._database.service, error=str(error))
            else:
                log.info("inbox.pruned", service=self._database.service, rows=removed)
