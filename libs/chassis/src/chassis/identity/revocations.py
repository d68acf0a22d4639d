"""Which sessions ended before their tokens did: read from users, kept by its events, read again as a safety net."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin
from uuid import UUID

import structlog

from chassis.errors import ServiceError, Unavailable

log = structlog.get_logger()

LONGEST_LIFE_S = 24 * 3600
"""Of an access token; a session's end need not be remembered longer."""

READ_AGAIN_S = 30.0
TRY_AGAIN_S = 2.0

FetchRevoked = Callable[[str | None], Awaitable[Mapping[str, Any]]]
"""Answers ``{"as_of": mark, "sessions": [ids]}``: sessions ended since an earlier answer's mark, or all that count.

Raises ``OSError``, ``ValueError`` or a ``ServiceError`` when it cannot.
"""


class Revocations:
    """The sessions that have ended, as far as this process knows.

    Nothing is known before the first answer of ``fetch``, so nobody can be let in before. Later answers add what events
    have not brought. Without ``fetch`` there are the events alone.
    """

    def __init__(
        self,
        fetch: FetchRevoked | None,
        *,
        leeway_s: float = 60.0,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._kept_s = LONGEST_LIFE_S + leeway_s
        self._clock = clock
        self._ticks = ticks
        self._ended: dict[UUID, float] = {}
        self._mark: str | None = None
        self._known = fetch is None
        self._read_next = float("inf") if fetch is None else float("-inf")
        self._reading = asyncio.Lock()

    def __contains__(self, session_id: UUID) -> bool:
        return session_id in self._ended

    @property
    def due(self) -> bool:
        """Whether ``read`` has something to do, or to say."""
        return not self._known or self._ticks() >= self._read_next

    def add(self, *session_ids: UUID) -> None:
        """From now on these have ended; forgotten when their longest-lived token has expired."""
        now = self._clock()
        for old in [session for session, until in self._ended.items() if until <= now]:
            del self._ended[old]
        self._ended |= dict.fromkeys(session_ids, now + self._kept_s)

    async def read(self) -> None:
        """Ask for what has ended, when it is time. Raises ``Unavailable`` while nothing at all is known."""
        if self._known and self._reading.locked():
            return
        async with self._reading:
            if self._ticks() >= self._read_next:
                await self._read()
        if not self._known:
            raise Unavailable("Sessions cannot be checked at the moment. Try again shortly.", retry_after_s=1)

    async def _read(self) -> None:
        assert self._fetch is not None  # noqa: S101  else it is never due
        try:
            answer = await self._fetch(self._mark)
            found = [UUID(text) for text in answer["sessions"]]
            self._mark = str(answer["as_of"])
        except (OSError, ServiceError, ValueError, KeyError, TypeError, AttributeError) as failure:
            # What is known stays known; while users is away nobody can end a session either.
            log.warning("auth.revocations_not_read", reason=repr(failure), known=self._known)
            self._read_next = self._ticks() + TRY_AGAIN_S
            return
        self.add(*found)
        self._known = True
        self._read_next = self._ticks() + READ_AGAIN_S


def revoked_from(jwks_url: str, fetch: Callable[[str], Awaitable[Mapping[str, Any]]]) -> FetchRevoked:
    """Ask users, which publishes them beside its keys; ``fetch`` gets JSON from an address."""
    url = urljoin(jwks_url, "revoked-sessions.json")

    async def ask(mark: str | None) -> Mapping[str, Any]:
        return await fetch(f"{url}?{urlencode({'since': mark})}" if mark else url)

    return ask
