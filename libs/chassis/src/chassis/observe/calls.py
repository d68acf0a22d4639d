"""Calls of what a service depends on, timed by how they ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from chassis.observe.metrics import CALL_SECONDS

Outcome = Literal["answered", "refused", "failed"]


@dataclass
class Call:
    """One call. Whoever makes it may say how it ended; else what raises has failed, and all other is answered."""

    outcome: Outcome | None = None


@contextmanager
def dependency_called(name: str) -> Iterator[Call]:
    """Time the block as one call of the dependency ``name``, of which there are few."""
    began = time.perf_counter()
    call, ended = Call(), False
    try:
        yield call
        ended = True
    finally:
        outcome = call.outcome or ("answered" if ended else "failed")
        CALL_SECONDS.labels(name, outcome).observe(time.perf_counter() - began)
