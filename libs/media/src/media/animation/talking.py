"""A photo that speaks: a mouth driven by the sounds and loudness of a recording, eyes that blink, a head that lives.

How it is done is in :mod:`media.animation` and :mod:`media.speech.visemes`. Only the rectangles that move are
computed, on the
planes the encoder takes, and frames go to the encoder one by one: memory does not grow with the recording. One frame is
drawn while the one before is encoded.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from media.animation.eyes.fit import fit_eyes
from media.animation.frame import FaceFrame
from media.animation.framing import Framing, frame_photo
from media.animation.head_rig import HeadPose
from media.animation.motion import blinks, head_track
from media.animation.mouth.fit import fit_lips
from media.animation.mouth.inside import palette
from media.animation.mouth.rig import MouthPose
from media.animation.planes import Canvas, Planes
from media.animation.sound import encoded_sound, loudness_curve
from media.animation.stage import FittedFace, Pose, Stage
from media.errors import BadMedia, NotUsable
from media.faces.preflight import find_faces
from media.images.photos import decode
from media.speech.visemes import mouth_track
from media.types import Bgr, Face, Made, Speech
from media.video.encode import PICTURES_IN_TURN, VideoSettings, VideoWriter, write_behind
from media.writing import encoding

CRF = 20
"""Constant rate factor the film is encoded with."""

_TELL_EVERY_S = 0.1


def render(
    photo: Path,
    speech: Speech,
    out: Path,
    *,
    width: int | None = None,
    height: int | None = None,
    frame_rate: float = 30.0,
    face: Face | int | None = None,
    seed: int = 0,
    motion: float = 1.0,
    threads: int = 1,
    joinable: bool = False,
    crf: int = CRF,
    progress: Callable[[float], None] | None = None,
) -> Made:
    """Make ``photo`` speak ``speech``; an MP4 at ``out`` (H.264 yuv420p BT.709 and AAC, index first).

    With both sides given the photo is cropped around the face to their aspect; with one the aspect is the photo's;
    with none the short side becomes 720 where the long one stays within 1280, and nothing is enlarged more than twice.
    Sides become even. ``face`` picks one of :func:`media.faces.preflight.find_faces` by index, or is one of them;
    without it the largest speaks. ``motion`` scales head motion, brows and breath: at 0 nothing outside the face
    changes and 2 is the most. ``seed`` decides blinks and drift. ``joinable`` and ``crf`` as in ``VideoSettings``. Same
    arguments, same bytes.

    ``details``: ``frames``, ``render_fps`` (frames per second of drawing and encoding), ``face_share`` (face box over
    the picture). Raises ``NotUsable`` (``NO_FACE``, ``NO_SOUND``), ``BadMedia`` for bad parameters, and what decoding
    raises.
    """
    if not 1 <= frame_rate <= 120:
        raise BadMedia(f"a frame rate of {frame_rate} is not between 1 and 120", code="BAD_PARAMETER")
    if not 0 <= motion <= 2:
        raise BadMedia(f"motion {motion} is not between 0 and 2", code="BAD_PARAMETER")
    if not speech.duration > 0:
        raise NotUsable("the recording is empty", code="NO_SOUND", advice="Record or write some speech first.")
    tell = progress or (lambda _share: None)
    tell(0.0)

    image = decode(photo)
    chosen = _chosen(image, face)
    framing = frame_photo(image, chosen, width, height)
    canvas = Canvas.blank(framing.width, framing.height)
    stage = set_stage(image, chosen, framing, canvas, motion=motion > 0)
    del image
    pictures = [blank_frame(framing.width, framing.height) for _ in range(PICTURES_IN_TURN)]
    shown = [canvas_of(picture) for picture in pictures]
    for blank in shown:
        blank.copy(canvas, (canvas.whole,))
    tell(0.05)

    rate = Fraction(frame_rate).limit_denominator(1001)
    count = max(1, math.ceil(speech.duration * rate - Fraction(1, 1000)))
    settings = VideoSettings(framing.width, framing.height, rate, crf=crf, threads=threads, joinable=joinable)
    started = time.perf_counter()
    told = 0.0
    with (
        encoding(out) as part,
        VideoWriter(part, settings, encoded_sound(speech)) as writer,
        write_behind(writer) as write,
    ):
        for index, pose in enumerate(_poses(speech, float(rate), count, seed, motion)):
            stage.draw(pose)
            shown[index % PICTURES_IN_TURN].copy(canvas, stage.regions)
            write(pictures[index % PICTURES_IN_TURN])
            now = time.perf_counter()
            if now - told >= _TELL_EVERY_S:
                told = now
                tell(0.05 + 0.94 * (index + 1) / count)
    seconds = time.perf_counter() - started
    box = chosen.box
    tell(1.0)
    return Made(
        path=out,
        width=framing.width,
        height=framing.height,
        duration=count / float(rate),
        size=out.stat().st_size,
        details={
            "frames": float(count),
            "render_fps": count / seconds,
            "face_share": box.width * box.height * framing.scale**2 / (framing.width * framing.height),
        },
    )


def _chosen(image: Bgr, face: Face | int | None) -> Face:
    if isinstance(face, Face):
        return face
    faces = find_faces(image)
    if not faces:
        raise NotUsable(
            "there is no face in the photo", code="NO_FACE", advice="Use a photo that shows a face from the front."
        )
    index = face or 0
    if not 0 <= index < len(faces):
        raise BadMedia(f"face {index} was chosen of {len(faces)}", code="BAD_PARAMETER")
    return faces[index]


def set_stage(image: Bgr, face: Face, framing: Framing, canvas: Canvas, *, motion: bool) -> Stage:
    """Fit ``face`` of ``image`` and prepare it to be drawn on ``canvas``, which has the size of ``framing``."""
    frame = FaceFrame.of(face)
    lips = fit_lips(image, face, frame)
    fitted = FittedFace(framing.frame(frame), lips, fit_eyes(image, face, frame), palette(image, frame, lips), face.yaw)
    planes = Planes.of(framing.picture(image))
    # What is enlarged is soft: painted edges are made as soft as the photo's own.
    return Stage(planes, fitted, canvas, softness=max(1.2, 0.9 * framing.scale), motion=motion)


def _poses(speech: Speech, frame_rate: float, count: int, seed: int, motion: float) -> Iterator[Pose]:
    """What each frame shows, in order."""
    loudness = loudness_curve(speech, frame_rate, count)
    mouth = mouth_track(speech.phonemes, loudness, frame_rate, duration=speech.duration)
    head = head_track(loudness, frame_rate, seed, motion)
    shut = blinks(count, frame_rate, seed)
    for index in range(count):
        yield Pose(
            mouth=MouthPose(
                open=float(mouth.open[index]),
                wide=float(mouth.wide[index]),
                press=float(mouth.press[index]),
                tuck=float(mouth.tuck[index]),
                tongue=float(mouth.tongue[index]),
                jaw=float(mouth.jaw[index]),
                rest=float(mouth.rest[index]),
            ),
            head=HeadPose(
                right=float(head.right[index]),
                down=float(head.down[index]),
                roll=float(head.roll[index]),
                turn=float(head.turn[index]),
                nod=float(head.nod[index]),
                breath=float(head.breath[index]),
                brow=float(head.brow[index]),
            ),
            shut=float(shut[index]),
        )


def blank_frame(width: int, height: int) -> Any:
    """A yuv420p frame for the encoder, to be drawn on through its planes."""
    return av.VideoFrame(width, height, "yuv420p")


def fill_frame(frame: Any, planes: NDArray[np.uint8]) -> None:
    """Copy a yuv420p picture, shape (height * 3 / 2, width), onto ``frame``."""
    canvas = canvas_of(frame)
    height, width = canvas.luma.shape
    canvas.luma[:] = planes[:height]
    half = (height // 2, width // 2)
    canvas.blue[:] = planes[height : height + height // 4].reshape(half)
    canvas.red[:] = planes[height + height // 4 :].reshape(half)


def canvas_of(frame: Any) -> Canvas:
    """The planes of a yuv420p frame, to be drawn on."""
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    return Canvas(luma, blue, red)
