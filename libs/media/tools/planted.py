"""Films of a speaking photo with faults made on purpose, and the same without: what the judge of films is judged by.

A fault alters what the renderer was told (where the lips are, when they move, what a lid looks like) or the finished
pictures. The same scene and the same fault give the same film.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation import talking
from media.animation.eyes.lid_skin import LidSkin
from media.animation.frame import FaceFrame, Grid
from media.animation.framing import frame_photo
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose
from media.animation.planes import Canvas, Planes
from media.animation.sound import encoded_sound
from media.animation.stage import FittedFace, Pose, Stage
from media.faces.preflight import find_faces
from media.types import Bgr, Speech
from media.video.encode import VideoSettings, VideoWriter
from media.writing import encoding

RATE = 30
SIZE = (480, 854)


@dataclass(frozen=True)
class Scene:
    """A photo that says a recording, and the seed of its blinks and drift."""

    photo: Bgr
    speech: Speech
    seed: int = 0


@dataclass(frozen=True)
class Drawn:
    """What is known of a picture that was drawn: its number, what it shows, and on what face."""

    index: int
    pose: Pose
    face: FittedFace

    def ellipse(self, u: float, v: float, wide: float, high: float) -> tuple[tuple[int, int], tuple[int, int]]:
        """Middle and half axes in pixels of an ellipse in face units."""
        x, y = self.face.frame.to_picture(np.array([u], np.float32), np.array([v], np.float32))
        scale = self.face.frame.scale
        return (round(float(x[0])), round(float(y[0]))), (max(1, round(wide * scale)), max(1, round(high * scale)))

    def weight(self, shape: tuple[int, ...], u: float, v: float, wide: float, high: float) -> NDArray[np.float32]:
        """1 in an ellipse in face units, softly 0 outside, for each pixel of a picture of ``shape``."""
        across, down = _places(self.face.frame, shape[0], shape[1])
        away = cv2.magnitude((across - np.float32(u)) / np.float32(wide), (down - np.float32(v)) / np.float32(high))
        return np.asarray(np.clip((1.15 - away) / 0.3, 0, 1), np.float32)[..., None]


@lru_cache(maxsize=2)
def _places(frame: FaceFrame, height: int, width: int) -> tuple[Grid, Grid]:
    """Face units of every pixel."""
    return frame.to_face(*_pixels(height, width))


@lru_cache(maxsize=2)
def _pixels(height: int, width: int) -> tuple[Grid, Grid]:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


@dataclass(frozen=True)
class Fault:
    """How a film goes wrong: the face that was fitted, the poses in order, the lids, or each finished picture."""

    fitted: Callable[[FittedFace], FittedFace] | None = None
    posed: Callable[[list[Pose]], list[Pose]] | None = None
    lidded: Callable[[LidSkin], LidSkin] | None = None
    shown: Callable[[Bgr, Drawn], Bgr] | None = None


def film(scene: Scene, out: Path, fault: Fault | None = None, *, size: tuple[int, int] = SIZE) -> Path:
    """Write the film of ``scene`` with ``fault`` to ``out``, as :func:`media.animation.talking.render` would."""
    fault = fault or Fault()
    face = find_faces(scene.photo)[0]
    framing = frame_photo(scene.photo, face, *size)
    canvas = Canvas.blank(framing.width, framing.height)
    stage = talking.set_stage(scene.photo, face, framing, canvas, motion=True)
    if fault.fitted:
        planes = Planes.of(framing.picture(scene.photo))
        softness = max(1.2, 0.9 * framing.scale)
        stage = Stage(planes, fault.fitted(stage.face), canvas, softness=softness, motion=True)
    if fault.lidded:
        stage._lids = [fault.lidded(skin) for skin in stage._lids]
    count = math.ceil(scene.speech.duration * RATE - 1e-3)
    poses = list(talking._poses(scene.speech, RATE, count, scene.seed, 1.0))
    poses = fault.posed(poses) if fault.posed else poses
    settings = VideoSettings(framing.width, framing.height, Fraction(RATE), crf=talking.CRF, threads=1)
    with encoding(out) as part, VideoWriter(part, settings, encoded_sound(scene.speech)) as writer:
        for index, pose in enumerate(poses):
            stage.draw(pose)
            picture = talking.blank_frame(framing.width, framing.height)
            shown = talking.canvas_of(picture)
            if fault.shown:
                changed = Planes.of(fault.shown(canvas.to_bgr(), Drawn(index, pose, stage.face)))
                shown.put(shown.whole, changed)
            else:
                shown.copy(canvas, (canvas.whole,))
            writer.write(picture)
    return out


# What the renderer was told wrongly


def lips(change: Callable[[Lips], Lips]) -> Fault:
    """The lips are fitted elsewhere, or in another shape."""
    return Fault(fitted=lambda face: replace(face, lips=change(face.lips)))


def moved(right: float, down: float) -> Fault:
    """The mouth opens that far from the lips, in face units."""
    return lips(lambda found: replace(found, x=found.x + right, y=found.y + down, gap=0.0))


def wider(by: float) -> Fault:
    """The corners of the mouth lie beyond the lips: dark wedges in the cheeks."""
    return lips(lambda found: replace(found, half_width=found.half_width * by))


def on_the_upper_lip() -> Fault:
    """A closed mouth is taken for an open one, and the upper lip for its opening."""
    return lips(lambda found: replace(found, upper=found.upper - found.above, gap=found.above, above=0.05))


def on_the_lower_lip() -> Fault:
    """The lower lip is taken for the opening."""
    return lips(lambda found: replace(found, gap=found.gap + found.below, below=0.05))


def posed(change: Callable[[int, list[Pose]], Pose]) -> Fault:
    """Each picture shows ``change`` of its number and the right poses."""
    return Fault(posed=lambda poses: [change(at, poses) for at in range(len(poses))])


def late(frames: int) -> Fault:
    """The mouth comes that much after the sound; before it, where ``frames`` is negative."""
    return posed(lambda at, poses: replace(poses[at], mouth=poses[min(max(at - frames, 0), len(poses) - 1)].mouth))


def frozen() -> Fault:
    """The mouth stands still while the head moves."""
    return posed(lambda at, poses: replace(poses[at], mouth=MouthPose(rest=1)))


def backwards() -> Fault:
    """The mouth says the sentence from its end."""
    return posed(lambda at, poses: replace(poses[at], mouth=poses[-1 - at].mouth))


def never_shut(least: float = 0.3) -> Fault:
    """Lips part on m, b and p too."""

    def parted(mouth: MouthPose) -> MouthPose:
        return (
            mouth
            if mouth.rest > 0.5
            else replace(mouth, open=max(mouth.open, least), press=0.0, jaw=max(mouth.jaw, least))
        )

    return posed(lambda at, poses: replace(poses[at], mouth=parted(poses[at].mouth)))


def trembling(by: float, seed: int = 0) -> Fault:
    """The mouth opens and shuts at random from one picture to the next."""
    random = np.random.default_rng(seed)
    noise = random.uniform(0, by, 10_000)

    def shaken(at: int, poses: list[Pose]) -> Pose:
        mouth = poses[at].mouth
        opening = float(np.clip(mouth.open * 0.4 + noise[at], 0, 1))
        return replace(poses[at], mouth=replace(mouth, open=opening, jaw=opening, press=0.0, rest=0.0))

    return posed(shaken)


def wide_awake() -> Fault:
    """Lids never come down."""
    return posed(lambda at, poses: replace(poses[at], shut=0.0))


def half_shut(share: float = 0.55) -> Fault:
    """Lids stop over the pupils."""
    return posed(lambda at, poses: replace(poses[at], shut=share * poses[at].shut))


def lids(luma: float, blue: float, red: float) -> Fault:
    """Lids of another colour: luma times, chromas plus."""
    add = np.array([blue, red], np.float32)
    return Fault(lidded=lambda skin: replace(skin, luma=skin.luma * np.float32(luma), chroma=skin.chroma + add))


def blinking_below(down: float) -> Fault:
    """What blinks are not the eyes."""
    return Fault(fitted=lambda face: replace(face, eyes=tuple(replace(eye, y=eye.y + down) for eye in face.eyes)))


# What went wrong in the pictures


def mixed(first: Bgr, second: Bgr | NDArray[np.floating], share: NDArray[np.float32]) -> Bgr:
    """``second`` over ``first`` by ``share``."""
    before = first.astype(np.float32)
    return np.asarray(np.clip(before + share * (second - before), 0, 255), np.uint8)


def hollow() -> Fault:
    """What is between the lips has the colour of skin."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        mouth, opening = drawn.face.lips, 0.46 * drawn.pose.mouth.open
        if opening < 0.06:
            return picture
        (x, y), _ = drawn.ellipse(mouth.x + 0.55, mouth.y - 0.25, 0, 0)
        skin = np.median(picture[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3), axis=0)
        at = mouth.y + mouth.upper + 0.4 * mouth.gap + opening / 3
        share = drawn.weight(picture.shape, mouth.x, at, 0.9 * mouth.half_width, 0.55 * opening)
        return mixed(picture, skin, share)

    return Fault(shown=shown)


def without_lip(upper: bool) -> Fault:
    """One lip turns into skin while the mouth is open."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        mouth = drawn.face.lips
        if drawn.pose.mouth.rest > 0.8:
            return picture
        drop = 0.46 * drawn.pose.mouth.open
        at = mouth.y + mouth.upper - mouth.above / 2 - 0.02 if upper else mouth.y + mouth.upper + drop + mouth.below / 2
        skin_u, skin_v = mouth.x, mouth.y + mouth.upper - mouth.above - 0.1
        (x, y), _ = drawn.ellipse(skin_u, skin_v, 0.05, 0.03)
        around = picture[max(0, y - 4) : y + 5, max(0, x - 6) : x + 7].reshape(-1, 3)
        thick = mouth.above * 0.8 + 0.02 if upper else mouth.below * 0.9
        share = drawn.weight(picture.shape, mouth.x, at, mouth.half_width * 0.95, thick)
        return mixed(picture, np.median(around, axis=0), share)

    return Fault(shown=shown)


def teeth_outside(down: float) -> Fault:
    """A row of teeth lies on the skin above or below the lips while the mouth is open."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        if drawn.pose.mouth.open < 0.15:
            return picture
        mouth = drawn.face.lips
        middle, axes = drawn.ellipse(mouth.x, mouth.y + mouth.upper + down, 0.7 * mouth.half_width, 0.045)
        return np.asarray(
            cv2.ellipse(picture.copy(), middle, axes, 0, 0, 360, (215, 225, 230), -1, cv2.LINE_AA), np.uint8
        )

    return Fault(shown=shown)


def wedged() -> Fault:
    """Dark wedges grow from the corners of the mouth into the cheeks."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        if drawn.pose.mouth.open < 0.1:
            return picture
        made = picture.copy()
        mouth = drawn.face.lips
        for side in (-1, 1):
            corner = mouth.x + side * mouth.half_width
            places = [(0.0, -0.03), (0.0, 0.05), (side * 0.2, 0.03)]
            outline = [drawn.ellipse(corner + u, mouth.y + v, 0, 0)[0] for u, v in places]
            cv2.fillConvexPoly(made, np.array(outline, np.int32), (25, 20, 40), cv2.LINE_AA)
        return made

    return Fault(shown=shown)


def torn(u: float, v: float, shift: float) -> Fault:
    """A piece of the face stands beside its place while the mouth is open."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        if drawn.pose.mouth.open < 0.15:
            return picture
        (x, y), (wide, high) = drawn.ellipse(u, v, 0.4, 0.16)
        by = round(shift * drawn.face.frame.scale)
        made = picture.copy()
        made[y - high : y + high, x - wide : x + wide] = picture[y - high : y + high, x - wide + by : x + wide + by]
        return made

    return Fault(shown=shown)


def flickering(levels: float, every: int = 2) -> Fault:
    """The face is lighter and darker in turns."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        share = drawn.weight(picture.shape, 0.0, 0.6, 1.2, 1.6)
        sign = 1 if (drawn.index // every) % 2 else -1
        return np.asarray(np.clip(picture + sign * levels * share, 0, 255), np.uint8)

    return Fault(shown=shown)


def wobbling(pixels: float) -> Fault:
    """What is behind the head sways with it."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        keep = drawn.weight(picture.shape, 0.0, 0.5, 1.35, 1.9)
        x, y = _pixels(*picture.shape[:2])
        phase = drawn.index / 5
        away = pixels * np.float32(math.sin(phase)) * (1 + 0.5 * np.sin(y / 60))
        swayed = cv2.remap(picture, x + away.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return mixed(np.asarray(swayed, np.uint8), picture, keep)

    return Fault(shown=shown)


def another(photo: Bgr, after: int, fade: int = 1) -> Fault:
    """From picture ``after`` on the face is that of ``photo``."""
    face = find_faces(photo)[0]
    theirs = FaceFrame.of(face)

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        share = min(1.0, max(0.0, (drawn.index - after) / fade))
        if not share:
            return picture
        u, v = _places(drawn.face.frame, *picture.shape[:2])
        other = cv2.remap(photo, *theirs.to_picture(u, v), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return mixed(
            picture, np.asarray(other, np.uint8), np.float32(share) * drawn.weight(picture.shape, 0.0, 0.25, 1.0, 0.75)
        )

    return Fault(shown=shown)


def tinted(blue: float, green: float, red: float, after: int = 10) -> Fault:
    """The skin takes another colour soon after the beginning."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        share = drawn.weight(picture.shape, 0.0, 0.6, 1.1, 1.5) * min(1.0, drawn.index / after)
        return np.asarray(np.clip(picture + share * np.array([blue, green, red]), 0, 255), np.uint8)

    return Fault(shown=shown)


def smeared(pull: float) -> Fault:
    """Cheek and chin are drawn out sideways with the mouth."""

    def shown(picture: Bgr, drawn: Drawn) -> Bgr:
        x, y = _pixels(*picture.shape[:2])
        mouth = drawn.face.lips
        share = drawn.weight(picture.shape, mouth.x + 0.35, mouth.y + 0.1, 0.3, 0.45)[..., 0] * drawn.pose.mouth.open
        by = np.float32(pull * drawn.face.frame.scale)
        return np.asarray(cv2.remap(picture, x - by * share, y, cv2.INTER_LINEAR), np.uint8)

    return Fault(shown=shown)
