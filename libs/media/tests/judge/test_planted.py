"""Faults made on purpose fall below the gate with the words for them, and the same films without them stay above.

The whole table is made by ``make judge``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from libs.media.tools import planted
from libs.media.tools.faces.portraits import FACES
from libs.media.tools.judged.__main__ import GATE
from libs.media.tools.judged.sets import SENTENCES
from libs.media.tools.planted import Fault, Scene, film
from libs.media.tools.portraits import PORTRAITS

from media.images.photos import decode
from media.judge.video import PASSING, score_video
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
        photo = PORTRAITS[face](decode(portrait_path)) if face in PORTRAITS else FACES[face]()
        scene = Scene(photo, spoken)
        return score_video(film(scene, tmp_path / "film.mp4", fault, size=SMALL), speech=spoken)

    return of


@pytest.mark.parametrize("face", ["moustache of his own", "sample closed", "dark skin", "moustache"])
def test_an_honest_film_passes(score: Callable[..., Score], face: str) -> None:
    assert score(face).value >= GATE


@pytest.mark.parametrize("script", ["Hello.", "Good morning, Mumbai."])
@pytest.mark.parametrize("voice", ["female", "male"])
def test_of_a_short_script_what_is_honest_passes_and_a_still_mouth_does_not(
    portrait_path: Path, tmp_path: Path, script: str, voice: Literal["female", "male"]
) -> None:
    speech = synthesise(script, tmp_path / "speech.wav", voice=voice)
    scene = Scene(decode(portrait_path), speech)
    honest, still = (
        score_video(film(scene, tmp_path / "film.mp4", fault, size=(720, 1280)), speech=speech)
        for fault in (None, planted.frozen())
    )
    assert honest.value >= 7.5, honest
    assert still.value < PASSING, still


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (planted.late(5), "the mouth and the sound are not at the same time"),
        (planted.backwards(), "the lips do not move with what is said"),
    ],
    ids=["late", "backwards"],
)
def test_a_mouth_that_is_late_or_says_other_words_is_seen_in_a_second_and_a_half(
    portrait_path: Path, tmp_path: Path, fault: Fault, said: str
) -> None:
    speech = synthesise("Good morning, Mumbai.", tmp_path / "speech.wav", voice="female")
    found = score_video(film(Scene(decode(portrait_path), speech), tmp_path / "film.mp4", fault), speech=speech)
    assert found.value < GATE
    assert said in found.reasons


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
        ("plain", planted.half_shut(), "the lids stop half way"),
        ("plain", planted.lids(0.5, 8, -14), "the lids have another colour than the skin"),
        ("lips closed", planted.without_lip(upper=True), "the upper lip disappears while speaking"),
        ("plain", planted.flickering(5), "the picture flickers"),
        ("plain", planted.tinted(25, 0, -10), "the skin changes its colour"),
    ],
    ids=["nose", "chin", "late", "early", "frozen", "open", "awake", "half", "lids", "lip", "flicker", "tint"],
)
def test_a_planted_fault_is_seen_and_named(score: Callable[..., Score], face: str, fault: Fault, said: str) -> None:
    found = score(face, fault)
    assert found.value < GATE
    assert said in found.reasons
