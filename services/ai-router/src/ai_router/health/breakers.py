"""Sharing breakers: what one process learns of a provider counts for all, and is known to who is asked (AIR-15)."""

from __future__ import annotations

import structlog

from ai_router.health import repository
from ai_router.jobs import repository as job_repository
from ai_router.routing.breaker import ALL, Key
from ai_router.routing.router import Router
from chassis.data.database import Database, Transaction
from chassis.work.periodic import Periodic
from contracts.enums import Capability

log = structlog.get_logger(__name__)

USUAL_SPACING_S = 0.2
"""Between two jobs that are tried again with a provider without a limit of its own."""


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
                for key in (key for key, change in changes.items() if change is None):
                    await self._catch_up(tx, key)
        except BaseException:
            self._router.untold(changes)
            raise
        self._router.book.expire()

    async def _catch_up(self, tx: Transaction, key: Key) -> None:
        """A provider is back: what was put off meanwhile is tried again, as fast as it takes it."""
        offers = [one for one in self._router.book.catalogue.offers if one.provider == key.provider]
        rates = [one.requests_per_hour for one in offers if one.requests_per_hour is not None]
        spacing_s = 3600 / min(rates) if rates else USUAL_SPACING_S
        capability = None if key.capability == ALL else key.capability
        jobs = await job_repository.bring_forward(tx, capability, spacing_s)
        if jobs:
            log.info("provider.back", provider=key.provider, jobs=jobs, every_s=spacing_s)


async def may_try(database: Database, router: Router, provider: str, capability: Capability, model: str = "") -> bool:
    """Whether a call may begin: of all processes one tries a breaker that is half-open."""
    half_open = router.half_open(provider, capability, model)
    if not half_open:
        return True
    async with database.transaction() as tx:
        claimed = [await repository.claim_probe(tx, key, router.me) for key in half_open]
    router.book.expire()
    return all(claimed)
