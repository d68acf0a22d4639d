"""Faults made on purpose fall below the gate with the words for them, and the same films without them stay above.

The whole table is made by ``make judge``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from libs.media.tools import planted
from libs.media.tools.judged import GATE, SENTENCES
from libs.media.tools.planted import Fault, Scene, film
from libs.media.tools.portraits import PORTRAITS

from media.images.photos import decode
from media.judge.video import score_video
from media.speech.synthesis import synthesise
from media.types import Score, Speech

SMALL = (360, 640)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return synthesise(SENTENCES[0], tmp_path_factory.mktemp("speech") / "speech.wav", voice="female")


@pytest.fixture
def score(portrait_path: Path, spoken: Speech, tmp_path: Path) -> Callable[..., Score]:
    """``score(face, fault=None)``: of a film of this kind of portrait with this fault."""

    def of(face: str, fault: Fault | None = None) -> Score:
        scene = Scene(PORTRAITS[face](decode(portrait_path)), spoken)
        return score_video(film(scene, tmp_path / "film.mp4", fault, size=SMALL), speech=spoken)

    return of


@pytest.mark.parametrize("face", ["plain", "lips closed", "dark skin", "beard"])
def test_an_honest_film_passes(score: Callable[..., Score], face: str) -> None:
    assert score(face).value >= GATE


@pytest.mark.parametrize(
    ("face", "fault", "said"),
    [
        ("lips closed", planted.moved(0, -0.38), "something dark or pale shows beside the lips"),
        ("plain", planted.moved(0, 0.38), "the lips do not move with what is said"),
        ("plain", planted.late(3), "the mouth and the sound are not at the same time"),
        ("plain", planted.late(-4), "the mouth and the sound are not at the same time"),
        ("dark skin", planted.frozen(), "the lips do not move with what is said"),
        ("plain", planted.never_shut(), "the lips do not meet on m, b and p"),
        ("plain", planted.wide_awake(), "the eyes never shut"),
        ("plain", planted.lids(0.5, 8, -14), "the lids have another colour than the skin"),
        ("lips closed", planted.without_lip(upper=True), "the upper lip disappears while speaking"),
        ("plain", planted.flickering(5), "the picture flickers"),
        ("plain", planted.tinted(25, 0, -10), "the skin changes its colour"),
    ],
    ids=["nose", "chin", "late", "early", "frozen", "open", "awake", "lids", "lip", "flicker", "tint"],
)
def test_a_planted_fault_is_seen_and_named(score: Callable[..., Score], face: str, fault: Fault, said: str) -> None:
    found = score(face, fault)
    assert found.value < GATE
    assert said in found.reasons
