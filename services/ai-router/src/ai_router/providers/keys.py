"""Several keys of one vendor in rotation (AIR-46).

Each attempt has a key of its own for all that is asked for it, also by another process after a crash: a job belongs to
the account that ordered it. Which one that is follows from the attempt's id, so nothing has to be kept.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

SET_ASIDE_S = 300.0
"""A key that was refused, or whose quota is used up, begins nothing new for so long."""

_attempt: ContextVar[UUID | None] = ContextVar("attempt", default=None)


@contextmanager
def asking_for(attempt_id: UUID) -> Iterator[None]:
    """What is asked of vendors in this block is asked for one attempt."""
    before = _attempt.set(attempt_id)
    try:
        yield
    finally:
        _attempt.reset(before)


class KeyRing:
    """The keys of one vendor. ``headers`` makes those that carry a key."""

    def __init__(
        self,
        keys: tuple[str, ...],
        headers: Callable[[str], dict[str, str]],
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        if not keys:
            raise ValueError("a vendor needs a key")
        self._keys = keys
        self._headers = headers
        self._ticks = ticks
        self._aside: dict[str, float] = {}

    def headers(self) -> Mapping[str, str]:
        """Those of the key of what is under way."""
        return self._headers(self.key())

    def key(self) -> str:
        """The key of the attempt that is under way; between attempts any that is good."""
        now = self._ticks()
        ranked = self._ranked()
        return next((key for key in ranked if self._aside.get(key, 0.0) <= now), ranked[0])

    def set_aside(self, seconds: float = SET_ASIDE_S) -> bool:
        """Begin nothing new with the key of what is under way. False where it is the only good one: then it is the
        vendor that cannot be asked."""
        now, key = self._ticks(), self.key()
        if not any(other != key and self._aside.get(other, 0.0) <= now for other in self._keys):
            return False
        self._aside[key] = now + seconds
        return True

    def _ranked(self) -> list[str]:
        """The keys in the order of an attempt of its own."""
        attempt = _attempt.get()
        if attempt is None or len(self._keys) == 1:
            return list(self._keys)
        return sorted(self._keys, key=lambda key: hashlib.sha256(attempt.bytes + key.encode()).digest())
