"""Finding the job of an attempt whose answer was lost, at vendors that let jobs be searched.

The answer decides whether the work may be handed over again, so "not there" has to be certain: a request that was still
under way when its answer was given up shows up late, and a question that failed says nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from ai_router.providers.errors import failure
from ai_router.providers.port import Accepted, FailureClass, ProviderFailure

SETTLE_S = 60.0
"""Twice the submit time-out: after it a request that was accepted is in the vendor's list."""
_EVERY_S = 5.0
_LEAST = 3
_FAILED_QUESTION = frozenset({FailureClass.TRANSIENT, FailureClass.THROTTLED})


async def found(ask: Callable[[], Awaitable[Accepted | None]], *, settle_s: float = SETTLE_S) -> Accepted | None:
    """Ask until the job is there or ``settle_s`` have passed, and three times at least.

    None only when the last question was answered; ``UNKNOWN_OUTCOME`` is raised when it was not.
    """
    until = time.monotonic() + settle_s
    asked = 0
    while True:
        asked += 1
        lost: ProviderFailure | None = None
        try:
            if (job := await ask()) is not None:
                return job
        except ProviderFailure as unanswered:
            if unanswered.failure not in _FAILED_QUESTION:
                raise
            lost = unanswered
        left_s = until - time.monotonic()
        if left_s <= 0 and asked >= _LEAST:
            if lost is None:
                return None
            raise failure(FailureClass.UNKNOWN_OUTCOME, f"the vendor cannot be asked: {lost}")
        await asyncio.sleep(min(_EVERY_S, max(0.0, left_s)))
