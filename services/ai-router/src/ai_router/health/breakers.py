"""Sharing breakers: what one process learns of a provider counts for all, and is known to who is asked (AIR-15)."""

from __future__ import annotations

from ai_router.health import repository
from ai_router.routing.router import Router
from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.enums import Capability


class BreakerNews(Periodic):
    """A background part: looks at this process's breakers every ``every_s`` seconds, and writes what has changed."""

    def __init__(self, database: Database, router: Router, *, every_s: float = 1.0) -> None:
        super().__init__("news of breakers", every_s)
        self._database = database
        self._router = router

    async def round(self) -> None:
        """Tell what is new."""
        await self.tell()

    async def tell(self) -> None:
        """Tell what is new."""
        changes = self._router.changes()
        if not changes:
            return
        try:
            async with self._database.transaction() as tx:
                await repository.tell_breakers(tx, changes)
        except BaseException:
            self._router.untold(changes)
            raise
        self._router.book.expire()


async def may_try(database: Database, router: Router, provider: str, capability: Capability, model: str = "") -> bool:
    """Whether a call may begin: of all processes one tries a breaker that is half-open."""
    half_open = router.half_open(provider, capability, model)
    if not half_open:
        return True
    async with database.transaction() as tx:
        claimed = [await repository.claim_probe(tx, key, router.me) for key in half_open]
    router.book.expire()
    return all(claimed)
