"""The camera never leaves its picture, keeps faces in the frame, and moves slowly and steadily."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.film.camera import Subject, View, between, eased, suits, views
from media.film.depth import Look, behind, look_at
from media.film.frames import camera_frames
from media.film.plan import Motion
from media.images.photos import decode
from media.images.planes import frame_planes

motions = st.sampled_from(list(Motion))
aspects = st.floats(0.4, 2.5)
shares = st.floats(0.1, 0.9)


@given(motions, aspects, aspects, st.floats(0.5, 20), shares, shares, st.floats(1, 2), st.floats(0, 1))
def test_every_view_lies_in_the_picture(
    motion: Motion, aspect: float, own: float, seconds: float, x: float, y: float, zoom: float, at: float
) -> None:
    first, last = views(suits(motion, aspect, own), aspect, own, seconds, Subject(x, y), zoom)
    view = between(first, last, at)

    assert view.width / 2 - 1e-6 <= view.x <= 1 - view.width / 2 + 1e-6
    assert view.height / 2 - 1e-6 <= view.y <= 1 - view.height / 2 + 1e-6
    assert view.width * own / view.height == pytest.approx(aspect, rel=1e-6)


@given(motions, st.sampled_from([16 / 9, 9 / 16, 1.0]), st.floats(0.6, 1.8), st.floats(1, 12), shares, shares)
def test_a_face_that_fits_stays_in_the_frame(
    motion: Motion, aspect: float, own: float, seconds: float, x: float, y: float
) -> None:
    face = Subject(x, y, 0.18, 0.18)
    for view in views(motion, aspect, own, seconds, face):
        if view.height > 0.19:
            assert view.y - view.height / 2 <= face.top + 1e-6
            assert view.y + view.height / 2 >= face.bottom - 1e-6
        if view.width > 0.19:
            assert view.x - view.width / 2 <= face.left + 1e-6
            assert view.x + view.width / 2 >= face.right - 1e-6


def test_it_starts_and_stops_softly_and_never_goes_back() -> None:
    places = [eased(number / 200) for number in range(201)]
    steps = [later - earlier for earlier, later in pairwise(places)]

    assert (places[0], places[-1]) == (0.0, pytest.approx(1.0))
    assert min(steps) > 0
    assert steps[0] < 0.2 * max(steps) > steps[-1]


@pytest.mark.parametrize("motion", [motion for motion in Motion if motion is not Motion.STILL])
def test_it_moves_but_slowly(motion: Motion) -> None:
    first, last = views(motion, 16 / 9, 1.5, 5.0, None)

    moved = (
        abs(first.x - last.x) / first.width + abs(first.y - last.y) / first.height + abs(first.width / last.width - 1)
    )
    assert 0.03 < moved < 0.6


def test_the_named_direction_is_the_camera_s() -> None:
    def ends(motion: Motion) -> tuple[View, View]:
        return views(motion, 16 / 9, 1.5, 4.0, None)

    assert ends(Motion.PAN_RIGHT)[0].x < ends(Motion.PAN_RIGHT)[1].x
    assert ends(Motion.PAN_LEFT)[0].x > ends(Motion.PAN_LEFT)[1].x
    assert ends(Motion.TILT_DOWN)[0].y < ends(Motion.TILT_DOWN)[1].y
    assert ends(Motion.TILT_UP)[0].y > ends(Motion.TILT_UP)[1].y
    assert ends(Motion.PUSH_IN)[0].width > ends(Motion.PUSH_IN)[1].width
    assert ends(Motion.PULL_OUT)[0].width < ends(Motion.PULL_OUT)[1].width


@pytest.fixture(scope="module")
def portrait(portrait_path) -> np.ndarray:  # type: ignore[no-untyped-def]
    return decode(portrait_path)


@pytest.fixture(scope="module")
def look(portrait: np.ndarray) -> Look:
    return look_at(portrait)


def test_a_portrait_has_a_subject_and_a_cut(portrait: np.ndarray, look: Look) -> None:
    assert look.subject is not None
    assert look.cut is not None
    height, width = look.cut.shape
    inside = look.cut[int(look.subject.y * height), int(look.subject.x * width)]
    assert (inside, look.cut[4, width // 2]) == (255, 0)


def test_without_the_person_nothing_of_them_is_left(portrait: np.ndarray, look: Look) -> None:
    assert look.cut is not None
    empty = behind(portrait, look.cut).astype(float)
    gone, kept = look.cut > 250, cv2.dilate(look.cut, np.ones((61, 61))) == 0

    assert np.abs(empty - portrait)[kept].max() <= 1
    # The suit is orange; what is continued from around it is not.
    orange = np.array([30, 90, 220])
    suit = gone & (np.abs(portrait.astype(float) - orange).sum(axis=2) < 120)
    assert suit.sum() > 1000
    assert (np.abs(empty - orange).sum(axis=2) < 120)[suit].mean() < 0.02


def test_a_scene_without_faces_is_one_layer() -> None:
    rng = np.random.default_rng(1)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (200, 300, 3)).astype(np.uint8), (0, 0), 6)
    look = look_at(picture)
    assert (look.subject, look.cut) == (None, None)


def test_what_is_in_front_moves_more_than_what_is_behind(portrait: np.ndarray, look: Look) -> None:
    """Between the first and the last frame of a pan, the face goes further than the flag beside it."""
    flat = Look(look.subject, None)
    moved = []
    for one in (look, flat):
        frames = [
            frame_planes(frame)[0].copy()
            for number, frame in enumerate(camera_frames(portrait, one, Motion.PUSH_IN, 320, 180, 120, 30.0))
            if number in (0, 119)
        ]
        moved.append(frames)
    (first, last), (flat_first, flat_last) = moved
    # At first the layers lie as in the picture; at the end the person is larger than a flat picture would have her.
    assert np.abs(first.astype(int) - flat_first.astype(int)).mean() < 2.5
    assert np.abs(last.astype(int) - flat_last.astype(int)).mean() > 1.5


def test_every_frame_is_like_the_one_before_it(portrait: np.ndarray, look: Look) -> None:
    before = None
    for frame in camera_frames(portrait, look, Motion.PAN_LEFT, 320, 180, 40, 30.0):
        now = frame_planes(frame)[0].astype(int).copy()
        assert before is None or 0 < np.abs(now - before).mean() < 6
        before = now
