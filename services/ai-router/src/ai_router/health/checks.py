"""Asking every outside provider how it is, and holding the client that all of them share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import httpx
import structlog

from ai_router.health import repository
from ai_router.providers.http import pooled_client
from ai_router.providers.port import Provider, ProviderFailure
from ai_router.providers.registry import configured
from ai_router.routing.router import Router
from chassis.data.database import Database
from chassis.work.daily import taken
from chassis.work.periodic import Periodic
from contracts.ai_router import ProviderHealthChanged

log = structlog.get_logger(__name__)

CHECK_TIMEOUT_S = 10.0


class VendorClients:
    """The vendors that an environment configures, and the HTTP client they share; closed with the service."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._client: httpx.AsyncClient | None = None
        self.providers: dict[str, Provider] = configured(environment, self._make)

    def _make(self) -> httpx.AsyncClient:
        self._client = pooled_client()
        return self._client

    async def start(self) -> None:
        """Connections are made when first needed."""

    async def stop(self, grace_s: float = 5.0) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()


class HealthChecks(Periodic):
    """A background part: one of the processes asks every outside provider every ``every_s`` seconds, all side by side.

    What it found is known to each of them with its next look at the catalogue.
    """

    def __init__(self, database: Database, router: Router, *, every_s: float) -> None:
        super().__init__("health of providers", every_s)
        self._database = database
        self._router = router

    async def round(self) -> None:
        """Ask everybody, where there is anybody and this turn has not been taken by somebody else."""
        turn = int(self._database.clock.now().timestamp() // self._every_s)
        if await self._outside() and await taken(self._database, "ai_router.health", turn):
            await self.check_all()

    async def check_all(self) -> None:
        """One round: ask, store."""
        outside = await self._outside()
        if not outside:
            return
        found = await asyncio.gather(*(_check(provider) for provider in outside))
        async with self._database.transaction() as tx:
            for provider, (milliseconds, error) in zip(outside, found, strict=True):
                if await repository.keep(tx, provider.key, milliseconds, error):
                    tx.emit(ProviderHealthChanged(provider=provider.key, healthy=error is None, error=error))
        self._router.book.expire()

    async def _outside(self) -> list[Provider]:
        catalogue, _ = await self._router.snapshot()
        free = {offer.provider for offer in catalogue.offers if offer.zero_cost}
        return [provider for key, provider in self._router.providers.items() if key not in free]


async def _check(provider: Provider) -> tuple[int, str | None]:
    started = time.monotonic()
    error: str | None = None
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await provider.healthy()
    except ProviderFailure as failure:
        error = f"{failure.failure.value}: {failure}"[:500]
    except TimeoutError:
        error = f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as unforeseen:
        # Whatever one adapter stumbles over, the others' news are still wanted.
        error = f"could not be asked: {unforeseen!r}"[:500]
    if error is not None:
        log.warning("provider.unhealthy", provider=provider.key, error=error)
    return round((time.monotonic() - started) * 1000), error
