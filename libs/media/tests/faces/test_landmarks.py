"""Landmarks: on the photo's own edges, the same whatever nobody can see, and none where there is no face."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from libs.media.tools.portraits import PORTRAITS, draw

from media.animation.eyes.fit import fit_eyes
from media.animation.frame import FaceFrame
from media.animation.mouth.fit import fit_lips
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose
from media.animation.stage import Pose
from media.faces.landmarks import eyes_apart, opening_of
from media.faces.preflight import find_faces
from media.images.photos import decode
from media.types import Bgr, Face, Landmarks


def the_face(image: Bgr) -> tuple[Face, Landmarks]:
    """The largest, which the networks must have seen."""
    face = find_faces(image)[0]
    assert face.landmarks is not None
    return face, face.landmarks


def lips_of(image: Bgr) -> Lips:
    face, _ = the_face(image)
    return fit_lips(image, face, FaceFrame.of(face))


def shifted(image: Bgr) -> Bgr:
    return np.ascontiguousarray(image[5:, 7:])


def scaled(by: float) -> Callable[[Bgr], Bgr]:
    return lambda image: np.asarray(cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)


def compressed(image: Bgr) -> Bgr:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def lighter(image: Bgr) -> Bgr:
    return np.asarray(np.clip(image.astype(int) + 5, 0, 255), np.uint8)


def in_a_mirror(image: Bgr) -> Bgr:
    return np.ascontiguousarray(image[:, ::-1])


INVISIBLE = {
    "shifted": shifted,
    "smaller": scaled(0.97),
    "larger": scaled(1.03),
    "compressed": compressed,
    "lighter": lighter,
    "mirrored": in_a_mirror,
}


@pytest.mark.parametrize("portrait", PORTRAITS)
def test_nothing_jumps_at_changes_nobody_can_see(portrait: str, portrait_path: Path) -> None:
    """Six changes, as a messenger makes them: the mouth stays where it is on the face, as wide and as open."""
    image = PORTRAITS[portrait](decode(portrait_path))
    lips = lips_of(image)
    for name, change in INVISIBLE.items():
        again = lips_of(change(image))
        side = -1 if name == "mirrored" else 1
        moved = (again.x - side * lips.x, again.y + again.upper - lips.y - lips.upper, again.gap - lips.gap)
        assert np.abs(moved).max() < 0.05, (name, moved)
        assert again.half_width == pytest.approx(lips.half_width, abs=0.05), name


def test_contours_begin_where_they_say(portrait_path: Path) -> None:
    """Closed ones at the viewer's left, by way of what is above; pupils inside lids, inner lips inside outer ones."""
    _, marks = the_face(decode(portrait_path))
    for contour, half in ((marks.outer_lips, 10), (marks.inner_lips, 10), (marks.left_eye, 8), (marks.right_eye, 8)):
        assert contour[0, 0] == pytest.approx(contour[:, 0].min(), abs=0.5)
        assert contour[half, 0] == pytest.approx(contour[:, 0].max(), abs=0.5)
        assert contour[half // 2, 1] < contour[half + half // 2, 1]
    assert marks.oval[8, 1] == pytest.approx(marks.oval[:, 1].min(), abs=0.5)
    assert marks.oval[0, 0] < marks.nose[1, 0] < marks.oval[16, 0]
    for contour, pupil in ((marks.left_eye, marks.left_pupil), (marks.right_eye, marks.right_pupil)):
        assert cv2.pointPolygonTest(contour[:, :2].astype(np.float32), pupil[:2].tolist(), True) > 0
    outer = marks.outer_lips[:, :2].astype(np.float32)
    assert all(cv2.pointPolygonTest(outer, place[:2].tolist(), True) > -0.5 for place in marks.inner_lips)


def test_a_mirror_shows_the_mirrored_face(portrait_path: Path) -> None:
    image = PORTRAITS["three quarters"](decode(portrait_path))
    face, marks = the_face(image)
    other, seen = the_face(in_a_mirror(image))
    assert other.yaw == pytest.approx(-face.yaw, abs=0.05)
    assert abs(face.yaw) > 0.1
    turned = image.shape[1] - 1 - seen.outer_lips[[10, 0], 0]
    assert np.abs(turned - marks.outer_lips[[0, 10], 0]).max() < 0.03 * eyes_apart(marks)


@pytest.mark.parametrize("degrees", [-170, -90, -40, 40, 90])
def test_a_head_at_any_angle_is_the_same_face(degrees: int, portrait_path: Path) -> None:
    image = decode(portrait_path)
    face, marks = the_face(image)
    middle = (image.shape[1] / 2, image.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, -degrees, 0.7)
    rolled = cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    other, seen = the_face(np.asarray(rolled, np.uint8))
    assert (other.roll - face.roll - degrees + 180) % 360 - 180 == pytest.approx(0, abs=4)
    assert eyes_apart(seen) == pytest.approx(0.7 * eyes_apart(marks), rel=0.06)
    where = matrix @ [face.left_eye.x, face.left_eye.y, 1]
    assert math.dist(where.tolist(), (other.left_eye.x, other.left_eye.y)) < 0.08 * eyes_apart(seen)


def test_closed_lips_are_closed_and_parted_ones_as_far_as_they_are(portrait_path: Path) -> None:
    image = decode(portrait_path)
    assert lips_of(PORTRAITS["lips closed"](image)).gap == 0
    gaps = [lips_of(PORTRAITS[name](image)).gap for name in ("plain", "mouth open")]
    # Measured by hand in the enlarged photo: 0.17 of the eyes' distance from lip to lip; the other was drawn so.
    assert gaps == pytest.approx([0.17, 0.3], abs=0.04)


def test_shut_eyes_are_seen(portrait_path: Path) -> None:
    image = decode(portrait_path)
    face, _ = the_face(image)
    assert len(fit_eyes(image, face, FaceFrame.of(face))) == 2
    asleep = draw(image, Pose(mouth=MouthPose(rest=1), shut=1.0))
    face, _ = the_face(asleep)
    assert fit_eyes(asleep, face, FaceFrame.of(face)) == ()


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "moon", "brick", "grass", "page", "hubble_deep_field"])
def test_no_cat_and_no_thing_is_a_person(name: str) -> None:
    folder = Path(skimage.__file__).parent / "data"
    (path,) = folder.glob(f"{name}.*")
    assert find_faces(np.asarray(cv2.imread(str(path)), np.uint8)) == ()


def test_a_profile_is_found_and_its_far_eye_left_alone() -> None:
    """The cameraman, half hidden by his camera."""
    image = np.asarray(cv2.imread(str(Path(skimage.__file__).parent / "data" / "camera.png")), np.uint8)
    face, marks = the_face(image)
    assert face.yaw > 0.4
    assert opening_of(marks) < 0.2
    assert fit_eyes(image, face, FaceFrame.of(face)) == ()


def test_a_process_that_looks_at_a_face_says_nothing_by_itself(portrait_path: Path) -> None:
    """LiteRT would greet on standard error, into logs that are JSON."""
    program = "import sys, cv2; from media.faces.preflight import find_faces; find_faces(cv2.imread(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, str(portrait_path)], capture_output=True, check=True)
    assert done.stderr == b""
