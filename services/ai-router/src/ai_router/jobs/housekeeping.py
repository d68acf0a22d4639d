"""Forgetting what is over: kept results, old jobs and their calls, and what attempts have stored that nobody uses."""

from __future__ import annotations

from datetime import timedelta

from ai_router.jobs import queries, repository
from ai_router.jobs.running.workspace import stored_for
from chassis.data.database import Database
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic

BATCH = 500
OBJECTS = 50
"""Calls whose objects are removed in one transaction, which waits for the store."""

UNUSED_FOR = timedelta(hours=1)
"""Objects that a job does not hand out go so long after its end: who reads one just then may finish."""
COUNTED_FOR = timedelta(days=2)
"""Minutes of paid use, of which the limits look at the last 25 hours."""


class Housekeeping(Periodic):
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``.

    ``keep_jobs``: how long jobs that have ended and their calls stay, from when they were ordered.
    """

    def __init__(
        self, database: Database, store: ObjectStore, *, keep_jobs: timedelta, every_s: float = 3600.0
    ) -> None:
        super().__init__("router housekeeping", every_s)
        self._database = database
        self._store = store
        self._periods = {
            "result_cache": timedelta(0),
            "paid_minutes": COUNTED_FOR,
            "provider_calls": keep_jobs,
            "ai_jobs": keep_jobs,
        }

    async def round(self) -> None:
        """Remove whatever is over."""
        await self.sweep()

    async def sweep(self) -> dict[str, int]:
        """Remove what is over, batch by batch; how many rows of each table that was, and ``objects``."""
        gone = {"objects": 0, "orders": 0}
        while done := await self._remove_orders():
            gone["orders"] += done
        while done := await self._remove_objects():
            gone["objects"] += done
        while (cleared := await self._clear()) is not None:
            gone["objects"] += cleared
        for table, period in self._periods.items():
            gone[table] = 0
            while done := await self._forget(table, period):
                gone[table] += done
        return gone

    async def _clear(self) -> int | None:
        """Remove what attempts at jobs that came to nothing have stored and no call tells of, because their process
        ended or they were told to stop; how many objects, None where no such job is left."""
        # No other job was answered with them: results are kept in the commit that completes a job, and in no other.
        async with self._database.transaction() as tx:
            jobs = await queries.uncleared(tx, tx.now - UNUSED_FOR, OBJECTS)
            if not jobs:
                return None
            known, left = await queries.providers(tx), 0
            for job_id, user_id in jobs:
                for key in await stored_for(self._store, user_id, job_id, known):
                    await self._store.delete(key)
                    left += 1
            repository.cleared(tx, [job_id for job_id, _ in jobs])
        return left

    async def _forget(self, table: str, period: timedelta) -> int:
        async with self._database.transaction() as tx:
            return await repository.forget(tx, table, tx.now - period, BATCH)

    async def _remove_orders(self) -> int:
        """Results of jobs that were ordered by themselves go as their jobs do; nobody else removes them."""
        async with self._database.transaction() as tx:
            over = await repository.ordered_before(tx, tx.now - self._periods["ai_jobs"], BATCH)
            if over:
                await repository.remove(tx, over)
        return len(over)

    async def _remove_objects(self) -> int:
        async with self._database.transaction() as tx:
            found = await repository.discarded(tx, tx.now - UNUSED_FOR, OBJECTS)
            for _, keys in found:
                for key in keys:
                    await self._store.delete(key)
            repository.removed(tx, [call for call, _ in found])
        return sum(len(keys) for _, keys in found)
