"""All sorts of portraits speak: turned, tiny, grey, noisy, bearded, behind glasses, drawn, with lips closed or open."""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from media import talking
from media.animation.frame import FaceFrame
from media.animation.framing import frame_photo
from media.animation.mouth_fit import Lips
from media.animation.mouth_rig import MouthPose, MouthRig
from media.animation.planes import Canvas, Planes, Region
from media.animation.stage import Pose, Stage, at_rest
from media.faces import find_faces
from media.images import decode
from media.speech import synthesise
from media.talking import set_stage
from media.types import Bgr, Face

RATE = 30.0
CLOSED = Pose(mouth=MouthPose(press=1))
OPEN = Pose(mouth=MouthPose(open=0.8, jaw=0.8))
ROUND = Pose(mouth=MouthPose(open=0.4, jaw=0.4, wide=-1))


def rolled(image: Bgr, degrees: float) -> Bgr:
    matrix = cv2.getRotationMatrix2D((225, 120), degrees, 1)
    size = (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def turned(image: Bgr) -> Bgr:
    before = np.array([[140, 20], [310, 20], [310, 220], [140, 220]], np.float32)
    after = np.array([[140, 20], [290, 35], [290, 205], [140, 220]], np.float32)
    matrix = cv2.getPerspectiveTransform(before, after)
    return np.asarray(cv2.warpPerspective(image, matrix, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8)


def noisy(image: Bgr) -> Bgr:
    noise = np.random.default_rng(0).normal(0, 15, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def blocky(image: Bgr) -> Bgr:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def grey(image: Bgr) -> Bgr:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def enlarged(image: Bgr, times: int = 2) -> Bgr:
    """Head and shoulders."""
    side = 300 * times
    return np.asarray(cv2.resize(image[:300, 75:375], (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def with_glasses(image: Bgr) -> Bgr:
    made = enlarged(image)
    for centre in ((257, 198), (345, 203)):
        cv2.ellipse(made, centre, (39, 31), 2, 0, 360, (25, 20, 20), 3, cv2.LINE_AA)
    cv2.line(made, (294, 197), (307, 198), (25, 20, 20), 3, cv2.LINE_AA)
    return made


def bearded(image: Bgr) -> Bgr:
    """Dark, rough hair over jaw, chin and upper lip, around a bare mouth."""
    rows, columns = np.mgrid[0:512, 0:512]
    hair = (((columns - 224) / 42) ** 2 + ((rows - 142) / 37) ** 2 < 1) & (rows > 126)
    hair &= ((columns - 224) / 24) ** 2 + ((rows - 142) / 11) ** 2 > 1
    soft = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 2)[..., None] * 0.75
    rough = np.random.default_rng(1).normal(45, 12, (512, 512, 1)) * (0.6, 0.8, 1.0)
    return np.asarray(np.clip(image * (1 - soft) + soft * rough, 0, 255), np.uint8)


def drawn(image: Bgr) -> Bgr:
    return np.asarray(cv2.stylization(enlarged(image, 3), sigma_s=40, sigma_r=0.35), np.uint8)


def posed(pose: Pose) -> Callable[[Bgr], Bgr]:
    """A photo of the same person with another mouth, as large as needed to show it well."""

    def made(image: Bgr) -> Bgr:
        return draw(enlarged(image), pose)

    return made


PORTRAITS: dict[str, Callable[[Bgr], Bgr]] = {
    "plain": lambda image: image,
    "rolled": lambda image: rolled(image, -25),
    "turned": turned,
    "tiny": lambda image: np.asarray(cv2.resize(image, (288, 288), interpolation=cv2.INTER_AREA), np.uint8),
    "noisy": noisy,
    "blocky": blocky,
    "grey": grey,
    "dark": lambda image: (image * 0.35).astype(np.uint8),
    "glasses": with_glasses,
    "beard": bearded,
    "drawing": drawn,
    "lips closed": posed(CLOSED),
    "mouth open": posed(OPEN),
}


def draw(image: Bgr, pose: Pose, *, face: Face | None = None) -> Bgr:
    """``image`` with its face in ``pose``, at its own size."""
    return drawn_in(image, (pose,), face or find_faces(image)[0])[1][0]


def drawn_in(image: Bgr, poses: Sequence[Pose], face: Face) -> tuple[Lips, list[Bgr]]:
    """The lips found, and ``image`` with ``face`` in each of ``poses``."""
    stage, canvas = staged(image, face)
    return stage.face.lips, shown(stage, canvas, poses)


def staged(image: Bgr, face: Face) -> tuple[Stage, Canvas]:
    """``face`` ready to be drawn on a canvas as large as ``image``, its head still."""
    framing = frame_photo(image, face, image.shape[1], None)
    canvas = Canvas.blank(framing.width, framing.height)
    return set_stage(image, face, framing, canvas, motion=False), canvas


def shown(stage: Stage, canvas: Canvas, poses: Sequence[Pose]) -> list[Bgr]:
    made = []
    for pose in poses:
        stage.draw(pose)
        made.append(canvas.to_bgr())
    return made


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


def openings(stage: Stage, canvas: Canvas, frame: FaceFrame, poses: Sequence[Pose]) -> NDArray[np.float64]:
    """How much the mouth looks unlike sealed lips in each pose: mean difference of luma around the lips."""
    lips = stage.face.lips
    u = np.array([-0.4, 0.4, -0.4, 0.4], np.float32) + np.float32(lips.x)
    v = np.array([-0.15, -0.15, 0.45, 0.45], np.float32) + np.float32(lips.y)
    x, y = frame.to_picture(u, v)
    mouth = Region.around(*map(float, (x.min(), y.min(), x.max(), y.max())), canvas.luma.shape[1], canvas.luma.shape[0])
    stage.draw(CLOSED)
    closed = mouth.of(canvas.luma).astype(np.int16)
    found = []
    for pose in poses:
        stage.draw(pose)
        found.append(float(np.abs(mouth.of(canvas.luma) - closed).mean()))
    return np.array(found)


def assert_it_speaks(opening: NDArray[np.float64], spoken: Spoken) -> None:
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
    assert max(opening[during].min() for during in spoken.bilabials) < 0.1 * np.percentile(opening, 90)


def inner_height(image: Bgr, frame: FaceFrame, lips: Lips) -> float:
    """How high the dark or pale stretch in the middle of the mouth is, in face units, beside the lips' own look.

    Told from a picture with sealed lips by what differs: only the inside of the mouth is new.
    """
    patch = frame.patch(image, lips.x - 0.06, lips.y - 0.1, lips.x + 0.06, lips.y + 0.55, 100)
    luma = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32).mean(axis=1)
    skin = float(np.median(luma[-8:]))
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
    assert lips.y + lips.upper == pytest.approx(0.98, abs=0.12)
    assert 0.36 < lips.half_width < 0.58
    expected_gap = {"lips closed": 0.0, "mouth open": 0.3}.get(name, 0.125)
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

    assert_it_speaks(openings(stage, canvas, frame, spoken.poses), spoken)


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


def test_shut_eyes_do_not_blink(portrait_path: Path) -> None:
    image = decode(portrait_path)
    asleep = draw(image, Pose(mouth=MouthPose(rest=1), shut=1.0))
    face = find_faces(image)[0]
    _, (shut, still) = drawn_in(image, (Pose(shut=1.0), Pose()), face)
    _, (shut_twice, still_twice) = drawn_in(asleep, (Pose(shut=1.0), Pose()), face)
    assert np.abs(shut_twice.astype(int) - still_twice).mean() < 0.6 * np.abs(shut.astype(int) - still).mean()


@pytest.mark.parametrize("wide", [-1.0, -0.5, 0.0, 1.0])
@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_the_skin_never_folds(wide: float, gap: float) -> None:
    """Both layers go down the face without turning back, and agree where there is no opening."""
    lips = Lips(x=0.0, y=1.0, half_width=0.42, tilt=0.02, upper=0.04, gap=gap, above=0.09, below=0.12)
    u, v = np.meshgrid(np.linspace(-1, 1, 81, dtype=np.float32), np.linspace(0.55, 2.8, 460, dtype=np.float32))
    for opening in (0.0, 0.4, 1.0):
        shape = MouthRig(lips).shape(MouthPose(open=opening, jaw=opening, wide=wide))
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
