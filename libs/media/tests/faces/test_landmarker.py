"""A configured Face Landmarker: eyes, mouth and turn are those of its landmarks, and a bad file is named.

The bundle of these tests sees dots (``tools/tiny_landmarker.py``): a red, a green and a blue one are eyes and mouth.
"""

from __future__ import annotations

import math
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from libs.media.tools import tiny_landmarker as tiny

from media.animation import talking
from media.animation.stage import Stage
from media.errors import NotConfigured
from media.faces.landmarker import landmarker
from media.faces.preflight import find_faces, preflight
from media.types import Bgr, Face, Phoneme, Speech, Word


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tiny.write(tmp_path_factory.mktemp("landmarker") / "face_landmarker.task")
    return made


def with_dots(image: Bgr, *places: tuple[float, float], radius: int = 12) -> Bgr:
    """The picture without its colours, and a red, a green and a blue dot."""
    made = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    for place, colour in zip(places, ((0, 0, 255), (0, 255, 0), (255, 0, 0)), strict=True):
        cv2.circle(made, (round(place[0]), round(place[1])), radius, colour, -1)
    return np.asarray(made, np.uint8)


def dots_of_a_head(centre: tuple[float, float], eyes_apart: float, roll: float) -> tuple[tuple[float, float], ...]:
    """Left eye, right eye and mouth of an upright head that was rolled by ``roll`` degrees, clockwise."""
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    upright = ((-0.5 * eyes_apart, -0.5 * eyes_apart), (0.5 * eyes_apart, -0.5 * eyes_apart), (0, 0.6 * eyes_apart))
    return tuple((centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y) for x, y in upright)


@pytest.mark.parametrize("size", [(480, 640), (700, 500), (512, 512)])
@pytest.mark.parametrize("roll", [0.0, 25.0, -70.0, 160.0])
def test_eyes_mouth_and_roll_are_where_the_networks_say(bundle: Path, size: tuple[int, int], roll: float) -> None:
    centre = (0.52 * size[1], 0.46 * size[0])
    left, right, mouth = dots_of_a_head(centre, 110, roll)
    [face] = find_faces(with_dots(np.full((*size, 3), 90, np.uint8), left, right, mouth), landmarks=bundle)
    assert math.dist((face.left_eye.x, face.left_eye.y), left) < 1.0
    assert math.dist((face.right_eye.x, face.right_eye.y), right) < 1.0
    middle = (face.mouth.x + face.mouth.width / 2, face.mouth.y + face.mouth.height / 2)
    assert math.dist(middle, mouth) < 1.6
    assert (face.roll - roll + 180) % 360 - 180 == pytest.approx(0, abs=1.0)
    assert face.confidence > 0.9
    assert face.mouth_open == pytest.approx(tiny.GAP / tiny.LIPS[0], rel=0.01)


MEDIAPIPE = [
    ((480, 640), (330, 220), 110, 0, 12, {468: (275.20, 165.04), 13: (330.09, 279.94), 454: (427.57, 205.37)}),
    ((700, 500), (210, 400), 90, 25, 10, {468: (188.22, 340.00), 13: (190.08, 443.28), 454: (308.94, 439.53)}),
    ((1500, 2100), (1200, 600), 240, -70, 30, {468: (1046.31, 671.98), 13: (1316.45, 641.6), 454: (1287.3, 291.31)}),
    ((400, 900), (60, 200), 100, 12, 9, {468: (21.10, 141.09), 13: (49.96, 250.68), 454: (199.48, 205.32)}),
]
"""Size of a picture, a head of dots in it, and where MediaPipe 1.2.2 puts landmarks with this bundle."""


@pytest.mark.parametrize(("size", "centre", "apart", "roll", "radius", "theirs"), MEDIAPIPE)
def test_points_are_those_of_mediapipe_itself(
    bundle: Path,
    size: tuple[int, int],
    centre: tuple[float, float],
    apart: float,
    roll: float,
    radius: int,
    theirs: dict[int, tuple[float, float]],
) -> None:
    image = with_dots(np.full((*size, 3), 90, np.uint8), *dots_of_a_head(centre, apart, roll), radius=radius)
    [found] = landmarker(bundle).find(image)
    for number, place in theirs.items():
        assert math.dist(found.points[number, :2], place) < 0.1, number


def test_the_region_of_the_mesh_is_one_and_a_half_times_the_mean_box(bundle: Path) -> None:
    """Boxes that overlap are weighed by their scores, which are all but equal for large dots."""
    longer = 640
    image = with_dots(np.zeros((480, longer, 3), np.uint8), *dots_of_a_head((330, 240), 120, 0), radius=20)
    [face] = find_faces(image, landmarks=bundle)
    box = tiny.BOX * longer * (1 + np.mean(list(tiny.OPINIONS.values())))
    assert face.mouth.width == pytest.approx(1.5 * box * tiny.LIPS[0] / 256, abs=2)


def test_turn_is_the_depth_of_the_sides(bundle: Path) -> None:
    image = with_dots(np.zeros((480, 640, 3), np.uint8), *dots_of_a_head((330, 240), 120, 10))
    [face] = find_faces(image, landmarks=bundle)
    assert face.yaw == pytest.approx(-math.atan2(tiny.TURN, 96) / (math.pi / 2), abs=0.001)


def test_of_a_face_that_both_see_the_landmarks_are_taken(bundle: Path, portrait_path: Path) -> None:
    portrait = cv2.imread(str(portrait_path))
    [plain] = find_faces(portrait)
    places = [(plain.left_eye.x + 4, plain.left_eye.y + 6), (plain.right_eye.x + 4, plain.right_eye.y + 3), (231, 150)]
    image = with_dots(portrait, *places, radius=5)
    [without] = find_faces(image)
    [face] = find_faces(image, landmarks=bundle)
    assert face.box == without.box
    for eye, place in zip((face.left_eye, face.right_eye), places, strict=False):
        assert math.dist((eye.x, eye.y), place) < 1.0
    assert face.mouth != without.mouth
    assert preflight(image, landmarks=bundle).faces == (face,)


def test_where_the_networks_see_nothing_opencv_does(bundle: Path, portrait_path: Path) -> None:
    grey = with_dots(cv2.imread(str(portrait_path)), (-50, -50), (-50, -50), (-50, -50))
    assert landmarker(bundle).find(grey) == []
    assert find_faces(grey, landmarks=bundle) == find_faces(grey)
    assert len(find_faces(grey)) == 1


def test_a_talking_photo_takes_the_face_of_the_landmarks(
    bundle: Path, portrait_path: Path, job_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the drawing is given is the face with the landmarks' eyes."""
    plain = cv2.imread(str(portrait_path))
    image = with_dots(plain, (206, 101), (249, 102), (231, 150), radius=3)
    cv2.imwrite(str(job_dir / "photo.png"), image)
    [wanted] = find_faces(image, landmarks=bundle)
    given: list[Face] = []
    stage = talking.set_stage

    def watched(image: Bgr, face: Face, *others: Any, **named: Any) -> Stage:
        given.append(face)
        return stage(image, face, *others, **named)

    monkeypatch.setattr(talking, "set_stage", watched)
    speech = _speech(job_dir)
    made = talking.render(job_dir / "photo.png", speech, job_dir / "a.mp4", width=180, height=320, landmarks=bundle)
    assert made.duration == pytest.approx(speech.duration, abs=0.1)
    assert given == [wanted]


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda file: file.unlink(), "LANDMARKER_FILE_MISSING", "is not there"),
        (lambda file: file.write_bytes(b"no bundle"), "LANDMARKER_FILE_UNFIT", "BadZipFile"),
        (lambda file: _rewrite(file, drop="face_detector.tflite"), "LANDMARKER_FILE_UNFIT", "face_detector.tflite"),
        (lambda file: _rewrite(file, cut=5000), "LANDMARKER_FILE_UNFIT", "cannot be used"),
        (lambda file: _rewrite(file, swap=True), "LANDMARKER_FILE_UNFIT", "outputs are"),
        (lambda file: _rewrite(file, rename=True), "LANDMARKER_FILE_UNFIT", "how its pixels are normalised"),
    ],
)
def test_a_bad_file_is_named(
    bundle: Path, job_dir: Path, spoil: Callable[[Path], object], code: str, said: str
) -> None:
    file = job_dir / "face_landmarker.task"
    file.write_bytes(bundle.read_bytes())
    spoil(file)
    with pytest.raises(NotConfigured, match=said) as refusal:
        find_faces(np.zeros((200, 200, 3), np.uint8), landmarks=file)
    assert refusal.value.code == code
    assert not refusal.value.retryable


def test_without_the_extra_it_says_what_to_install(job_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.faces.landmarker.find_spec", lambda _: None)
    with pytest.raises(NotConfigured) as refusal:
        find_faces(np.zeros((200, 200, 3), np.uint8), landmarks=job_dir / "any.task")
    assert (refusal.value.code, refusal.value.advice) == (
        "LANDMARKER_MISSING",
        "Install talkingphoto-media[landmarks].",
    )


def _rewrite(file: Path, *, drop: str = "", cut: int = 0, swap: bool = False, rename: bool = False) -> None:
    with zipfile.ZipFile(file) as bundle:
        parts = {name: bundle.read(name) for name in bundle.namelist() if name != drop}
    names, contents = list(parts), [part[cut:] for part in parts.values()]
    if rename:
        contents = [content.replace(b"TFLITE_METADATA", b"OTHER__METADATA") for content in contents]
    with zipfile.ZipFile(file, "w") as bundle:
        for name, content in zip(names, contents[::-1] if swap else contents, strict=True):
            bundle.writestr(name, content)


def _speech(folder: Path) -> Speech:
    rate, seconds = 16_000, 0.6
    tone = np.rint(9000 * np.sin(np.arange(int(rate * seconds)) * 0.2)).astype("<i2")
    with wave.open(str(folder / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(tone.tobytes())
    phonemes = (Phoneme("ɑ", 0.1, 0.5),)
    return Speech(folder / "a.wav", rate, seconds, phonemes, (Word("Ah", 0.1, 0.5),), "en", "neutral", "none", -16.0)
