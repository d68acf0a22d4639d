"""Holds that nobody settled are given back."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from billing.ledger.service import Ledger
from chassis.database import Database

log = structlog.get_logger(__name__)

_BATCH = 200


class HoldExpiry:
    """Looks for overdue holds every ``poll_s``. Several processes may do so: the account's lock decides."""

    def __init__(self, database: Database, ledger: Ledger, *, poll_s: float) -> None:
        self._database = database
        self._ledger = ledger
        self._poll_s = poll_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._loop(), name="hold expiry")

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run_once(self) -> int:
        """Give back what is overdue now; returns how many holds."""
        async with self._database.transaction() as tx:
            rows = await tx.fetch(
                "SELECT id FROM holds WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
                tx.now,
                _BATCH,
            )
            return await self._ledger.expire([row["id"] for row in rows], tx) if rows else 0

    async def _loop(self) -> None:
        while True:
            try:
                while await self.run_once() == _BATCH:
                    pass
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("hold_expiry.waits", error=str(error))
            await asyncio.sleep(self._poll_s)
