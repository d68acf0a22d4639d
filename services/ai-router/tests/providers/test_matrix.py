"""The matrix of vendor, operation and fault; and what counts as wrong in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ai_router.providers.port import FailureClass
from simulators.core.faults import POSSIBLE, Fault
from simulators.matrix import __main__ as command
from simulators.matrix.run import Cell, fill, squares
from simulators.matrix.scenarios import SCENARIOS
from simulators.vendors.catalogue import ALL


async def test_a_sample_of_every_shape_is_right(tmp_path: Path) -> None:
    """A synchronous vendor, a queue with links and an operation with the media inside."""
    cells = await fill(tmp_path, providers=frozenset({"anthropic", "runway_act2", "veo3"}))
    assert len(cells) > 150
    assert [cell for cell in cells if not cell.right] == []


def test_every_vendor_is_in_the_matrix_and_every_fault_is_met() -> None:
    """No vendor without a scenario, and no fault that nobody can have."""
    assert {scenario.vendor for scenario in SCENARIOS} == ALL.keys()
    met = {fault for kind in ALL.values() for _, fault in squares(kind())}
    assert met - {None} == set().union(*POSSIBLE.values())


_CELL = Cell(SCENARIOS[0], "perform", Fault.QUOTA, FailureClass.QUOTA, FailureClass.QUOTA, 0)


@pytest.mark.parametrize(
    "wrong", [replace(_CELL, got="result"), replace(_CELL, accepted=2), replace(_CELL, remark="no words for the user")]
)
def test_a_wrong_cell_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: Cell
) -> None:
    async def filled(folder: Path, *, providers: frozenset[str] | None) -> list[Cell]:
        return [_CELL, wrong]

    monkeypatch.setattr(command, "fill", filled)
    assert command.main([]) == 1
    printed = capsys.readouterr().out
    assert "WRONG" in printed
    assert "2 cells, 1 wrong" in printed


def test_an_empty_matrix_fails_the_command() -> None:
    """A misspelt provider must not look like success."""
    assert command.main(["no_such_provider"]) == 1


def test_a_right_matrix_passes_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["anthropic"]) == 0
    assert "0 wrong" in capsys.readouterr().out
