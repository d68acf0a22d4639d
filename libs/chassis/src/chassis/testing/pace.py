"""How fast this machine computes, for tests with limits in seconds: those are given for a core of a usual laptop."""

from __future__ import annotations

import time

_ADDITIONS = 200_000
_USUAL_S = 0.006
"""For so many additions of CPython 3.11."""


def slowness() -> float:
    """How many times longer the same work takes here and now than on a usual laptop; 1 where it does not.

    By the processor's time, so that what others do beside it makes nothing look slow but what they take of a core's
    own speed. A limit of a protocol or a promise is never multiplied by it, only how long work may take.
    """
    return max(1.0, min(_time_of_work() for _ in range(5)) / _USUAL_S)


def _time_of_work() -> float:
    began = time.process_time()
    total = 0
    for number in range(_ADDITIONS):
        total += number
    return time.process_time() - began
