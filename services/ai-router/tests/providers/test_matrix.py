"""The matrix of vendor, operation and fault; and what counts as wrong in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ai_router.providers.port import FailureClass, ProviderFailure
from contracts.enums import Capability
from simulators.core.faults import POSSIBLE, Fault
from simulators.matrix import __main__ as command
from simulators.matrix.drive import drive
from simulators.matrix.run import Cell, fill, squares
from simulators.matrix.scenarios import SCENARIOS, Bench, request_of
from simulators.matrix.workspace import FolderWorkspace
from simulators.vendors.catalogue import AI


async def test_a_sample_of_every_shape_is_right(tmp_path: Path) -> None:
    """A synchronous vendor, a queue with links and an operation with the media inside."""
    cells = await fill(tmp_path, providers=frozenset({"anthropic", "runway_act2", "veo3"}))
    assert len(cells) > 150
    assert [cell for cell in cells if not cell.right] == []


def test_every_vendor_is_in_the_matrix_and_every_fault_is_met() -> None:
    """No vendor without a scenario, and no fault that nobody can have."""
    assert {scenario.vendor for scenario in SCENARIOS} == AI.keys()
    met = {fault for kind in AI.values() for _, fault in squares(kind())}
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


async def test_a_link_that_never_answers_loses_a_finished_picture(at: Bench, workspace: FolderWorkspace) -> None:
    """A synchronous vendor has done the work: the link is tried three times and then the output is bad, not unknown."""
    scenario = next(each for each in SCENARIOS if each.provider == "ideogram")
    at.simulators["ideogram"].plan.script("download", [Fault.SERVER_ERROR, Fault.LINK_EXPIRED, Fault.HANG_BEFORE])
    with pytest.raises(ProviderFailure) as caught:
        await drive(at.providers["ideogram"], request_of(scenario, workspace), workspace)
    assert caught.value.failure is FailureClass.BAD_OUTPUT
    assert len(at.simulators["ideogram"].ledger) == 1


async def test_a_midjourney_sheet_is_cut_into_four(at: Bench, workspace: FolderWorkspace) -> None:
    """Four different pictures of a quarter's size, which is that of the photo."""
    scenario = next(each for each in SCENARIOS if each.provider == "midjourney_api")
    result = await drive(at.providers["midjourney_api"], request_of(scenario, workspace), workspace)
    assert list(result.outputs) == ["image", "image_2", "image_3", "image_4"]
    assert len({stored.sha256 for stored in result.outputs.values()}) == 4
    sizes = {cv2.imdecode(np.frombuffer(workspace.read(s), np.uint8), 1).shape for s in result.outputs.values()}  # type: ignore[union-attr]
    assert sizes == {(320, 320, 3)}
    assert result.units == 4


async def test_a_prompt_cannot_set_midjourney_parameters(at: Bench, workspace: FolderWorkspace) -> None:
    scenario = next(each for each in SCENARIOS if each.capability is Capability.IMAGE_GENERATION)
    scenario = replace(scenario, provider="midjourney_api", parameters={"prompt": "a cat --v 4 --seed 9", "seed": 7})
    await drive(at.providers["midjourney_api"], request_of(scenario, workspace), workspace)
    sent = at.simulators["midjourney"].ledger.entries[-1].body["prompt"]
    assert sent == "a cat -v 4 -seed 9 --seed 7"
