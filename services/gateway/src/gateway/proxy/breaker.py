"""A service that does not answer is left alone for a moment, so that nobody waits for what is known (GTW-31)."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from chassis.errors import Unavailable

log = structlog.get_logger(__name__)

FAILURES = 5
"""In a row, of whatever requests: one that hangs among others that are answered says nothing of the service."""

REST_S = 2.0
"""Until one request tries again whether the service answers."""


class Breaker:
    """Of one service. ``clock`` in seconds."""

    def __init__(self, service: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Let a request through; raises ``Unavailable`` while the service is left alone.

        Then the first to ask goes through and the others wait for what comes of it, for as long again.
        """
        if self._failures < FAILURES:
            return
        now = self._clock()
        if now < self._open_until:
            raise Unavailable(
                f"{self._service} cannot be reached. Try again in a moment.", retry_after_s=self._open_until - now
            )
        self._open_until = now + REST_S

    def answered(self) -> None:
        """It answered, whatever it said."""
        if self._failures >= FAILURES:
            log.info("upstream.breaker_closed", upstream=self._service)
        self._failures = 0

    def failed(self) -> None:
        """It could not be connected to, or did not begin to answer in time."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._open_until = self._clock() + REST_S
        if self._failures == FAILURES:
            log.warning("upstream.breaker_opened", upstream=self._service, rest_s=REST_S)
