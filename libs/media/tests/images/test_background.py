"""Cutting a person out, blurring what is behind, and crops that keep the face."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from media.faces.preflight import find_faces
from media.images.background import alpha, blur, reframe, remove
from media.images.photos import decode
from media.types import Bgr, Box

PERSON = ((225, 60), (225, 120), (170, 90), (225, 185), (120, 330), (200, 420), (60, 400))
"""(x, y) on hair, face, neck and suit of the portrait."""
BEHIND = ((40, 60), (20, 200), (110, 40), (430, 60), (415, 200), (350, 120), (470, 250), (500, 10))
"""(x, y) on the flag, the wall and the model of the shuttle."""


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> Bgr:
    return decode(portrait_path)


@pytest.fixture(scope="module")
def cut(portrait: Bgr) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return remove(portrait)


def test_the_person_stays_and_the_background_goes(portrait: Bgr, cut: Bgr) -> None:
    assert cut.shape == (512, 512, 4)
    assert [cut[y, x, 3] > 240 for x, y in PERSON] == [True] * len(PERSON)
    assert [cut[y, x, 3] < 15 for x, y in BEHIND] == [True] * len(BEHIND)
    inside = cut[..., 3] > 250
    assert np.abs(cut[..., :3].astype(int) - portrait)[inside].max() <= 3


def test_the_edge_is_soft_but_narrow(cut: Bgr) -> None:
    between = (cut[..., 3] > 10) & (cut[..., 3] < 245)
    assert 0.002 < between.mean() < 0.08


def test_the_same_photo_gives_the_same_cut(portrait: Bgr, cut: Bgr) -> None:
    assert np.array_equal(remove(portrait), cut)


def test_a_larger_photo_is_cut_alike(portrait: Bgr) -> None:
    """Above the helmet on her arm, which is hers or not by a hair."""
    bust = portrait[:340]
    (face,) = find_faces(portrait)
    box = face.box
    same = replace(face, box=Box(2 * box.x, 2 * box.y, 2 * box.width, 2 * box.height))
    large = np.repeat(np.repeat(bust, 2, axis=0), 2, axis=1)
    matte = alpha(large, faces=(same,))[::2, ::2]
    assert np.abs(matte - alpha(bust, faces=(face,))).mean() < 0.03


def test_blur_leaves_the_person_sharp(portrait: Bgr) -> None:
    soft = blur(portrait, 10)
    assert np.abs(soft[80:140, 195:250].astype(int) - portrait[80:140, 195:250]).max() <= 2
    wall = (slice(20, 240), slice(380, 500))
    assert soft[wall].std(axis=(0, 1)).mean() < 0.8 * portrait[wall].std(axis=(0, 1)).mean()


def test_without_a_face_the_middle_is_taken() -> None:
    image = np.full((120, 160, 3), (200, 180, 40), np.uint8)
    image[30:90, 50:110] = (20, 40, 200)
    matte = alpha(image)
    assert matte[60, 80] > 0.9
    assert matte[5, 5] < 0.1


@pytest.mark.parametrize(("width", "height"), [(288, 512), (512, 288), (400, 400), (720, 1280), (100, 600)])
def test_every_crop_shows_the_whole_face(portrait: Bgr, width: int, height: int) -> None:
    framed = reframe(portrait, width, height)
    assert framed.shape == (height, width, 3)
    face = find_faces(framed)[0]
    scale = max(width, height) / 512
    assert face.box.width > 80 * scale if width >= 288 else face.box.x >= 0
    assert 0.15 < face.left_eye.y / height < 0.55


def test_reframe_without_a_face_keeps_the_middle() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 140:160] = 255
    assert reframe(image, 50, 50)[:, 20:30].mean() > 200
