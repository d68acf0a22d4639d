"""Faces, pupils and mouths on the portrait as it is and as people send it; and what preflight says about each."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
from libs.media.tools.faces import worn
from libs.media.tools.faces.portraits import FACES, sample
from libs.media.tools.portraits import PORTRAITS

from media.errors import NotUsable
from media.faces.detect import find_candidates
from media.faces.landmarks import eyes_apart
from media.faces.preflight import find_faces, preflight
from media.images.photos import decode
from media.types import Bgr, Face, Landmarks

LEFT_EYE, RIGHT_EYE, MOUTH = (203.5, 99.0), (246.5, 101.5), (223.0, 147.0)
"""Measured by eye on the enlarged portrait, pixels."""
APART = 43.0


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> Bgr:
    return decode(portrait_path)


def _errors(face: Face, matrix: Any) -> tuple[float, float]:
    """Largest distance of an eye, and of the mouth's middle, in units of the distance between the eyes."""
    apart = math.dist(matrix @ (*LEFT_EYE, 1), matrix @ (*RIGHT_EYE, 1))
    middle = (face.mouth.x + face.mouth.width / 2, face.mouth.y + face.mouth.height / 2)
    eyes = max(
        math.dist((face.left_eye.x, face.left_eye.y), matrix @ (*LEFT_EYE, 1)),
        math.dist((face.right_eye.x, face.right_eye.y), matrix @ (*RIGHT_EYE, 1)),
    )
    return eyes / apart, math.dist(middle, matrix @ (*MOUTH, 1)) / apart


UNMOVED = np.array([[1.0, 0, 0], [0, 1, 0]])


def test_the_portrait(portrait: Bgr) -> None:
    (face,) = find_faces(portrait)
    eyes, mouth = _errors(face, UNMOVED)
    assert eyes < 0.05
    assert mouth < 0.06
    assert 0.85 < face.mouth.width / APART < 1.2
    assert 0.3 < face.mouth.height / APART < 0.6
    assert face.mouth.y > face.left_eye.y + 0.6 * APART
    assert abs(face.roll - 3.3) < 2.5
    assert abs(face.yaw) < 0.2
    assert face.confidence > 0.9
    assert face.occlusion < 0.1
    assert 0.03 < face.mouth_open < 0.3
    assert math.isclose(face.share, 0.035, abs_tol=0.006)
    assert find_faces(portrait) == (face,)
    grey = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), np.uint8)
    assert find_candidates(grey) == find_candidates(grey)


@pytest.mark.parametrize("angle", [-45, -20, 30, 90, 180])
def test_rolled_heads(portrait: Bgr, angle: float) -> None:
    matrix = cv2.getRotationMatrix2D((225, 115), angle, 1.0)
    turned = np.asarray(cv2.warpAffine(portrait, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    face = find_faces(turned)[0]
    assert max(_errors(face, matrix)) < 0.12
    assert abs((face.roll - 3.3 + angle + 180) % 360 - 180) < 6


@pytest.mark.parametrize("scale", [0.35, 0.6, 2.0, 4.0])
def test_sizes(portrait: Bgr, scale: float) -> None:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    other = np.asarray(cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
    face = find_faces(other)[0]
    assert max(_errors(face, np.array([[scale, 0, 0], [0, scale, 0]]))) < 0.08


def _noisy(image: Bgr) -> Bgr:
    dice = np.random.default_rng(3)
    return np.clip(image + dice.normal(0, 20, image.shape), 0, 255).astype(np.uint8)


def _compressed(image: Bgr) -> Bgr:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _grey(image: Bgr) -> Bgr:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def _with_glasses(image: Bgr, thickness: int = 2) -> Bgr:
    worn = image.copy()
    for x in (203, 247):
        cv2.circle(worn, (x, 101), 14, (20, 20, 20), thickness)
    cv2.line(worn, (217, 100), (233, 100), (20, 20, 20), 2)
    return worn


def _painted(image: Bgr) -> Bgr:
    return np.asarray(cv2.stylization(image, sigma_s=60, sigma_r=0.45), np.uint8)


@pytest.mark.parametrize(
    ("change", "most"),
    [
        pytest.param(_noisy, 0.2, id="noise"),
        pytest.param(_compressed, 0.2, id="jpeg"),
        pytest.param(_grey, 0.2, id="grey"),
        pytest.param(_with_glasses, 0.1, id="glasses"),
        pytest.param(_painted, 0.12, id="drawing"),
        pytest.param(lambda image: (image * 0.25).astype(np.uint8), 0.1, id="dark"),
        pytest.param(lambda image: np.clip(image + 90.0, 0, 255).astype(np.uint8), 0.15, id="bright"),
        pytest.param(lambda image: cv2.GaussianBlur(image, (0, 0), 3), 0.2, id="blur"),
    ],
)
def test_poor_photos(portrait: Bgr, change: Callable[[Bgr], Bgr], most: float) -> None:
    face = find_faces(change(portrait))[0]
    assert max(_errors(face, UNMOVED)) < most


def test_a_profile_says_which_way_it_looks() -> None:
    """The photographer of the camera picture looks to the viewer's right."""
    image = decode(Path(skimage.__file__).parent / "data" / "camera.png")
    assert find_faces(image)[0].yaw > 0.5
    assert find_faces(np.ascontiguousarray(image[:, ::-1]))[0].yaw < -0.5


@pytest.mark.parametrize("name", ["chelsea", "coffee", "coins", "gravel"])
def test_no_face_where_none_is(name: str) -> None:
    assert find_faces(decode(Path(skimage.__file__).parent / "data" / f"{name}.png")) == ()


def _group(portrait: Bgr) -> Bgr:
    """Two heads, the left one larger."""
    head = portrait[10:300, 80:370]
    group = np.full((420, 760, 3), 190, np.uint8)
    group[40:400, 20:380] = cv2.resize(head, (360, 360), interpolation=cv2.INTER_CUBIC)
    group[60:350, 430:720] = head[:, ::-1]
    return group


def test_groups_come_largest_first_and_one_can_be_chosen(portrait: Bgr) -> None:
    group = _group(portrait)
    found = preflight(group)
    assert len(found.faces) == 2
    assert found.faces[0].box.x < 380 < found.faces[1].box.x
    assert found.chosen == 0
    assert "MULTIPLE_FACES" in {finding.code for finding in found.findings}
    chosen = preflight(group, choose=1)
    assert chosen.chosen == 1
    assert "MULTIPLE_FACES" not in {finding.code for finding in chosen.findings}
    with pytest.raises(NotUsable):
        preflight(group, choose=2)


def _codes(image: Bgr) -> dict[str, bool]:
    return {finding.code: finding.blocking for finding in preflight(image).findings}


def test_a_good_photo_has_no_findings(portrait: Bgr) -> None:
    assert _codes(portrait) == {}


def test_findings_name_what_is_wrong(portrait: Bgr) -> None:
    masked = portrait.copy()
    cv2.rectangle(masked, (190, 128), (260, 175), (200, 180, 120), -1)
    cases: dict[str, Bgr] = {
        "NO_FACE": np.full((600, 600, 3), 127, np.uint8),
        "FACE_TOO_SMALL": np.pad(portrait[::3, ::3], ((200, 200), (200, 200), (0, 0)), mode="edge"),
        "TURNED_AWAY": np.ascontiguousarray(np.rot90(portrait)),
        "BLURRED": np.asarray(cv2.GaussianBlur(portrait, (0, 0), 3), np.uint8),
        "TOO_DARK": (portrait * 0.2).astype(np.uint8),
        "TOO_BRIGHT": np.clip(portrait + 90.0, 0, 255).astype(np.uint8),
        "FACE_CUT_OFF": np.ascontiguousarray(portrait[:153]),
        "OCCLUDED": masked,
        "LOW_RESOLUTION": np.ascontiguousarray(portrait[30:230, 120:320]),
    }
    missing = {code for code, image in cases.items() if code not in _codes(image)}
    assert missing == set()


def test_only_what_cannot_work_blocks(portrait: Bgr) -> None:
    assert _codes(np.full((600, 600, 3), 127, np.uint8))["NO_FACE"] is True
    assert _codes((portrait * 0.2).astype(np.uint8))["TOO_DARK"] is False
    advice = [finding.advice for finding in preflight((portrait * 0.2).astype(np.uint8)).findings]
    assert all(text.endswith(".") for text in advice)


def _masked(image: Bgr, marks: Landmarks, colour: tuple[int, int, int]) -> Bgr:
    """From the middle of the nose to under the chin."""
    eyes = (marks.left_eye.mean(axis=0) + marks.right_eye.mean(axis=0)) / 2
    bridge = eyes + 0.6 * (marks.nose[1] - eyes)
    outline = np.vstack([bridge, marks.oval[18:35]])[:, :2]
    return np.asarray(cv2.fillPoly(image.copy(), [np.round(outline).astype(np.int32)], colour, cv2.LINE_AA), np.uint8)


def _with_microphone(image: Bgr, marks: Landmarks) -> Bgr:
    x, y = marks.outer_lips[:, :2].mean(axis=0).round().astype(int).tolist()
    unit = eyes_apart(marks)
    held = cv2.circle(image.copy(), (x, y + round(0.15 * unit)), round(0.42 * unit), (40, 40, 42), -1, cv2.LINE_AA)
    return np.asarray(held, np.uint8)


@pytest.mark.parametrize("kind", ["plain", "lips closed", "dark skin", "beard", "grey"])
def test_a_covered_mouth_stops_the_order_with_what_to_do(portrait: Bgr, kind: str) -> None:
    image = PORTRAITS[kind](portrait)
    marks = find_faces(image)[0].landmarks
    assert marks is not None
    for colour in ((200, 160, 110), (235, 235, 235), (30, 30, 30), (50, 50, 170)):
        found = {finding.code: finding for finding in preflight(_masked(image, marks, colour)).findings}
        assert found["MOUTH_COVERED"].blocking, colour
        assert found["MOUTH_COVERED"].advice.startswith("Uncover the mouth")
    assert _codes(_with_microphone(image, marks))["MOUTH_COVERED"]


@pytest.mark.parametrize("kind", PORTRAITS)
def test_no_person_is_refused(portrait: Bgr, kind: str) -> None:
    assert not [code for code, blocking in _codes(PORTRAITS[kind](portrait)).items() if blocking]


@pytest.mark.parametrize(("lean", "seed"), [(0, 1), (35, 2), (-60, 3), (90, 4)])
def test_a_hand_before_the_mouth_is_seen(lean: float, seed: int) -> None:
    found = {finding.code: finding for finding in preflight(worn.hand(sample(), seed, lean)).findings}
    assert found["MOUTH_COVERED"].blocking
    assert "hand" in found["MOUTH_COVERED"].advice


def test_a_mouth_too_wide_open_to_be_shut_is_refused() -> None:
    for shouting in ("shouting man", "sample shouting"):
        found = _codes(FACES[shouting]())
        assert found["MOUTH_OPEN"] is True
        assert "MOUTH_COVERED" not in found
    assert not _codes(FACES["teeth, laughing"]()).get("MOUTH_OPEN")


def test_a_cat_is_told_to_be_an_animal_and_a_thing_is_not() -> None:
    folder = Path(skimage.__file__).parent / "data"
    assert _codes(decode(folder / "chelsea.png"))["ANIMAL"] is True
    for name in ("coffee", "brick", "coins", "gravel"):
        assert "ANIMAL" not in _codes(decode(folder / f"{name}.png"))


def test_of_two_faces_of_one_size_somebody_must_choose(portrait: Bgr) -> None:
    pair = np.concatenate([portrait[:, 60:390], portrait[:, 60:390]], axis=1)
    (finding,) = [one for one in preflight(pair).findings if one.code == "MULTIPLE_FACES"]
    assert finding.blocking
    assert finding.advice.startswith("Choose a face")
    assert preflight(pair, choose=1).chosen == 1
