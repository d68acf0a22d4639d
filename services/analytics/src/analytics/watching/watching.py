"""Asks each service of the settings how it is, once a minute, whichever process does it (OBS-15, ANL-08)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from analytics.watching.repository import Seen, add
from chassis import ids
from chassis.data.database import Database
from chassis.work.daily import taken
from chassis.work.periodic import Periodic

EVERY_S = 60.0
PATIENCE_S = 10.0
_MIB = 1 << 20
_CPU, _MEMORY = "process_cpu_seconds", "process_resident_memory_bytes"


class Watching(Periodic):
    """Below 400 within ten seconds is well. Where the answer is metrics, what the process uses is kept too."""

    def __init__(
        self, database: Database, watched: Mapping[str, str], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        super().__init__("watching services", EVERY_S, rests_first=True)
        self._database = database
        self._watched = dict(watched)
        self._transport = transport
        self._cpu: dict[str, tuple[float, float]] = {}
        """By service, its CPU seconds and when it said so."""

    async def round(self) -> None:
        """Look at all of them, unless somebody has looked in this minute."""
        minute = int(self._database.clock.now().timestamp() // EVERY_S)
        if not self._watched or not await taken(self._database, "analytics.watching", minute):
            return
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, transport=self._transport) as http:
            seen = await asyncio.gather(*(self._look(http, name, url) for name, url in self._watched.items()))
        async with self._database.transaction() as tx:
            await add(tx, seen)

    async def _look(self, http: httpx.AsyncClient, name: str, url: str) -> Seen:
        endpoint, began = urlsplit(url).path[:255] or "/", time.perf_counter()

        def spent() -> float:
            return (time.perf_counter() - began) * 1000

        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await http.get(url)
        except (httpx.HTTPError, TimeoutError) as error:
            kind = type(error).__name__
            return Seen(ids.uuid7(), name, endpoint, spent(), error_type=kind, error_message=f"no answer: {kind}")
        well, took = answer.status_code < 400, spent()
        if not well:
            words = f"answered {answer.status_code}"
            return Seen(ids.uuid7(), name, endpoint, took, answer.status_code, well, words, "HTTPStatusError")
        cpu, memory = self._used(name, answer)
        return Seen(
            ids.uuid7(), name, endpoint, took, answer.status_code, well, cpu_usage_percent=cpu, memory_usage_mb=memory
        )

    def _used(self, name: str, answer: httpx.Response) -> tuple[float | None, float | None]:
        """Percent of one core since the last look, and MB; None of what the answer does not tell."""
        if not answer.headers.get("content-type", "").startswith("text/plain"):
            return None, None
        try:
            told = {
                family.name: family.samples[0].value
                for family in text_string_to_metric_families(answer.text)
                if family.name in (_CPU, _MEMORY) and family.samples
            }
        except ValueError:
            return None, None
        cpu, now = told.get(_CPU), time.monotonic()
        before = self._cpu.get(name)
        if cpu is None:
            share = None
        else:
            self._cpu[name] = (cpu, now)
            # A process that was started again begins anew.
            share = (cpu - before[0]) / (now - before[1]) * 100 if before is not None and cpu >= before[0] else None
        memory = told.get(_MEMORY)
        return share, memory / _MIB if memory is not None else None
