"""Each specification from each shape of source: what comes out is measured and satisfies its row.

A pair of each in every run; all of them with ``EVERY_SHAPE=1``. Sides are a sixth: what is made counts, not its pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from export.platforms.conformance import broken
from export.platforms.models import PlatformSpecification, Requirements
from export.platforms.starting import SPECIFICATIONS
from export.renditions.work import Wanted, render
from media.video.probe import probe

SHAPES = {
    "tall": (180, 320, 15, 5.0),
    "wide": (320, 180, 25, 4.2),
    "square": (240, 240, 30, 4.5),
    "portrait": (240, 320, 24, 6.1),
    "almost wide": (322, 242, 10, 4.0),
    "panorama": (480, 160, 60, 4.1),
}
"""Width, height, pictures a second, seconds."""


def _small(row: PlatformSpecification) -> Wanted:
    wants = row.values
    sides = {"width": wants.width // 12 * 2, "height": wants.height // 12 * 2}
    return Wanted(f"{row.platform}-{row.variant}", Requirements.model_validate(wants.model_dump() | sides))


def _rows(number: int) -> list[PlatformSpecification]:
    every = bool(os.environ.get("EVERY_SHAPE"))
    return [row for index, row in enumerate(SPECIFICATIONS) if every or index % len(SHAPES) == number]


@pytest.mark.parametrize(("number", "shape"), list(enumerate(SHAPES)), ids=list(SHAPES))
def test_what_is_made_satisfies_its_row(
    number: int, shape: str, tmp_path: Path, write_video: Callable[..., None]
) -> None:
    width, height, rate, seconds = SHAPES[shape]
    write_video(source := tmp_path / "source.mp4", seconds, rate, width, height)
    wanted = [_small(row) for row in _rows(number)]
    (out := tmp_path / "out").mkdir()
    made = render(source, None, "en", wanted, out, 1, progress=lambda _: None)
    assert [one.platform for one in made] == [one.platform for one in wanted]
    for one, asked in zip(made, wanted, strict=True):
        (piece,) = one.pieces
        assert broken(piece.conformance) == []
        assert one.warnings == ()
        # Measured once more here: what is said must be what is in the file.
        found = probe(piece.video, loudness=True)
        said = {rule.rule: rule.found for rule in piece.conformance}
        assert said["size"] == f"{asked.requirements.width}x{asked.requirements.height}"
        assert found.loudness_lufs == pytest.approx(-14.0, abs=1.0)
        assert found.true_peak_db is not None
        assert found.true_peak_db <= -1.0
        assert found.duration == pytest.approx(seconds, abs=0.15)
