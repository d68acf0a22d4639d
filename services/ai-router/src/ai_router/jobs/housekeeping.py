"""Forgetting cached results that are no longer good."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from chassis.database import Database

log = structlog.get_logger(__name__)


class Housekeeping:
    """A background part: removes expired cache entries every ``every_s`` seconds."""

    def __init__(self, database: Database, *, every_s: float = 3600.0) -> None:
        self._database = database
        self._every_s = every_s
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the first round starts at once."""
        self._loop = asyncio.create_task(self._sweep_loop(), name="result cache")

    async def stop(self, grace_s: float = 5.0) -> None:
        """End."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def sweep(self) -> int:
        """Remove what has expired; how many entries that was."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "DELETE FROM result_cache WHERE expires_at <= $1 RETURNING 1", self._database.clock.now()
            )
        return len(rows)

    async def _sweep_loop(self) -> None:
        while True:
            try:
                await self.sweep()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("cache.sweep_waits", error=str(error))
            await asyncio.sleep(self._every_s)
