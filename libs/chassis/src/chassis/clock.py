"""Time as an argument: services ask a clock, tests and administrators move it."""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

FOLLOWS_WITHIN_S = 0.05
"""How soon every process of a machine goes by a time that one of them was moved to."""


class Clock(Protocol):
    """Where the current time comes from, UTC, aware."""

    def now(self) -> datetime:
        """The time the platform goes by: of months, of what expires, of what is shown."""
        ...

    def machine(self) -> datetime:
        """The time of the machine and of everybody outside, whatever the platform's was moved to."""
        ...


def tick() -> str:
    """This moment, for :func:`since`: which machine, since which start, and how many seconds after it."""
    return f"{_started()}:{time.monotonic():.6f}"


def since(earlier: str) -> float | None:
    """Seconds since a :func:`tick`, whatever was done to the clocks; None when it was of another machine or start."""
    start, _, seconds = earlier.rpartition(":")
    return time.monotonic() - float(seconds) if start == _started() else None


@cache
def _started() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():x}"


class OnlyForwards(ValueError):
    """What has happened lies before now; a clock that went back would have it happen again."""


class SystemClock:
    """The machine's clock, put forward by ``offset_s`` or by what is written in ``shared``, whichever is more.

    ``shared`` is a file that all processes of one installation look at: moving the clock of one moves them all, and
    the next start finds it moved.
    """

    def __init__(self, offset_s: float = 0.0, shared: Path | None = None) -> None:
        self._offset = timedelta(seconds=offset_s)
        self._shared = shared
        self._looked_at = float("-inf")

    def now(self) -> datetime:
        """The machine's time and the offset."""
        return self.machine() + self.offset

    def machine(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def timestamp(self) -> float:
        """``now`` in seconds since 1970."""
        return self.now().timestamp()

    @property
    def movable(self) -> bool:
        """Whether it can be moved while it runs."""
        return self._shared is not None

    @property
    def offset(self) -> timedelta:
        """How far it is ahead of the machine's."""
        if self._shared is not None and time.monotonic() - self._looked_at > FOLLOWS_WITHIN_S:
            self._looked_at = time.monotonic()
            self._offset = max(self._offset, _written(self._shared))
        return self._offset

    def move(self, offset: timedelta) -> None:
        """Go ``offset`` ahead of the machine, in every process within ``FOLLOWS_WITHIN_S``; raises ``OnlyForwards``."""
        if self._shared is None:
            raise RuntimeError("this clock has no file to be moved by")
        if offset < self.offset:
            raise OnlyForwards(f"the clock is {self._offset.total_seconds():.0f} s ahead already")
        beside = self._shared.with_suffix(f".{os.getpid()}")
        beside.write_text(f"{offset.total_seconds()}\n", encoding="ascii")
        beside.replace(self._shared)
        self._offset = offset


def _written(shared: Path) -> timedelta:
    try:
        return timedelta(seconds=float(shared.read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta(0)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """The time it was last moved to."""
        return self._now

    def machine(self) -> datetime:
        """The same: nothing outside goes by another time."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forwards (or, to test a bad clock, backwards)."""
        self._now += by
