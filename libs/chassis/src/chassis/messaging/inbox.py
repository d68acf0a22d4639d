"""Forgetting what the inbox need not know any more."""

from __future__ import annotations

from datetime import timedelta

import structlog

from chassis.data.database import Database
from chassis.work.periodic import Periodic

log = structlog.get_logger(__name__)

KEEP_FOR = timedelta(days=30)
"""No message comes again so late: outboxes and queues are hours behind at the worst, dead letters a few weeks."""

# Rows lie in the order they came, so that the oldest are found first; those another worker is deleting are its own.
_DELETE = """
DELETE FROM inbox WHERE ctid IN (
    SELECT ctid FROM inbox WHERE received_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""


class InboxPruner(Periodic):
    """A background part: removes inbox rows older than ``keep_for``, ``batch`` at a time, every ``every_s`` seconds."""

    def __init__(
        self, database: Database, *, keep_for: timedelta = KEEP_FOR, every_s: float = 3600.0, batch: int = 5000
    ) -> None:
        super().__init__(f"inbox {database.service}", every_s, rests_first=True)
        self._database = database
        self._keep_for = keep_for
        self._batch = batch

    async def round(self) -> None:
        """Forget whatever is too old."""
        log.info("inbox.pruned", service=self._database.service, rows=await self.prune())

    async def prune(self) -> int:
        """Remove what is too old, each batch in a commit of its own; how many rows that was."""
        before = self._database.clock.machine() - self._keep_for
        removed = 0
        while True:
            async with self._database.connection() as connection:
                done = int((await connection.execute(_DELETE, before, self._batch)).split()[-1])
            removed += done
            if done < self._batch:
                return removed
