"""Which passwords are taken: what can be said of one at once, and whether it is known to have been stolen (USR-30)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import structlog

from users.accounts.passwords import STOLEN, weakness

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger(__name__)

_PATIENCE_S = 2.0
_PREFIX = 5


class Breaches(Protocol):
    """Who knows stolen passwords."""

    async def knows(self, password: str) -> bool | None:
        """Whether it was stolen somewhere; None when that cannot be told at the moment."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class RangeApi:
    """The range API of Have I Been Pwned, or whoever speaks it at ``url``. Satisfies ``Breaches``.

    It is told the first five digits of a password's SHA-1, and answers the rest of all that it knows beginning so;
    padding hides from who looks on how many those are.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http: httpx.AsyncClient | None = None

    async def knows(self, password: str) -> bool | None:
        """Whether it was stolen somewhere; None when that cannot be told at the moment."""
        # 0.1 s to import, and needed only where there is such a service.
        import httpx

        if self._http is None:
            self._http = httpx.AsyncClient(timeout=_PATIENCE_S, headers={"Add-Padding": "true"})
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            answer = await self._http.get(f"{self._url}/range/{digest[:_PREFIX]}")
            answer.raise_for_status()
        except httpx.HTTPError as failure:
            log.warning("password.breach_check_skipped", reason=type(failure).__name__)
            return None
        # Padding has the count 0.
        found = (line.partition(":") for line in answer.text.splitlines())
        return any(rest == digest[_PREFIX:] and count.strip() != "0" for rest, _, count in found)

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()


class PasswordRules:
    """What is asked of a new password."""

    def __init__(self, breaches: Breaches | None) -> None:
        self._breaches = breaches

    async def objection(self, password: str, *, not_like: Iterable[str] = ()) -> str | None:
        """What is wrong with a password, for the person choosing it; None when it is accepted.

        Where nobody can be asked about stolen ones, the list of the commonest still holds.
        """
        # In a thread, because the first of all reads the list.
        wrong = await asyncio.to_thread(weakness, password, not_like=tuple(not_like))
        if wrong is not None or self._breaches is None:
            return wrong
        return STOLEN if await self._breaches.knows(password) else None

    async def close(self) -> None:
        """Close the connections."""
        if self._breaches is not None:
            await self._breaches.close()
