"""All sorts of portraits speak: turned, tiny, grey, noisy, bearded, behind glasses, drawn, with lips closed or open."""

from __future__ import annotations

import math
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from libs.media.tools.portraits import CLOSED, OPEN, PORTRAITS, dark_skinned, draw, drawn_in, shown, staged
from numpy.typing import NDArray

from media.animation import talking
from media.animation.frame import FaceFrame
from media.animation.framing import frame_photo
from media.animation.mouth.inside import Palette
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose, MouthRig
from media.animation.planes import Canvas, Planes, Region
from media.animation.stage import Pose, Stage, at_rest
from media.animation.talking import set_stage
from media.faces.preflight import find_faces
from media.images.photos import decode
from media.speech.synthesis import synthesise
from media.types import Bgr

RATE = 30.0

ROUND = Pose(mouth=MouthPose(open=0.4, jaw=0.4, wide=-1))


@dataclass(frozen=True)
class Spoken:
    """Some seconds of speech: the pose and the loudness of every frame, and which frames each m, b and p has."""

    poses: tuple[Pose, ...]
    loudness: NDArray[np.float64]
    bilabials: tuple[NDArray[np.bool_], ...]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    speech = synthesise("My baby bought a big map. People often ask.", path, voice="female")
    count = int(speech.duration * RATE)
    poses = tuple(replace(pose, shut=0.0) for pose in talking._poses(speech, RATE, count, 0, 0.0))
    with wave.open(str(path), "rb") as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    times = (np.arange(count) + 0.5) / RATE
    half = speech.sample_rate // 20
    middles = (times * speech.sample_rate).astype(int)
    loudness = np.array([np.sqrt(np.mean(np.square(sound[max(0, at - half) : at + half]))) for at in middles])
    bilabials = tuple(
        (times > one.start - 0.5 / RATE) & (times < one.end + 0.5 / RATE) for one in speech.phonemes if one.ipa in "mbp"
    )
    return Spoken(poses, loudness, bilabials)


def openings(
    stage: Stage, canvas: Canvas, frame: FaceFrame, poses: Sequence[Pose]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much the mouth looks unlike sealed lips in each pose, and unlike sealed lips as pursed or spread as they are:
    mean difference of luma around the lips."""
    lips = stage.face.lips
    u = np.array([-0.4, 0.4, -0.4, 0.4], np.float32) + np.float32(lips.x)
    v = np.array([-0.15, -0.15, 0.45, 0.45], np.float32) + np.float32(lips.y)
    x, y = frame.to_picture(u, v)
    mouth = Region.around(*map(float, (x.min(), y.min(), x.max(), y.max())), canvas.luma.shape[1], canvas.luma.shape[0])

    def drawn(pose: Pose) -> NDArray[np.int16]:
        stage.draw(pose)
        return mouth.of(canvas.luma).astype(np.int16)

    closed = drawn(CLOSED)
    found, parted = [], []
    for pose in poses:
        alike = drawn(replace(CLOSED, mouth=replace(CLOSED.mouth, wide=pose.mouth.wide)))
        picture = drawn(pose)
        found.append(float(np.abs(picture - closed).mean()))
        parted.append(float(np.abs(picture - alike).mean()))
    return np.array(found), np.array(parted)


def assert_it_speaks(opening: NDArray[np.float64], parted: NDArray[np.float64], spoken: Spoken) -> None:
    """While it speaks the mouth follows the loudness, best within one frame (33 ms), and is shut in each m, b and p."""
    speaks = np.array([pose.mouth.rest < 0.05 for pose in spoken.poses])[6:-6]
    by_lag = {
        lag: np.corrcoef(opening[6:-6][speaks], spoken.loudness[6 - lag : len(opening) - 6 - lag][speaks])[0, 1]
        for lag in range(-6, 7)
    }
    best = max(by_lag, key=lambda lag: by_lag[lag])
    assert by_lag[best] >= 0.6
    assert abs(best) / RATE <= 0.04
    assert len(spoken.bilabials) >= 6
    assert max(parted[during].min() for during in spoken.bilabials) < 0.1 * np.percentile(opening, 90)


def inner_height(image: Bgr, frame: FaceFrame, lips: Lips) -> float:
    """How high the dark or pale stretch in the middle of the mouth is, in face units, beside the lips' own look.

    Told from a picture with sealed lips by what differs: only the inside of the mouth is new.
    """
    patch = frame.patch(image, lips.x - 0.06, lips.y - 0.1, lips.x + 0.06, lips.y + 0.42, 100)
    luma = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32).mean(axis=1)
    skin = float(np.median(luma[:6]))  # above the lips: below them there may be a beard
    return float((luma < 0.5 * skin).sum()) / 100


@pytest.mark.parametrize("name", PORTRAITS)
def test_it_closes_opens_purses_its_lips_and_speaks(name: str, portrait_path: Path, spoken: Spoken) -> None:
    image = PORTRAITS[name](decode(portrait_path))
    face = find_faces(image)[0]
    frame = FaceFrame.of(face)
    stage, canvas = staged(image, face)
    lips, (closed, opened, pursed) = stage.face.lips, shown(stage, canvas, (CLOSED, OPEN, ROUND))

    # The lips are where they are on this person, whatever was done to the picture.
    assert lips.x == pytest.approx(0.02, abs=0.09)
    # Units are distances of the pupils, which are closer together where the head is turned.
    assert lips.y + lips.upper == pytest.approx(1.17 if name == "three quarters" else 0.98, abs=0.12)
    assert 0.36 < lips.half_width < 0.58
    expected_gap = {"lips closed": 0.0, "mouth open": 0.3}.get(name, 0.17)
    assert lips.gap == pytest.approx(expected_gap, abs=0.13 if name == "drawing" else 0.06)

    assert inner_height(opened, frame, lips) > inner_height(closed, frame, lips) + 0.08
    assert inner_height(closed, frame, lips) < 0.1

    # What does not belong to the face stays to the last bit but rounding, and the face does change.
    outside = np.ones(image.shape[:2], bool)
    box = face.box
    rows = slice(max(0, box.y - box.height // 2), box.y + 2 * box.height)
    outside[rows, max(0, box.x - box.width // 2) : box.x + box.width * 3 // 2] = False
    still = Planes.of(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]).to_bgr()
    for picture in (closed, opened, pursed):
        change = np.abs(picture.astype(int) - still)
        assert change[outside].max(initial=0) == 0
        assert change[~outside].mean() > 0.1

    assert_it_speaks(*openings(stage, canvas, frame, spoken.poses), spoken)


def test_at_rest_it_is_the_photo(portrait_path: Path) -> None:
    image = decode(portrait_path)
    change = np.abs(draw(image, at_rest()).astype(int) - Planes.of(image).to_bgr())
    assert np.percentile(change, 99.9) <= 6
    assert change.mean() < 0.1


def test_a_blink_covers_the_eyes_and_nothing_else(portrait_path: Path) -> None:
    image = decode(portrait_path)
    face = find_faces(image)[0]
    still = draw(image, at_rest(), face=face)
    shut = draw(image, Pose(mouth=MouthPose(rest=1), shut=1.0), face=face)
    change = np.abs(shut.astype(int) - still).max(axis=2)
    rows, columns = np.nonzero(change > 8)
    unit = face.right_eye.x - face.left_eye.x
    middle = (face.left_eye.y + face.right_eye.y) / 2
    assert len(rows) > 100
    assert middle - 0.4 * unit < rows.min()
    assert rows.max() < middle + 0.25 * unit
    for eye in (face.left_eye, face.right_eye):
        assert change[round(eye.y), round(eye.x)] > 20  # the pupil is gone
    assert not ((columns > face.left_eye.x + 0.4 * unit) & (columns < face.right_eye.x - 0.4 * unit)).any()


def colours_of(image: Bgr) -> Palette:
    stage, _ = staged(image, find_faces(image)[0])
    return stage.face.colours


@pytest.mark.parametrize("name", PORTRAITS)
def test_shut_lids_are_skin(name: str, portrait_path: Path) -> None:
    """No white, no iris, no ink and no streaks remain above the lashes, whatever lies around the eye."""
    image = PORTRAITS[name](decode(portrait_path))
    face = find_faces(image)[0]
    frame = FaceFrame.of(face)
    stage, canvas = staged(image, face)
    (shut,) = shown(stage, canvas, (Pose(mouth=MouthPose(rest=1), shut=1.0),))
    assert len(stage.face.eyes) == 2
    for pupil, eye in zip((face.left_eye, face.right_eye), stage.face.eyes, strict=True):
        u, v = frame.face_of(pupil.x, pupil.y)
        half = min(0.13, 0.5 * eye.half_width)  # of a turned head the far eye is narrow
        lashes = float(eye.lids(np.array([u - half, u + half], np.float32))[1].min()) - 0.03
        lid = cv2.cvtColor(frame.patch(shut, u - half, v - 0.07, u + half, lashes, 100), cv2.COLOR_BGR2GRAY)
        skin = cv2.cvtColor(frame.patch(image, u - half, v + 0.2, u + half, v + 0.3, 100), cv2.COLOR_BGR2GRAY)
        lid, skin = (cv2.GaussianBlur(plane, (0, 0), 3).astype(float) for plane in (lid, skin))
        usual = np.median(skin)
        assert lid.min() > 0.78 * usual
        assert lid.max() < 1.25 * usual
        assert lid.mean(axis=0).std() < 0.07 * usual


@pytest.mark.parametrize("lightness", [0.4, 0.33, 0.3, 0.24])
def test_a_face_is_found_however_dark_its_skin(lightness: float, portrait_path: Path) -> None:
    face = find_faces(dark_skinned(decode(portrait_path), lightness))[0]
    assert face.box.x + face.box.width / 2 == pytest.approx(298, abs=8)
    assert face.left_eye.x == pytest.approx(257, abs=6)
    assert face.right_eye.x == pytest.approx(344, abs=6)
    assert face.confidence > 0.7


def test_painted_teeth_are_like_those_the_same_person_shows(portrait_path: Path) -> None:
    """The photo with teeth tells what enamel looks like in its light; with lips closed it has to be guessed."""
    image = decode(portrait_path)
    own, guessed, wide_open = (colours_of(PORTRAITS[name](image)) for name in ("plain", "lips closed", "mouth open"))
    assert own.teeth_reach == 1
    assert guessed.teeth_reach == 0
    assert 0.2 < wide_open.teeth_reach < 0.7
    for colours in (guessed, wide_open):
        assert colours.teeth[0] == pytest.approx(own.teeth[0], abs=12)
        assert colours.teeth[1:] == pytest.approx(own.teeth[1:], abs=2)


def test_shut_eyes_do_not_blink(portrait_path: Path) -> None:
    image = decode(portrait_path)
    asleep = draw(image, Pose(mouth=MouthPose(rest=1), shut=1.0))
    face = find_faces(image)[0]
    _, (shut, still) = drawn_in(image, (Pose(shut=1.0), Pose()), face)
    _, (shut_twice, still_twice) = drawn_in(asleep, (Pose(shut=1.0), Pose()), face)
    assert np.abs(shut_twice.astype(int) - still_twice).mean() < 0.6 * np.abs(shut.astype(int) - still).mean()


def test_pursed_lips_leave_the_outline_of_a_turned_face(portrait_path: Path) -> None:
    """The far cheek ends close to the mouth: the background behind it must not be drawn in with the corner."""
    image = PORTRAITS["three quarters"](decode(portrait_path))
    face = find_faces(image)[0]
    frame = FaceFrame.of(face)
    stage, canvas = staged(image, face)
    v = stage.face.lips.y
    ends = []
    for picture in shown(stage, canvas, (CLOSED, ROUND)):
        beside = frame.patch(picture, 0.5, v - 0.1, 1.0, v + 0.3, 100).astype(int)
        warm = beside[..., 2] - beside[..., 0] > 25  # skin; behind it all is grey
        ends.append(warm.sum(axis=1) / 100)
    assert 0.1 < ends[0].mean() < 0.3
    assert np.abs(ends[1] - ends[0]).max() < 0.04


@pytest.mark.parametrize("outline", [(math.inf, math.inf), (0.4, 0.6)])
@pytest.mark.parametrize("wide", [-1.0, -0.5, 0.0, 1.0])
@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_the_skin_never_folds(wide: float, gap: float, outline: tuple[float, float]) -> None:
    """Both layers go down the face without turning back, and agree where there is no opening."""
    lips = Lips(x=0.0, y=1.0, half_width=0.42, tilt=0.02, upper=0.04, gap=gap, above=0.09, below=0.12)
    u, v = np.meshgrid(np.linspace(-1, 1, 81, dtype=np.float32), np.linspace(0.55, 2.8, 460, dtype=np.float32))
    for opening in (0.0, 0.4, 1.0):
        shape = MouthRig(lips, outline=outline).shape(MouthPose(open=opening, jaw=opening, wide=wide))
        source_u, upper_v, lower_v = shape.sources(u, v)
        upper, lower = shape.contours(u)
        assert (np.diff(upper_v, axis=0)[(v < upper)[1:]] > 0).all()
        assert (np.diff(lower_v, axis=0)[(v > lower)[:-1]] > 0).all()
        assert (np.diff(source_u, axis=1) > 0).all()
        beside = np.abs(u[0]) > shape.half_width + 0.02
        at_line = np.abs(v - (upper + lower) / 2) < 0.004
        apart = np.abs(upper_v - lower_v)[at_line & beside]
        assert apart.max() < 0.01
        far = (np.abs(u) > 0.99) | (v < 0.6) | (v > 2.74)
        assert np.abs(lower_v - v)[far & (v > lower)].max() < 0.01
        assert np.abs(upper_v - v)[far & (v < upper)].max() < 0.01


def test_regions_hold_everything_that_moves(portrait_path: Path) -> None:
    image = decode(portrait_path)
    face = find_faces(image)[0]
    framing = frame_photo(image, face, 512, None)
    canvas = Canvas.blank(512, 512)
    stage: Stage = set_stage(image, face, framing, canvas, motion=False)
    before = canvas.luma.copy()
    stage.draw(OPEN)
    changed = canvas.luma != before
    for region in stage.regions:
        region.of(changed)[:] = False
    assert not changed.any()
