"""No correction is taken that a person would not want: measured on faces of the set and on made-up harm."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from libs.media.tools.faces.portraits import FACES

from media.animation.frame import FaceFrame
from media.animation.mouth.fit import fit_lips
from media.enhance.photo import weighed
from media.enhance.worth import Looks, harm, kept
from media.faces.preflight import find_faces

FINE = Looks(lightness=60, hue=55, chroma=22, contrast=0.3, black=0.01, white=0.0, stairs=0.1, brightest=240)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"chroma": 32.0}, "the skin would look painted"),
        ({"chroma": 14.0}, "the skin would look pale"),
        ({"hue": 30.0}, "the skin would change its colour"),
        ({"black": 0.06}, "shadows would be crushed"),
        ({"white": 0.06}, "bright places would be lost"),
        ({"contrast": 0.45}, "the light on the face would become harsh"),
        ({"stairs": 0.3}, "edges would become jagged"),
    ],
)
def test_what_a_person_would_dislike_is_named(change: dict[str, float], why: str) -> None:
    assert harm(FINE, FINE) is None
    assert harm(FINE, replace(FINE, **change)) == why


@pytest.mark.parametrize("name", ["thin lips", "dark lipstick", "blown", "cartoon 4", "beard of his own"])
def test_a_face_in_good_light_keeps_its_light(name: str) -> None:
    made = weighed(FACES[name](), kind="portrait")
    assert not {"exposure", "white_balance"} & set(made.applied)


def test_low_light_is_lifted_and_the_skin_stays_skin() -> None:
    image = FACES["low light"]()
    made = weighed(image, kind="portrait")
    face = find_faces(image)[0]
    before, after = Looks.of(image, face), Looks.of(made.image, face)
    assert "exposure" in made.applied
    assert after.lightness > 1.5 * before.lightness
    assert abs(after.hue - before.hue) < 12


def test_dark_skin_is_not_made_light() -> None:
    image = FACES["very dark skin"]()
    face = find_faces(image)[0]
    before, after = Looks.of(image, face), Looks.of(weighed(image, kind="portrait").image, face)
    assert after.lightness < 1.1 * before.lightness * 245 / before.brightest


def test_what_harms_is_left_out_and_the_reason_told() -> None:
    image = FACES["sample"]().astype(np.float32)
    face = find_faces(FACES["sample"]())[0]
    same, why = kept(image, lambda picture: (picture - 128) * 6 + 128, face, harm)
    assert why is not None
    assert np.array_equal(same, image)


def test_a_harmful_correction_is_taken_in_part() -> None:
    image = FACES["sample"]().astype(np.float32)
    face = find_faces(FACES["sample"]())[0]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
    some, why = kept(image, lambda picture: picture + 0.4 * (grey - picture), face, harm)
    assert why is None
    assert 0 < np.abs(some - image).mean() < np.abs(0.4 * (grey - image)).mean() * 0.7


@pytest.mark.parametrize("name", ["sample", "candle", "noise", "sample 160 px"])
def test_the_fit_is_the_same_before_and_after(name: str) -> None:
    """An enhanced photo speaks as the photo does."""
    image = FACES[name]()
    found = []
    for picture in (image, weighed(image, kind="portrait").image):
        face = find_faces(picture)[0]
        lips = fit_lips(picture, face, FaceFrame.of(face))
        found.append((lips.x, lips.y + lips.upper, lips.half_width, lips.gap))
    assert found[1] == pytest.approx(found[0], abs=0.04)
