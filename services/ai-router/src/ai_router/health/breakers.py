"""Telling which breakers of this process are not closed, so that a process without any can answer for them (AIR-15)."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ai_router.health import repository
from ai_router.health.repository import BELIEVED_S
from ai_router.routing.breaker import BreakerState
from ai_router.routing.router import Router
from chassis import ids
from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.enums import Capability

TOLD_AGAIN_S = BELIEVED_S / 3


class BreakerNews(Periodic):
    """A background part: looks at the breakers every ``every_s`` seconds, and writes where something has changed."""

    def __init__(self, database: Database, router: Router, *, every_s: float = 1.0) -> None:
        super().__init__("news of breakers", every_s)
        self._database = database
        self._router = router
        self._holder = ids.uuid7()
        self._told: Mapping[tuple[str, Capability], BreakerState] = {}
        self._told_at = float("-inf")

    async def round(self) -> None:
        """Tell what is new."""
        await self.tell()

    async def tell(self) -> None:
        """Tell what is new, and from time to time that what is not closed still is not."""
        states, now = self._router.not_closed(), time.monotonic()
        again = bool(states) and now - self._told_at >= TOLD_AGAIN_S
        if states == self._told and not again:
            return
        async with self._database.transaction() as tx:
            await repository.tell_breakers(tx, self._holder, states)
        self._told, self._told_at = states, now
