"""Posters, previews and waveforms: looked at through their pixels."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from media.errors import BadMedia, NotUsable
from media.thumbnails import poster

Clip = Callable[..., Path]


def growing(count: int = 60) -> Iterator[np.ndarray]:
    """Pictures whose blue tells their number: 2 for each frame."""
    for index in range(count):
        frame = np.zeros((120, 160, 3), np.uint8)
        frame[..., 0] = 2 * index
        frame[40:80, 60:100] = 200
        yield frame


def blue(path: Path) -> float:
    return float(cv2.imread(str(path))[5:30, 5:30, 0].mean())


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0, 1.9])
def test_a_poster_is_the_picture_at_that_time(write_clip: Clip, tmp_path: Path, at: float) -> None:
    clip = write_clip(tmp_path / "a.mp4", growing())
    made = poster(clip, tmp_path / "poster.jpg", at=at)
    assert (made.width, made.height) == (160, 120)
    assert blue(made.path) == pytest.approx(60 * at, abs=6)
    assert made.details["at"] == pytest.approx(at, abs=0.04)


def test_a_black_beginning_is_no_poster(write_clip: Clip, tmp_path: Path) -> None:
    black = [np.zeros((120, 160, 3), np.uint8)] * 12
    scene = list(growing(24))
    made = poster(write_clip(tmp_path / "a.mp4", [*black, *scene[12:]]), tmp_path / "poster.jpg")
    assert cv2.imread(str(made.path)).mean() > 10


def test_a_poster_is_not_larger_than_asked(write_clip: Clip, tmp_path: Path) -> None:
    made = poster(write_clip(tmp_path / "a.mp4", growing(3)), tmp_path / "poster.jpg", max_side=80)
    assert (made.width, made.height) == (80, 60)


@pytest.mark.parametrize(("at", "error"), [(-1.0, BadMedia), (float("nan"), BadMedia), (99.0, NotUsable)])
def test_a_time_outside_is_refused(write_clip: Clip, tmp_path: Path, at: float, error: type[Exception]) -> None:
    with pytest.raises(error):
        poster(write_clip(tmp_path / "a.mp4", growing(3)), tmp_path / "poster.jpg", at=at)
