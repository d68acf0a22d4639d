"""A circuit breaker as a value: closed, open after failures in a row, half-open to let one call try (AIR-39)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES_TO_OPEN = 5
OPEN_S = 30.0


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
