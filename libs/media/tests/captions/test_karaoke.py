"""Captions in which the word that is heard is coloured: which it is, and that all of it is seen."""

from __future__ import annotations

import av
import numpy as np
import pytest

from media.captions.burn import SafeArea, safe_area
from media.captions.karaoke import KaraokePainter, karaoke_cues
from media.types import Word

GREY = 120


def _painted(text: str, time: float, width: int, height: int, area: SafeArea | None = None) -> np.ndarray:
    """A grey picture (RGB) with what is written in it at ``time``; each word takes half a second."""
    words = [Word(word, number / 2, (number + 1) / 2) for number, word in enumerate(text.split())]
    frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), GREY, np.uint8), format="yuv420p")
    for plane in list(frame.planes)[1:]:
        np.frombuffer(plane, np.uint8)[:] = 128
    KaraokePainter(karaoke_cues(words), width, height, area=area).paint(frame, time)
    return frame.to_ndarray(format="rgb24").astype(int)


def _heard(picture: np.ndarray) -> np.ndarray:
    """Where letters are yellow."""
    return np.flatnonzero(((picture[..., 0] > 180) & (picture[..., 2] < 130)).any(axis=0))


@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1080, 1080), (1920, 1080), (180, 320)])
@pytest.mark.parametrize(
    "text", ["Donaudampfschifffahrtsgesellschaftskapitän", "W" * 60, "https://example.com/a/b/c?d"]
)
def test_a_long_word_is_broken_inside_the_safe_area(width: int, height: int, text: str) -> None:
    """All of it is heard at once, in as many lines as it takes."""
    picture = _painted(f"{text} then", 0.2, width, height)
    area = safe_area(width, height)
    rows, columns = np.nonzero(np.abs(picture - GREY).max(axis=2) > 90)
    assert columns.min() >= width * area.left and columns.max() <= width * (1 - area.right)
    assert rows.min() >= height * area.top and rows.max() <= height * (1 - area.bottom)
    lit = (picture[..., 0] > 180) & (picture[..., 2] < 130)
    white = picture.min(axis=2) > 200
    assert lit.sum() > white.sum()


@pytest.mark.parametrize(("text", "order"), [("one two", (0, 1)), ("שלום עולם", (1, 0))])
def test_the_word_that_is_heard_is_coloured(text: str, order: tuple[int, int]) -> None:
    first, second = (_heard(_painted(text, time, 640, 360)).mean() for time in (0.2, 0.7))
    assert bool(first < second) is (order == (0, 1))


def test_nothing_is_seen_before_the_first_word_and_long_behind_the_last() -> None:
    for time in (-0.1, 2.0):
        assert (np.abs(_painted("one two", time, 640, 360) - GREY) < 6).all()
