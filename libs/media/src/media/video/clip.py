"""The common parts of every function that makes one clip out of others: frames in, sound in, one file out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, NotUsable
from media.types import Box, Made
from media.video.encode import BT_709, Colour, VideoSettings, VideoWriter
from media.video.encode_audio import encode_audio
from media.video.filters import FrameFilter, Picture, picture_of
from media.video.source import duration_of, open_media, read_audio, read_part, start_of, video_stream
from media.writing import encoding

Samples = NDArray[np.float32]
Fit = Literal["crop", "pad"]
Progress = Callable[[float], None]

SOUND_RATE = 48_000
CHANNELS = 2
_FAR_S = 30.0
"""What is farther in a film is not read from the beginning on."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size, rate and colour of a clip; sides are even."""

    width: int
    height: int
    rate: Fraction = Fraction(30)
    colour: Colour = BT_709

    def count(self, seconds: float) -> int:
        """How many frames that long is, at least one."""
        return max(1, round(seconds * self.rate))

    def samples(self, frames: int) -> int:
        """How many sound samples stand beside that many frames."""
        return round(frames * SOUND_RATE / self.rate)


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of a source: from ``start`` for ``seconds``."""

    path: Path
    start: float
    seconds: float
    shape: Shape
    picture: Picture
    has_sound: bool


def inspect(path: Path) -> Clip:
    """The whole of ``path`` as it is, upright, its sides made even."""
    with open_media(path) as container:
        stream = video_stream(container)
        has_sound = any(other.type == "audio" and other.codec_context is not None for other in container.streams)
        length = float(stream.duration * stream.time_base) if stream.duration else duration_of(container)
        picture = picture_of(container)
    if length <= 0:
        raise NotUsable(f"{path.name} does not say how long it is", code="NO_DURATION", advice="Export it as MP4.")
    width, height = max(2, picture.shown_width & ~1), max(2, picture.shown_height & ~1)
    rate = Fraction(picture.rate).limit_denominator(1001)
    return Clip(path, 0.0, length, Shape(width, height, min(rate, Fraction(60)), picture.colour), picture, has_sound)


def part(clip: Clip, start: float, end: float) -> Clip:
    """The piece from ``start`` to ``end`` seconds; ``BadMedia`` where there is nothing between them."""
    end = min(end, clip.seconds)
    if not 0 <= start < end:
        raise BadMedia(f"nothing between {start} s and {end} s", code="BAD_TIME", advice="Choose a later end.")
    return replace(clip, start=clip.start + start, seconds=end - start)


def counted(clips: Sequence[Clip], rate: Fraction) -> list[Clip]:
    """The clips as they are played one after the other, each of whole frames at ``rate``: what is rounded at one is
    made good at the next, so that all together are not longer. One that has no frame then is left out."""
    made, at, told = [], 0.0, 0
    for clip in clips:
        at += clip.seconds
        count = round(at * rate) - told
        told += max(count, 0)
        if count > 0:
            made.append(replace(clip, seconds=float(count / rate)))
    return made or [replace(clips[0], seconds=float(1 / rate))]


def frames(clip: Clip, shape: Shape, fit: Fit = "pad", focus: Box | None = None, threads: int = 1) -> Iterator[Any]:
    """As many yuv420p frames in ``shape`` as the clip is long; the last is repeated where the source ends early."""
    wanted = shape.count(clip.seconds)
    with open_media(clip.path) as container:
        stream = video_stream(container)
        stream.codec_context.thread_count = threads
        begin = start_of(container) + Fraction(clip.start).limit_denominator(90_000)
        filtered = FrameFilter(
            replace(clip.picture, start=begin),
            shape.width,
            shape.height,
            shape.rate,
            fit=fit,
            focus=focus,
            colour=shape.colour,
        )
        container.seek(int(begin / stream.time_base), stream=stream, backward=True)
        made, last = 0, None
        for source in _then_end(container.decode(stream)):
            for frame in filtered.through(source):
                if made < wanted:
                    made, last = made + 1, frame
                    yield frame
            if made >= wanted:
                return
        if last is None:
            raise NotUsable(f"{clip.path.name} has no picture there", code="NO_VIDEO", advice="Choose another part.")
        for _ in range(wanted - made):
            yield last


def sound(clip: Clip, shape: Shape) -> Samples:
    """The sound beside ``frames``, stereo at 48 kHz, to the sample as long as they are; silence where there is none."""
    wanted = shape.samples(shape.count(clip.seconds))
    made = np.zeros((wanted, CHANNELS), np.float32)
    if not clip.has_sound:
        return made
    if clip.start > _FAR_S:
        piece = read_part(clip.path, clip.start, wanted / SOUND_RATE, rate=SOUND_RATE)[:wanted]
        made[: len(piece)] = piece
    elif (found := read_audio(clip.path, rate=SOUND_RATE, seconds=clip.start + clip.seconds + 0.5)) is not None:
        piece = found[0][round(clip.start * SOUND_RATE) :][:wanted]
        made[: len(piece)] = piece
    return made


def write(
    out: Path,
    shape: Shape,
    pictures: Iterable[Any],
    samples: Samples | None,
    *,
    target_lufs: float | None = None,
    threads: int = 1,
    total: int = 0,
    progress: Progress | None = None,
) -> Made:
    """Encode frames and sound into ``out`` (H.264/AAC MP4, index first)."""
    track = None
    if samples is not None and len(samples):
        track = encode_audio(samples, SOUND_RATE, target_lufs=target_lufs)
    with encoding(out) as partial, VideoWriter(partial, _settings(shape, threads), track) as writer:
        for picture in pictures:
            writer.write(picture)
            if progress is not None and total and writer.frames % 15 == 0:
                progress(min(1.0, writer.frames / total))
    if progress is not None:
        progress(1.0)
    details: dict[str, float | str] = {} if track is None else {"loudness_lufs": track.loudness_lufs}
    return Made(out, shape.width, shape.height, writer.frames / float(shape.rate), out.stat().st_size, details)


def _settings(shape: Shape, threads: int) -> VideoSettings:
    return VideoSettings(shape.width, shape.height, shape.rate, threads=threads, colour=shape.colour)


def _then_end(frames: Iterable[Any]) -> Iterator[Any]:
    yield from frames
    yield None
