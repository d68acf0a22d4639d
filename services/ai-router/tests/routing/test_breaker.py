"""The breaker: opens after failures in a row, lets one call try, closes when it succeeds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ai_router.routing.breaker import FAILURES_TO_OPEN, OPEN_S, Breaker, BreakerState


def test_it_opens_after_five_failures_in_a_row_and_half_opens_after_thirty_seconds() -> None:
    """One success in between starts the count anew."""
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker = breaker.failed(0.0)
    breaker = breaker.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker = breaker.failed(0.0)
        assert breaker.allows(0.0)
    breaker = breaker.failed(0.0)
    assert breaker.state(0.0) is BreakerState.OPEN
    assert not breaker.allows(OPEN_S - 0.001)
    assert breaker.state(OPEN_S) is BreakerState.HALF_OPEN
    trying = breaker.started(OPEN_S)
    assert not trying.allows(OPEN_S), "only one call tries"
    assert trying.released().allows(OPEN_S), "a call that tells nothing lets the next one try"
    assert trying.succeeded().state(OPEN_S) is BreakerState.CLOSED
    again = trying.failed(OPEN_S)
    assert again.state(2 * OPEN_S - 0.001) is BreakerState.OPEN


@given(st.floats(0, 1e6), st.floats(0.1, 1e4))
def test_it_can_be_opened_at_once(now: float, seconds: float) -> None:
    """No key, no quota."""
    breaker = Breaker().failed(now, at_once_for_s=seconds)
    assert not breaker.allows(now)
    assert breaker.allows(now + seconds)


class Calls(RuleBasedStateMachine):
    """Any order of calls, outcomes and waits."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0
        self.in_a_row = 0
        self.under_way = 0
        self.tries_while_half_open = 0

    @precondition(lambda self: self.breaker.allows(self.now))
    @rule()
    def start(self) -> None:
        half_open = self.breaker.state(self.now) is BreakerState.HALF_OPEN
        self.breaker = self.breaker.started(self.now)
        self.under_way += 1
        self.tries_while_half_open = self.tries_while_half_open + 1 if half_open else 0

    @precondition(lambda self: self.under_way)
    @rule()
    def succeed(self) -> None:
        self.under_way -= 1
        self.breaker = self.breaker.succeeded()
        self.in_a_row = self.tries_while_half_open = 0

    @precondition(lambda self: self.under_way)
    @rule()
    def fail(self) -> None:
        self.under_way -= 1
        self.breaker = self.breaker.failed(self.now)
        self.in_a_row += 1
        self.tries_while_half_open = 0

    @precondition(lambda self: self.under_way)
    @rule()
    def end_without_a_verdict(self) -> None:
        self.under_way -= 1
        self.breaker = self.breaker.released()
        self.tries_while_half_open = 0

    @rule(seconds=st.floats(0, 2 * OPEN_S))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def closed_until_enough_failures_in_a_row(self) -> None:
        if self.in_a_row < FAILURES_TO_OPEN:
            assert self.breaker.state(self.now) is BreakerState.CLOSED
        else:
            assert self.breaker.state(self.now) is not BreakerState.CLOSED

    @invariant()
    def one_try_at_a_time(self) -> None:
        assert self.tries_while_half_open <= 1


TestCalls = Calls.TestCase
