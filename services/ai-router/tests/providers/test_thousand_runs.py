"""A thousand attempts under seeded bad luck: nobody is asked twice for one attempt, and every end has a class."""

from __future__ import annotations

from collections import Counter

import pytest

from ai_router.providers.port import FailureClass, Performs, ProviderFailure
from simulators.core.faults import Fault
from simulators.matrix.drive import drive
from simulators.matrix.expectations import RESULT
from simulators.matrix.scenarios import SCENARIOS, Bench, Scenario, request_of
from simulators.matrix.workspace import FolderWorkspace

RUNS = 1_000
SEED = 20_261_121
_NOTHING_ACCEPTED = frozenset({FailureClass.TRANSIENT, FailureClass.THROTTLED})
_ODDS = dict.fromkeys(Fault, 0.03)


async def _attempt(at: Bench, number: int, workspace: FolderWorkspace, scenario: Scenario) -> str:
    """One attempt as the router makes it: the same attempt goes out again only while nothing was accepted."""
    provider = at.providers[scenario.provider]
    request = request_of(scenario, workspace, number)
    outcome = RESULT
    for _ in range(4):
        workspace.clear()
        try:
            await drive(provider, request, workspace)
            return RESULT
        except ProviderFailure as failed:
            outcome = failed.failure
            if outcome not in _NOTHING_ACCEPTED:
                break
    return outcome


async def test_no_attempt_is_accepted_twice(at: Bench, workspace: FolderWorkspace) -> None:
    """Counted by what the simulators wrote down, over every adapter and capability."""
    outcomes: Counter[str] = Counter()
    for number, simulator in enumerate(at.simulators.values()):
        simulator.plan.chance(_ODDS, seed=SEED + number)
    for number in range(RUNS):
        before = sum(len(simulator.ledger) for simulator in at.simulators.values())
        outcomes[await _attempt(at, number, workspace, SCENARIOS[number % len(SCENARIOS)])] += 1
        accepted = sum(len(simulator.ledger) for simulator in at.simulators.values()) - before
        assert accepted <= 1, f"run {number} of seed {SEED} was accepted {accepted} times"
    assert sum(outcomes.values()) == RUNS
    # The luck was bad enough to mean something, and good enough that work got done.
    assert outcomes[RESULT] > RUNS / 4
    assert outcomes.keys() >= set(FailureClass) - _NOTHING_ACCEPTED


@pytest.mark.parametrize("seed", range(3))
async def test_vendors_that_can_be_searched_are_not_asked_twice_either(
    at: Bench, workspace: FolderWorkspace, seed: int
) -> None:
    """Half of the answers are lost, and many of the questions that look for them too."""
    odds = {Fault.DROP_AFTER: 0.25, Fault.HANG_AFTER: 0.25, Fault.SERVER_ERROR: 0.1, Fault.THROTTLED: 0.1}
    searchable = [each for each in SCENARIOS if each.vendor in ("heygen", "midjourney")]
    found = 0
    for number in range(60):
        scenario = searchable[number % len(searchable)]
        simulator = at.simulators[scenario.vendor]
        if number < len(searchable):
            simulator.plan.chance(odds, seed=SEED + seed)
        before = len(simulator.ledger)
        found += await _attempt(at, number, workspace, scenario) == RESULT
        assert len(simulator.ledger) - before <= 1
    assert found > 10


async def test_a_performer_is_never_asked_again_after_an_unknown_outcome(at: Bench, workspace: FolderWorkspace) -> None:
    """For every synchronous adapter: one lost answer, one acceptance, and the class that forbids a repeat."""
    for scenario in SCENARIOS:
        provider, simulator = at.providers[scenario.provider], at.simulators[scenario.vendor]
        if not isinstance(provider, Performs):
            continue
        before = len(simulator.ledger)
        simulator.plan.script("perform", [Fault.DROP_AFTER])
        try:
            await drive(provider, request_of(scenario, workspace), workspace)
        except ProviderFailure as failed:
            assert failed.failure is FailureClass.UNKNOWN_OUTCOME
        assert len(simulator.ledger) == before + 1
