"""What follows from a failure class. One table decides; nobody reads meaning out of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ai_router.providers.port import FailureClass, ProviderFailure

Next = Literal["again", "next", "fail"]
"""``again``: the same provider once more, if it is worth the wait. ``next``: another provider. ``fail``: the job."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """``blames`` counts against the provider's breaker, ``opens_s`` opens it at once, ``later`` says that the whole job
    may succeed later when no provider is left now."""

    then: Next
    blames: bool
    later: bool
    opens_s: float | None = None


CONSEQUENCES: Mapping[FailureClass, Consequence] = {
    FailureClass.INPUT: Consequence("next", blames=False, later=False),
    FailureClass.MODERATION_INPUT: Consequence("fail", blames=False, later=False),
    FailureClass.MODERATION_OUTPUT: Consequence("next", blames=False, later=False),
    FailureClass.TRANSIENT: Consequence("again", blames=True, later=True),
    FailureClass.THROTTLED: Consequence("next", blames=False, later=True),
    FailureClass.QUOTA: Consequence("next", blames=True, later=True, opens_s=300.0),
    FailureClass.AUTH: Consequence("next", blames=True, later=False, opens_s=300.0),
    FailureClass.EMPTY: Consequence("next", blames=True, later=True),
    FailureClass.BAD_OUTPUT: Consequence("next", blames=True, later=True),
    FailureClass.STUCK: Consequence("next", blames=True, later=True),
    FailureClass.UNKNOWN_OUTCOME: Consequence("next", blames=True, later=False),
}

QUICK_RETRIES = 1
"""How often ``again`` is granted to one provider within a job's round."""

QUICK_RETRY_S = 1.0

LONGEST_WAIT_S = 15.0
"""Another provider, or another round, is better than a longer wait inside a job."""

ROUNDS_S: tuple[float, ...] = (60.0, 120.0, 240.0)
"""Waits before the job as a whole is tried again (CON-07, AIR-49)."""


PART_AGAIN = frozenset(
    {
        FailureClass.TRANSIENT,
        FailureClass.THROTTLED,
        FailureClass.EMPTY,
        FailureClass.BAD_OUTPUT,
        FailureClass.MODERATION_OUTPUT,
    }
)
"""Where a part of a film may come out well when it is made once more; the other parts are paid for."""


def wait_before_part_again(failure: ProviderFailure, tries: int, usual_s: float, longest_s: float) -> float | None:
    """As :func:`wait_before_again`, for one part of a film whose other parts would be lost with it."""
    if failure.failure not in PART_AGAIN or tries >= QUICK_RETRIES:
        return None
    wait = max(0.0, failure.retry_after_s or usual_s)
    return wait if wait <= longest_s else None


def wait_before_again(failure: ProviderFailure, tries: int, usual_s: float, longest_s: float) -> float | None:
    """How many seconds to wait before the same provider is asked once more, of which it has had ``tries`` already.

    None: it is not asked again, because it would not help, or because it wants more patience than ``longest_s``.
    """
    if CONSEQUENCES[failure.failure].then != "again" or tries >= QUICK_RETRIES:
        return None
    wait = max(0.0, failure.retry_after_s or usual_s)
    return wait if wait <= longest_s else None
