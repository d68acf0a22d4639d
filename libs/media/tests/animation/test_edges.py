"""Lips end where the photo shows it, and a blink leaves what is before the eye."""

from __future__ import annotations

import numpy as np
import pytest
from libs.media.tools.faces.portraits import FACES
from libs.media.tools.portraits import shown, staged

from media.animation.frame import FaceFrame
from media.animation.mouth.fit import fit_lips
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose
from media.animation.stage import Pose
from media.faces.preflight import find_faces


def lips_of(name: str) -> Lips:
    image = FACES[name]()
    face = find_faces(image)[0]
    return fit_lips(image, face, FaceFrame.of(face))


@pytest.mark.parametrize("name", ["sample barely parted", "red lipstick", "sample parted, teeth"])
def test_lips_that_show_teeth_or_darkness_are_parted(name: str) -> None:
    assert lips_of(name).gap > 0.04


@pytest.mark.parametrize("name", ["cartoon 1", "moustache", "dark lipstick", "thin lips"])
def test_a_line_a_moustache_or_a_shadow_is_no_opening(name: str) -> None:
    assert lips_of(name).gap < 0.04


def test_a_rim_stays_before_the_lid() -> None:
    image = FACES["sample thick glasses"]()
    face = find_faces(image)[0]
    frame = FaceFrame.of(face)
    stage, canvas = staged(image, face)
    still, shut = shown(stage, canvas, (Pose(mouth=MouthPose(rest=1)), Pose(mouth=MouthPose(rest=1), shut=1.0)))
    assert stage.face.eyes
    for eye in stage.face.eyes:
        around = (eye.x - 0.4, eye.y - 0.3, eye.x + 0.4, eye.y + 0.2, 100)
        before, after = (frame.patch(picture, *around).astype(int).max(axis=2) for picture in (still, shut))
        rim = before < 55
        rim[18:42, 8:72] = False  # the eye itself and its lashes
        assert rim.mean() > 0.03
        assert np.percentile(np.abs(after - before)[rim], 98) < 25
