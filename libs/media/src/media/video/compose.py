"""Putting clips together: join, cut, cross-fade, picture in picture, title cards, music under speech.

Every function writes one H.264/AAC MP4 with its index first, byte-identical when called again with the same arguments.
Times are seconds; sizes default to those of the first source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, NotUsable
from media.images.planes import frame_planes
from media.sound.ducking import duck, looped
from media.types import Made
from media.video.cards import draw_card
from media.video.clip import (
    CHANNELS,
    SOUND_RATE,
    Clip,
    Fit,
    Progress,
    Samples,
    Shape,
    frames,
    inspect,
    part,
    sound,
    write,
)
from media.video.encode import remux_with_sound
from media.video.encode_audio import encode_audio
from media.video.source import read_audio

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

_MAX_SIDE = 4096


def concatenate(
    sources: Sequence[Path],
    out: Path,
    *,
    width: int | None = None,
    height: int | None = None,
    frame_rate: float | None = None,
    fit: Fit = "pad",
    threads: int = 1,
    progress: Progress | None = None,
) -> Made:
    """Play the sources one after the other; those of another shape are padded (``fit="pad"``) or cropped to it.

    A source without sound is silent for its part. Raises ``BadMedia`` for no sources or impossible sizes.
    """
    if not sources:
        raise BadMedia("nothing to put together", code="BAD_REQUEST")
    clips = [inspect(source) for source in sources]
    shape = _shape(clips[0], width, height, frame_rate)
    pictures = chain.from_iterable(frames(clip, shape, fit, threads=threads) for clip in clips)
    samples = np.concatenate([sound(clip, shape) for clip in clips]) if any(clip.has_sound for clip in clips) else None
    total = sum(shape.count(clip.seconds) for clip in clips)
    return write(out, shape, pictures, samples, threads=threads, total=total, progress=progress)


def cut(
    source: Path, out: Path, *, start: float, end: float, threads: int = 1, progress: Progress | None = None
) -> Made:
    """The part from ``start`` to ``end``, exact to a frame; ``end`` may lie behind the end of the source."""
    whole = inspect(source)
    clip = part(whole, start, end)
    samples = _faded(sound(clip, clip.shape), 0.005, 0.005) if clip.has_sound else None
    total = clip.shape.count(clip.seconds)
    pictures = frames(clip, clip.shape, threads=threads)
    return write(out, clip.shape, pictures, samples, threads=threads, total=total, progress=progress)


def crossfade(
    first: Path,
    second: Path,
    out: Path,
    *,
    seconds: float = 0.5,
    fit: Fit = "pad",
    threads: int = 1,
    progress: Progress | None = None,
) -> Made:
    """``first`` turning into ``second`` over ``seconds``: pictures mix evenly, sounds at equal power.

    The result is ``seconds`` shorter than both together. Raises ``BadMedia`` where a source is not longer than that.
    """
    one, two = inspect(first), inspect(second)
    shape = one.shape
    lengths, overlap = (shape.count(one.seconds), shape.count(two.seconds)), round(seconds * shape.rate)
    if overlap < 1 or overlap >= min(lengths):
        raise BadMedia(f"no room for {seconds} s of fading", code="BAD_TIME", advice="Choose a shorter fade.")

    def pictures() -> Iterator[Any]:
        front, back = frames(one, shape, fit, threads=threads), frames(two, shape, fit, threads=threads)
        for number, frame in enumerate(front):
            mixed = number - (lengths[0] - overlap)
            yield frame if mixed < 0 else _mixed(frame, next(back), (mixed + 1) / (overlap + 1))
        yield from back

    samples = _crossed(sound(one, shape), sound(two, shape), shape.samples(overlap))
    total = sum(lengths) - overlap
    heard = samples if one.has_sound or two.has_sound else None
    return write(out, shape, pictures(), heard, threads=threads, total=total, progress=progress)


def overlay(
    base: Path,
    inset: Path,
    out: Path,
    *,
    corner: Corner = "bottom-right",
    share: float = 0.3,
    start: float = 0.0,
    sounds: Literal["base", "inset", "both"] = "both",
    threads: int = 1,
    progress: Progress | None = None,
) -> Made:
    """Picture in picture: ``inset`` with round corners over ``base``, ``share`` of its width, from ``start`` on.

    The result is as long as ``base``; the inset leaves when it ends. ``sounds`` says whose sound is heard.
    """
    if not 0.05 <= share <= 0.9 or start < 0:
        raise BadMedia("the inset takes 0.05 to 0.9 of the width and starts at 0 or later", code="BAD_REQUEST")
    under, over = inspect(base), inspect(inset)
    shape = under.shape
    inset_width = max(16, round(shape.width * share) & ~1)
    inset_height = max(16, round(inset_width * over.shape.height / over.shape.width) & ~1)
    inset_height = min(inset_height, round(shape.height * 0.9) & ~1)
    small = replace(shape, width=inset_width, height=inset_height)
    margin = max(2, round(min(shape.width, shape.height) * 0.04) & ~1)
    left = margin if corner.endswith("left") else (shape.width - inset_width - margin) & ~1
    top = margin if corner.startswith("top") else (shape.height - inset_height - margin) & ~1
    mask = _rounded(inset_width, inset_height)
    first = round(start * shape.rate)

    def pictures() -> Iterator[Any]:
        insets = frames(over, small, "crop", threads=threads)
        for number, frame in enumerate(frames(under, shape, threads=threads)):
            if number >= first and (picture := next(insets, None)) is not None:
                frame.make_writable()
                _place(frame, picture, mask, left, top)
            yield frame

    samples = np.zeros((shape.samples(shape.count(under.seconds)), CHANNELS), np.float32)
    if sounds in ("base", "both"):
        samples += sound(under, shape)
    if sounds in ("inset", "both"):
        piece = sound(over, shape)[: max(0, len(samples) - shape.samples(first))]
        samples[shape.samples(first) :][: len(piece)] += piece
    heard = samples if under.has_sound or over.has_sound else None
    total = shape.count(under.seconds)
    return write(out, shape, pictures(), heard, threads=threads, total=total, progress=progress)


def title_card(
    out: Path,
    *,
    title: str,
    subtitle: str = "",
    seconds: float = 3.0,
    width: int = 1080,
    height: int = 1920,
    frame_rate: float = 30.0,
    colours: tuple[str, str] = ("#1d2b53", "#3b5bdb"),
    picture: Path | None = None,
    font_folders: Sequence[Path] | None = None,
    threads: int = 1,
) -> Made:
    """A silent card with a title, over a gradient of two colours or over ``picture`` (an image, blurred and darkened).

    It fades in from and out to black. Text is shaped, set as large as fits the safe area, and ordered by the
    bidirectional algorithm. Raises ``NotUsable`` where no installed font draws it, ``BadMedia`` for an empty title.
    """
    shape = _checked(width, height, frame_rate)
    count = shape.count(seconds)
    card = draw_card(title, subtitle, width, height, colours, picture, font_folders)
    still = av.VideoFrame.from_ndarray(card, format="bgr24").reformat(format="yuv420p", dst_colorspace="ITU709")
    fade = min(round(0.4 * shape.rate), count // 3)

    def pictures() -> Iterator[Any]:
        for number in range(count):
            light = min(1.0, (number + 1) / (fade + 1), (count - number) / (fade + 1))
            yield _dimmed(still, light)

    silence = np.zeros((shape.samples(count), CHANNELS), np.float32)
    return write(out, shape, pictures(), silence, threads=threads)


def mix_music(
    source: Path,
    music: Path,
    out: Path,
    *,
    music_lufs: float = -24.0,
    duck_db: float = -10.0,
    fade_in: float = 0.5,
    fade_out: float = 1.5,
    target_lufs: float = -14.0,
) -> Made:
    """Put ``music`` under the sound of ``source``: looped to its length, quieter by ``duck_db`` while somebody speaks.

    The music alone is brought to ``music_lufs``, the whole to ``target_lufs`` as measured after encoding. The pictures
    are copied, not encoded again. A source without sound gets the music at the target. ``details``: ``loudness_lufs``,
    ``true_peak_db``, ``ducked_share`` (of the time). Raises ``NotUsable`` where the music has no sound.
    """
    clip = inspect(source)
    found = read_audio(music, rate=SOUND_RATE, seconds=600.0)
    if found is None or not np.any(found[0]):
        raise NotUsable(f"{music.name} has no sound", code="NO_AUDIO", advice="Choose another piece of music.")
    speech = sound(clip, clip.shape)
    bed = looped(found[0], SOUND_RATE, len(speech), music_lufs)
    gain = duck(speech, SOUND_RATE, duck_db)
    mixed = speech + _faded(bed * gain[:, None], fade_in, fade_out)
    track = encode_audio(mixed, SOUND_RATE, target_lufs=target_lufs)
    remux_with_sound(source, track, out)
    details: dict[str, float | str] = {
        "loudness_lufs": track.loudness_lufs,
        "true_peak_db": track.true_peak_db,
        "ducked_share": float((gain < 10 ** (duck_db / 40)).mean()),
    }
    return Made(out, clip.shape.width, clip.shape.height, clip.seconds, out.stat().st_size, details)


def _shape(first: Clip, width: int | None, height: int | None, frame_rate: float | None) -> Shape:
    own = first.shape
    return replace(_checked(width or own.width, height or own.height, frame_rate or float(own.rate)), colour=own.colour)


def _checked(width: int, height: int, frame_rate: float) -> Shape:
    if width % 2 or height % 2 or not (16 <= width <= _MAX_SIDE and 16 <= height <= _MAX_SIDE):
        raise BadMedia(f"{width}x{height}: sides must be even, 16 to {_MAX_SIDE}", code="BAD_REQUEST")
    if not 1 <= frame_rate <= 120:
        raise BadMedia(f"no video has {frame_rate} pictures a second", code="BAD_REQUEST")
    return Shape(width, height, Fraction(frame_rate).limit_denominator(1001))


def _mixed(one: Any, other: Any, share: float) -> Any:
    one.make_writable()
    for mine, theirs in zip(frame_planes(one), frame_planes(other), strict=True):
        mine[:] = cv2.addWeighted(mine, 1 - share, theirs, share, 0)
    return one


def _crossed(one: Samples, other: Samples, overlap: int) -> Samples:
    turn = np.linspace(0, np.pi / 2, overlap)[:, None]
    middle = one[-overlap:] * np.cos(turn) + other[:overlap] * np.sin(turn)
    return np.asarray(np.concatenate([one[:-overlap], middle, other[overlap:]]), np.float32)


def _faded(samples: Samples, fade_in: float, fade_out: float) -> Samples:
    made = samples.copy()
    first, last = (min(len(made), round(fade * SOUND_RATE)) for fade in (fade_in, fade_out))
    made[:first] *= np.linspace(0, 1, first, dtype=np.float32)[:, None]
    made[len(made) - last :] *= np.linspace(1, 0, last, dtype=np.float32)[:, None]
    return np.asarray(made, np.float32)


def _rounded(width: int, height: int) -> NDArray[np.float32]:
    """How much of the inset is seen at each pixel, 0 to 1: a rectangle with round, smooth corners."""
    radius = max(2, round(min(width, height) * 0.08))
    fine = np.zeros((height * 4, width * 4), np.uint8)
    corner = 4 * radius
    cv2.rectangle(fine, (corner, 0), (4 * width - corner - 1, 4 * height - 1), 255, -1)
    cv2.rectangle(fine, (0, corner), (4 * width - 1, 4 * height - corner - 1), 255, -1)
    for x in (corner, 4 * width - corner - 1):
        for y in (corner, 4 * height - corner - 1):
            cv2.circle(fine, (x, y), corner, 255, -1)
    return np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255), np.float32)


def _place(frame: Any, inset: Any, mask: NDArray[np.float32], left: int, top: int) -> None:
    for under, over, scale in zip(frame_planes(frame), frame_planes(inset), (1, 2, 2), strict=True):
        height, width = over.shape
        share = mask if scale == 1 else cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        spot = under[top // scale : top // scale + height, left // scale : left // scale + width]
        spot[:] = np.round(spot + (over.astype(np.float32) - spot) * share)


def _dimmed(still: Any, light: float) -> Any:
    frame = av.VideoFrame(still.width, still.height, "yuv420p")
    for target, source, dark in zip(frame_planes(frame), frame_planes(still), (16, 128, 128), strict=True):
        target[:] = cv2.addWeighted(source, light, np.full_like(source, dark), 1 - light, 0)
    return frame
