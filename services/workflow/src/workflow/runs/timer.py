"""The timer: claims runs whose time has come, and begins waiting runs when there is room. Timers are rows."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from chassis.database import Database
from workflow.engine.signals import Started, Ticked
from workflow.runs import repository
from workflow.runs.driver import Driver, Happening

log = structlog.get_logger(__name__)

BATCH = 100


class Timer:
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``."""

    def __init__(self, database: Database, driver: Driver, *, poll_s: float, places: int) -> None:
        self._database = database
        self._driver = driver
        self._poll_s = poll_s
        self._places = places
        self._wake = asyncio.Event()
        self._next_look = 0.0
        self._loop: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look at once: a run has ended, so another one may begin."""
        self._wake.set()

    async def start(self) -> None:
        """Begin; returns at once."""
        self._loop = asyncio.create_task(self._run(), name="workflow timer")

    async def stop(self, grace_s: float = 5.0) -> None:
        """End; what is due stays due."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait({self._loop}, timeout=grace_s)
            self._loop = None

    async def run_once(self) -> int:
        """Advance everything that is due now; how many runs that were."""
        total = 0
        while count := await self._advance_due():
            total += count
            if count < BATCH:
                break
        return total + await self._admit()

    async def _run(self) -> None:
        woken = False
        while True:
            try:
                # Whoever wakes the timer has made room; what is due has its own time.
                await (self._admit() if woken else self.run_once())
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("timer.waits", error=repr(error))
            except Exception:
                # One bad pass must not end the timer: every run's deadline hangs on it.
                log.exception("timer.failed")
            woken = await self._sleep()

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
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM runs WHERE status = 'pending')"):
                return 0
        async with self._database.transaction() as tx:
            rows = await repository.lock_waiting(tx, self._places)
            await self._driver.drive(tx, rows, {row.brief.id: [Happening(Started())] for row in rows})
        return len(rows)
