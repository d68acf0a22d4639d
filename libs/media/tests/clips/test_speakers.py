"""Whose lips move while a voice is heard, and a camera that is calm. Pure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from media.clips.camera import ACCELERATION, followed
from media.clips.speakers import HOLD_S, speaking, turns

STEP = 0.08


def _talking(pattern: str, each_s: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """``a`` and ``b`` speak, ``-`` nobody; each for ``each_s``."""
    dice = np.random.default_rng(1)
    looks = round(each_s / STEP)
    openings = np.full((2, len(pattern) * looks), 0.1) + 0.002 * dice.standard_normal((2, len(pattern) * looks))
    voice = np.zeros(len(pattern) * looks)
    for at, who in enumerate(pattern):
        part = slice(at * looks, (at + 1) * looks)
        if who != "-":
            openings["ab".index(who), part] += 0.2 * dice.random(looks)
            voice[part] = 0.95
    return openings, voice


def test_each_is_shown_while_he_speaks() -> None:
    shown = speaking(*_talking("aabba-b"), STEP)
    looks = round(2.0 / STEP)
    for at, who in enumerate("aabba-b"):
        middle = shown[at * looks + looks // 4 : (at + 1) * looks - looks // 4]
        if who != "-":
            assert set(middle) == {"ab".index(who)}


def test_one_interjection_is_not_worth_a_jump() -> None:
    openings, voice = _talking("aabaa", each_s=0.6)
    assert set(speaking(openings, voice, STEP)) == {0}


def test_lips_that_move_without_a_voice_do_not_speak() -> None:
    openings, voice = _talking("aaa")
    openings[1, 25:50] += 0.3 * np.random.default_rng(2).random(25)
    voice[25:50] = 0.0
    assert set(speaking(openings, voice, STEP)) == {0}


@given(some.integers(2, 4), some.integers(0, 200), some.integers(0, 10**6))
def test_nobody_is_shown_for_less_than_the_hold(people: int, looks: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    openings = np.where(dice.random((people, looks)) < 0.1, np.nan, dice.random((people, looks)))
    shown = speaking(openings, dice.random(looks), STEP)
    assert len(shown) == looks
    hold = round(HOLD_S / STEP)
    if looks >= hold:
        assert all(last - first >= hold for first, last, _ in turns(shown))


@given(some.lists(some.floats(0, 1900) | some.just(float("nan")), min_size=3, max_size=120))
def test_the_camera_never_jerks(wanted: list[float]) -> None:
    path = followed(np.array(wanted), 600.0, STEP)
    if np.isnan(wanted).all():
        return
    jerks = np.abs(np.diff(path, 2)) / STEP**2
    assert (jerks <= ACCELERATION * 600 + 1e-6).all()


def test_the_camera_comes_to_rest_on_a_face_that_moved() -> None:
    path = followed(np.concatenate([np.full(30, 300.0), np.full(60, 900.0)]), 600.0, STEP)
    assert path[0] == pytest.approx(300)
    assert path[-1] == pytest.approx(900, abs=40)
    assert path.max() < 960
