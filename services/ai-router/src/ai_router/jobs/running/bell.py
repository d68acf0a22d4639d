"""Waking whoever waits for a vendor's job in this process, when that vendor has told its end to any process."""

from __future__ import annotations

import asyncio
from uuid import UUID

from ai_router.jobs import repository
from chassis.data.database import Database
from chassis.work.periodic import Periodic


class Bell(Periodic):
    """A background part: looks every ``every_s`` at all calls that somebody waits for, in one question; while nobody
    waits it asks nothing. Each call is rung for once: what is not over then is polled as ever."""

    def __init__(self, database: Database, *, every_s: float = 0.5) -> None:
        super().__init__("webhooks of vendors", every_s)
        self._database = database
        self._waiting: dict[UUID, asyncio.Event] = {}

    async def wait(self, call_id: UUID, seconds: float) -> None:
        """Return when the call is rung for, or after ``seconds``."""
        event = self._waiting.setdefault(call_id, asyncio.Event())
        if event.is_set():
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return

    def forget(self, call_id: UUID) -> None:
        """Nobody waits for a call any more."""
        self._waiting.pop(call_id, None)

    async def round(self) -> None:
        """Ring where something has been told."""
        waiting = [call_id for call_id, event in self._waiting.items() if not event.is_set()]
        if not waiting:
            return
        async with self._database.transaction() as tx:
            rung = await repository.rung(tx, waiting)
        for call_id in rung:
            if (event := self._waiting.get(call_id)) is not None:
                event.set()
