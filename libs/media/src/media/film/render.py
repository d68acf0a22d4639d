"""One shot as pictures: a photo under a slow camera, a vendor's clip, a title card, words, or a face that speaks.

Every shot of one target has the same headers, so that shots are joined without being encoded again. Its sound is the
film's and is mixed for the whole: what a portrait's file holds of it is left behind at joining.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from media.animation import talking
from media.captions.burn import CaptionPainter
from media.errors import BadMedia, NotUsable
from media.film.camera import Subject
from media.film.depth import Look, look_at_file
from media.film.frames import camera_frames
from media.film.plan import FRAME_RATE, Kind, Motion, Shot, Target
from media.film.speech import in_shot
from media.images.photos import decode, sniff
from media.images.planes import frame_planes
from media.types import Bgr, Cue, Made, Speech
from media.video.cards import draw_card
from media.video.clip import Shape, frames, inspect
from media.video.encode import VideoSettings, VideoWriter
from media.writing import encoding

Progress = Callable[[float], None]

_ENOUGH = 1440  # of a photo's shorter side
_FADE_S = 0.4
_DRIFT = 1.05
_PORTRAIT_CRF = 12  # of what is encoded again because captions are drawn in
_LEAST_SIDE, _MOST_SIDE = 64, 3840
_TELL_EVERY = 15


def render_shot(
    shot: Shot,
    out: Path,
    *,
    target: Target,
    picture: Path | None = None,
    narration: Speech | None = None,
    cues: Sequence[Cue] = (),
    look: Look | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
) -> Made:
    """Write the pictures of ``shot`` to ``out`` (H.264 in MP4): exactly ``shot.frames`` of them, 30 a second.

    ``picture`` is what the shot shows: a photo, over which the camera moves (with depth where a person is cut out), or
    a video, which is cropped to the frame, cut to the length, and held at its end. Without one the words are shown, and
    a card stands on the target's colours. A portrait needs the ``narration``; without a face in its picture it is
    ``NotUsable`` (``NO_FACE``). ``cues``, in the time of the shot, are drawn in where the target burns subtitles.
    ``look`` is given where the photo was looked at elsewhere (:func:`media.film.depth.look_at_file`). Same arguments,
    same bytes.

    Raises ``BadMedia`` for sides that are odd or out of bounds, what decoding raises, and ``NotUsable`` (``NO_FONT``)
    where no installed font draws the letters.
    """
    _check(target)
    tell = progress or (lambda _share: None)
    tell(0.0)
    painted = list(cues) if target.burn_subtitles else []
    if shot.kind is Kind.PORTRAIT:
        _portrait(shot, out, target, picture, narration, painted, seed, threads, tell)
    else:
        _write(shot, out, target, _pictures(shot, target, picture, look, threads), painted, threads, tell)
    tell(1.0)
    return Made(out, target.width, target.height, shot.length_s, out.stat().st_size, {"frames": float(shot.frames)})


def _pictures(shot: Shot, target: Target, picture: Path | None, look: Look | None, threads: int) -> Iterator[Any]:
    size = (target.width, target.height, shot.frames, float(FRAME_RATE))
    if shot.kind is Kind.CARD:
        card = _card(shot.title, shot.subtitle, target, picture)
        return _faded(camera_frames(card, Look(None, None), Motion.PUSH_IN, *size), shot.frames)
    if picture is None:
        return camera_frames(_words(shot.spoken, target), Look(None, None), Motion.PUSH_IN, *size)
    if _is_video(picture):
        clip = replace(inspect(picture), seconds=shot.length_s)
        shape = Shape(target.width, target.height, Fraction(FRAME_RATE))
        return frames(clip, shape, "crop", threads=threads)
    image = decode(picture, enough=_ENOUGH)
    look = look or look_at_file(picture)
    if look.subject is None and shot.toward is not None:
        look = replace(look, subject=Subject(*shot.toward))
    return camera_frames(image, look, shot.motion, *size, zoom=shot.zoom)


def _write(
    shot: Shot, out: Path, target: Target, pictures: Iterable[Any], cues: Sequence[Cue], threads: int, tell: Progress
) -> None:
    painter = _painter(cues, target)
    with encoding(out) as part, VideoWriter(part, _settings(target, threads)) as writer:
        for number, frame in enumerate(pictures):
            if painter is not None:
                painter.paint(frame, number / FRAME_RATE)
            writer.write(frame)
            if number % _TELL_EVERY == 0:
                tell(0.05 + 0.9 * number / shot.frames)


def _portrait(
    shot: Shot,
    out: Path,
    target: Target,
    picture: Path | None,
    narration: Speech | None,
    cues: Sequence[Cue],
    seed: int,
    threads: int,
    tell: Progress,
) -> None:
    if picture is None or narration is None:
        missing = "picture" if picture is None else "narration"
        raise BadMedia(f"a portrait needs its {missing}", code="BAD_SHOT", advice=f"Give the shot a {missing}.")
    with tempfile.TemporaryDirectory(prefix=".portrait-", dir=out.parent) as folder:
        speech = in_shot(shot, narration, Path(folder) / "speech.wav")
        drawn = out if not cues else Path(folder) / "drawn.mp4"
        talking.render(
            picture,
            speech,
            drawn,
            width=target.width,
            height=target.height,
            frame_rate=float(FRAME_RATE),
            seed=seed,
            threads=threads,
            joinable=True,
            crf=target.crf if not cues else _PORTRAIT_CRF,
            progress=lambda share: tell((0.95 if not cues else 0.6) * share),
        )
        if cues:
            clip = replace(inspect(drawn), seconds=shot.length_s)
            _write(shot, out, target, frames(clip, clip.shape, threads=threads), cues, threads, lambda _share: None)


def _painter(cues: Sequence[Cue], target: Target) -> CaptionPainter | None:
    folders = None if target.font_folders is None else [Path(folder) for folder in target.font_folders]
    return CaptionPainter(cues, target.width, target.height, font_folders=folders) if cues else None


def _card(title: str, subtitle: str, target: Target, picture: Path | None) -> Bgr:
    """The card, a little larger than the frame: the camera goes in slowly."""
    folders = None if target.font_folders is None else [Path(folder) for folder in target.font_folders]
    width, height = (round(side * _DRIFT / 2) * 2 for side in (target.width, target.height))
    ground = picture if picture is not None and not _is_video(picture) else None
    return draw_card(title, subtitle, width, height, target.colours, ground, folders)


def _words(spoken: str, target: Target) -> Bgr:
    """What is said, written on the target's colours; the colours alone where it is too long for that."""
    try:
        return _card(spoken or " ", "", target, None)
    except NotUsable:
        raise
    except BadMedia:
        return _ground(target)


def _ground(target: Target) -> Bgr:
    """The target's colours, one at the left turning into the other at the right."""
    first, last = (
        np.array([int(colour[at : at + 2], 16) for at in (5, 3, 1)], np.float32) for colour in target.colours
    )
    share = np.linspace(0, 1, target.width, dtype=np.float32)[None, :, None]
    row = first + (last - first) * share
    return np.ascontiguousarray(np.broadcast_to(row, (target.height, target.width, 3)).round().astype(np.uint8))


def _faded(pictures: Iterable[Any], count: int) -> Iterator[Any]:
    """In from black and out to it."""
    fade = min(round(_FADE_S * FRAME_RATE), count // 3)
    for number, frame in enumerate(pictures):
        light = min(1.0, (number + 1) / (fade + 1), (count - number) / (fade + 1))
        if light < 1:
            for plane, dark in zip(frame_planes(frame), (16, 128, 128), strict=True):
                plane[:] = cv2.addWeighted(plane, light, np.full_like(plane, dark), 1 - light, 0)
        yield frame


def _is_video(path: Path) -> bool:
    with path.open("rb") as file:
        return sniff(file.read(64)).startswith("video/")


def _settings(target: Target, threads: int) -> VideoSettings:
    rate = Fraction(FRAME_RATE)
    return VideoSettings(target.width, target.height, rate, crf=target.crf, threads=threads, joinable=True)


def _check(target: Target) -> None:
    for side in (target.width, target.height):
        if side % 2 or not _LEAST_SIDE <= side <= _MOST_SIDE:
            raise BadMedia(
                f"{target.width}x{target.height}: sides must be even, {_LEAST_SIDE} to {_MOST_SIDE}",
                code="BAD_REQUEST",
                advice="Choose 1280x720, or 720x1280 for a tall film.",
            )
