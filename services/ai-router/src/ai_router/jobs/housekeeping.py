"""Forgetting cached results that are no longer good."""

from __future__ import annotations

from ai_router.jobs import repository
from chassis.data.database import Database
from chassis.work.periodic import Periodic


class Housekeeping(Periodic):
    """A background part: removes expired cache entries every ``every_s`` seconds."""

    def __init__(self, database: Database, *, every_s: float = 3600.0) -> None:
        super().__init__("result cache", every_s)
        self._database = database

    async def round(self) -> None:
        """Remove whatever has expired."""
        await self.sweep()

    async def sweep(self) -> int:
        """Remove what has expired; how many entries that was."""
        async with self._database.connection() as connection:
            return await repository.forget_expired(connection, self._database.clock.now())
