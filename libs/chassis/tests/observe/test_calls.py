"""Calls of what a service depends on."""

from __future__ import annotations

import pytest

from chassis.observe.calls import Outcome, dependency_called
from chassis.observe.metrics import REGISTRY


def calls(outcome: Outcome) -> float:
    labels = {"dependency": "elsewhere", "outcome": outcome}
    return REGISTRY.get_sample_value("dependency_call_seconds_count", labels) or 0.0


def test_a_call_is_timed_by_how_it_ended() -> None:
    with dependency_called("elsewhere"):
        pass
    with dependency_called("elsewhere") as call:
        call.outcome = "refused"
    with pytest.raises(ConnectionError), dependency_called("elsewhere"):
        raise ConnectionError
    with pytest.raises(KeyError), dependency_called("elsewhere") as call:
        call.outcome = "refused"
        raise KeyError
    assert [calls(outcome) for outcome in ("answered", "refused", "failed")] == [1, 2, 1]
