"""Fill the matrix: one cell is one adapter, one capability, one operation, one fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ai_router.providers.port import Provider, ProviderFailure, ProviderRequest
from simulators.core.base import Simulator
from simulators.core.faults import HINT_SECONDS, POSSIBLE, Fault
from simulators.matrix.drive import drive
from simulators.matrix.expectations import RESULT, expected
from simulators.matrix.scenarios import SCENARIOS, Bench, Scenario, bench, request_of
from simulators.matrix.workspace import FolderWorkspace


@dataclass(frozen=True, slots=True)
class Cell:
    """One square: what had to happen, what did, and how much work the vendor accepted."""

    scenario: Scenario
    operation: str
    fault: Fault | None
    expected: str
    got: str
    accepted: int
    remark: str = ""

    @property
    def right(self) -> bool:
        """The outcome is the expected one and nothing was accepted twice."""
        return self.got == self.expected and self.accepted <= 1 and not self.remark


def squares(simulator: Simulator, lacks: frozenset[Fault] = frozenset()) -> Iterator[tuple[str, Fault | None]]:
    """Every operation on the way to a result and its faults; None is the good answer."""
    for operation in sorted(simulator.operations - {"cancel"}):
        yield operation, None
        for fault in sorted(POSSIBLE[operation] - simulator.lacks - lacks):
            if (operation, fault) not in simulator.lacks:
                yield operation, fault


async def cell(at: Bench, scenario: Scenario, operation: str, fault: Fault | None, workspace: FolderWorkspace) -> Cell:
    """Meet one fault once and say what came of it."""
    simulator, provider = at.simulators[scenario.vendor], at.providers[scenario.provider]
    declaration = next(d for d in provider.declarations if d.capability is scenario.capability)
    simulator.plan.clear()
    workspace.clear()
    before = len(simulator.ledger)
    wanted = RESULT
    if operation == "lookup":
        simulator.plan.script("submit", [Fault.DROP_AFTER])
    if fault is not None:
        simulator.plan.script(operation, [fault])
        wanted = expected(operation, fault, lookup=declaration.idempotency == "lookup")
    # Every cell is an attempt of its own: a vendor that can look jobs up must not find an earlier one.
    request = request_of(scenario, workspace, next(at.numbers))
    got, remark = await _outcome(provider, request, operation, fault, workspace)
    return Cell(scenario, operation, fault, wanted, got, len(simulator.ledger) - before, remark)


async def _outcome(
    provider: Provider, request: ProviderRequest, operation: str, fault: Fault | None, workspace: FolderWorkspace
) -> tuple[str, str]:
    try:
        if operation == "health":
            await provider.healthy()
        else:
            result = await drive(provider, request, workspace)
            if not result.outputs or result.units <= 0:
                return RESULT, "a result without outputs or units"
    except ProviderFailure as failed:
        hint = failed.retry_after_s
        if fault is Fault.THROTTLED_HINT and hint != HINT_SECONDS:
            return failed.failure, f"the wait was {hint}"
        return failed.failure, "" if failed.user_message else "no words for the user"
    return RESULT, ""


async def fill(folder: Path, *, providers: frozenset[str] | None = None) -> list[Cell]:
    """Every cell of ``providers`` (None: all)."""
    at = bench()
    workspace = FolderWorkspace(folder)
    try:
        return [
            await cell(at, scenario, operation, fault, workspace)
            for scenario in SCENARIOS
            if providers is None or scenario.provider in providers
            for operation, fault in squares(at.simulators[scenario.vendor], scenario.lacks)
        ]
    finally:
        await at.client.aclose()
