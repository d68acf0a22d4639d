"""The timer: claims runs whose time has come, and begins waiting runs when there is room. Timers are rows."""

from __future__ import annotations

import asyncio

from chassis.data.database import Database
from chassis.work.periodic import Periodic
from workflow.engine.signals import Started, Ticked
from workflow.runs import repository
from workflow.runs.driver import Driver, Happening
from workflow.runs.repository import Places

BATCH = 100


class Timer(Periodic):
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``."""

    def __init__(self, database: Database, driver: Driver, *, poll_s: float, places: Places) -> None:
        super().__init__("workflow timer", 0)
        self._database = database
        self._driver = driver
        self._poll_s = poll_s
        self._places = places
        self._wake = asyncio.Event()
        self._next_look = 0.0

    def wake(self) -> None:
        """Look at once: a run has ended, so another one may begin."""
        self._wake.set()

    async def round(self) -> None:
        """Wait for the next look, and look."""
        # Whoever wakes the timer has made room; what is due has its own time.
        await (self._admit() if await self._sleep() else self.run_once())

    async def run_once(self) -> int:
        """Advance everything that is due now; how many runs that were."""
        total = 0
        while count := await self._advance_due():
            total += count
            if count < BATCH:
                break
        return total + await self._admit()

    async def _sleep(self) -> bool:
        """Wait for the next look; true when it comes early."""
        loop = asyncio.get_running_loop()
        # The next look is not put off by being woken, or a busy platform would never look at what is due.
        left = self._next_look - loop.time()
        if left > 0:
            try:
                async with asyncio.timeout(left):
                    await self._wake.wait()
            except TimeoutError:
                pass
            else:
                self._wake.clear()
                return True
        self._wake.clear()
        self._next_look = loop.time() + self._poll_s
        return False

    async def _advance_due(self) -> int:
        async with self._database.transaction() as tx:
            rows = await repository.lock_due(tx, BATCH)
            await self._driver.drive(tx, rows, {row.brief.id: [Happening(Ticked())] for row in rows})
        return len(rows)

    async def _admit(self) -> int:
        async with self._database.connection() as connection:
            if not await repository.somebody_waits(connection):
                return 0
        async with self._database.transaction() as tx:
            rows = await repository.lock_waiting(tx, self._places)
            await self._driver.drive(tx, rows, {row.brief.id: [Happening(Started())] for row in rows})
        return len(rows)
