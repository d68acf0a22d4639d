"""A circuit breaker as a value: closed, open after failures in a row, half-open to let one call try (AIR-39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

FAILURES_TO_OPEN = 5
OPEN_S = 30.0


PROBE_S = 120.0
"""The one call that tries a half-open breaker has so long before another may."""

ALL = "*"
"""Stands for every capability of a provider: its key is wrong, or its quota is used up."""


class Key(NamedTuple):
    """What a breaker is of. ``model`` is empty where the request leaves it to the provider."""

    provider: str
    capability: str
    model: str = ""


def keys_for(provider: str, capability: str, model: str = "") -> tuple[Key, ...]:
    """The breakers that a call goes by."""
    return Key(provider, ALL), Key(provider, capability, model)


def key_of(row: Mapping[str, Any]) -> Key:
    """The key of a stored one."""
    return Key(row["provider"], row["capability"], row["model"])


@dataclass(frozen=True, slots=True)
class SharedBreaker:
    """A breaker as all processes know it, by the clock; there is none where it is closed."""

    opened_until: datetime
    probe_until: datetime | None = None
    probe_by: UUID | None = None
    reset_at: datetime | None = None
    """When an operator has closed it; what processes thought of it before counts no more."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> SharedBreaker:
        """From its row."""
        return cls(row["opened_until"], row["probe_until"], row["probe_by"], row["reset_at"])

    def state(self, now: datetime) -> BreakerState:
        """Open until its time, then half-open until a call goes well."""
        if self.reset_at is not None and self.opened_until <= self.reset_at:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.opened_until else BreakerState.HALF_OPEN

    def allows(self, now: datetime, me: UUID) -> bool:
        """Whether the process ``me`` may start a call, as far as it knows."""
        match self.state(now):
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                return self.probe_until is None or self.probe_until <= now or self.probe_by == me


class BreakerState(StrEnum):
    """What a breaker lets through: everything, nothing, one call."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Of one provider and capability. Times are seconds of one monotonic clock, given by the caller."""

    failures: int = 0
    opened_until: float | None = None
    trying: bool = False
    """The one call of the half-open state is under way."""

    def state(self, now: float) -> BreakerState:
        """The state at ``now``."""
        if self.opened_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.opened_until else BreakerState.HALF_OPEN

    def allows(self, now: float) -> bool:
        """Whether a call may start."""
        match self.state(now):
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                return not self.trying

    def started(self, now: float) -> Breaker:
        """A call that was allowed begins."""
        return replace(self, trying=True) if self.state(now) is BreakerState.HALF_OPEN else self

    def succeeded(self) -> Breaker:
        """A call ended well: everything is forgotten."""
        return Breaker()

    def released(self) -> Breaker:
        """A call ended without saying anything about the provider (cancelled, bad input)."""
        return replace(self, trying=False)

    def failed(self, now: float, *, at_once_for_s: float | None = None) -> Breaker:
        """A call failed by the provider's fault. ``at_once_for_s`` opens it without counting (no key, no quota)."""
        failures = self.failures + 1
        if at_once_for_s is not None:
            return Breaker(failures, now + at_once_for_s)
        if failures >= FAILURES_TO_OPEN or self.state(now) is BreakerState.HALF_OPEN:
            return Breaker(failures, now + OPEN_S)
        return replace(self, failures=failures, trying=False)
