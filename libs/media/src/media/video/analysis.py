"""Finding the places where a long recording may be cut: silences, speech, scene changes, and its energy over time.

All of it streams: memory does not grow with the length of the recording, but for one number per 10 or 100 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, NotUsable
from media.video.source import first_stream, open_media, start_of, video_stream

Span = tuple[float, float]
"""From and to, in seconds."""

_RATE = 16_000
_STEP = 160  # samples: 10 ms
_STEP_S = _STEP / _RATE
_FLOOR_DB = -90.0
_SPEECH_BAND = (250.0, 3800.0)
_SCENE_SIDE = 64


def silences(path: Path, *, below_db: float = -45.0, at_least: float = 0.3) -> tuple[Span, ...]:
    """The stretches of at least ``at_least`` seconds whose level (dBFS, RMS of 10 ms) stays below ``below_db``.

    Raises ``NotUsable`` (``NO_AUDIO``) for a file without sound.
    """
    level, _ = _levels(path)
    return _spans(level < below_db, at_least)


def energy_curve(path: Path, *, step: float = 0.1) -> NDArray[np.float32]:
    """The level of the sound in dBFS (RMS), one value for each ``step`` seconds (10 ms to 10 s); -90 for silence.

    Raises ``NotUsable`` (``NO_AUDIO``) for a file without sound, ``BadMedia`` for a step out of range.
    """
    if not 0.01 <= step <= 10:
        raise BadMedia("the step lies between 0.01 and 10 s", code="BAD_STEP")
    level, _ = _levels(path)
    group = max(1, round(step / _STEP_S))
    power = 10 ** (level / 10)
    padded = np.pad(power, (0, -len(power) % group), mode="edge" if len(power) else "constant")
    means = padded.reshape(-1, group).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(means, 10 ** (_FLOOR_DB / 10))), np.float32)


def speech_activity(path: Path, *, at_least: float = 0.15, bridge: float = 0.25) -> tuple[Span, ...]:
    """The stretches in which somebody probably speaks, gaps of up to ``bridge`` seconds closed.

    A 10 ms step counts as speech when two fifths of its power lie where voices have most of theirs (250 to 3800 Hz) and
    it stands above the background: by a third of the way from the quiet tenth of the recording to its loud tenth (in
    dB), at least 6 dB over the former. Steady sound (hum, hiss, a held note) is background by that rule. Raises
    ``NotUsable`` (``NO_AUDIO``).
    """
    level, voiced = _levels(path)
    if not len(level):
        return ()
    quiet, loud = (float(np.quantile(level, share)) for share in (0.1, 0.9))
    threshold = max(-60.0, quiet + max(6.0, (loud - quiet) / 3))
    smooth = np.convolve(np.pad(level, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    active = (smooth > threshold) & (voiced > 0.4)
    return _spans(_closed(active, round(bridge / _STEP_S)), at_least)


def scene_changes(path: Path, *, threshold: float = 0.35, at_least: float = 0.5) -> tuple[float, ...]:
    """The times of hard cuts, the first picture of each new scene, at least ``at_least`` seconds apart.

    Two neighbouring pictures, 64 pixels a side, are compared by their colours (the share of the histogram over luma, Cr
    and Cb that differs) and by what stands where (mean luma difference over 64 levels). A cut is where the mean of both
    exceeds ``threshold`` and twice the change around it, so that fast motion and flicker do not count. Raises
    ``NotUsable`` (``NO_VIDEO``) for a file without picture.
    """
    times: list[float] = []
    every: list[float] = []
    before: _Look | None = None
    for time, picture in _small_pictures(path):
        now = _look(picture)
        if before is not None:
            times.append(time)
            every.append(_change(before, now))
        before = now
    found: list[float] = []
    for index, (time, change) in enumerate(zip(times, every, strict=True)):
        around = every[max(0, index - 3) : index] + every[index + 1 : index + 4]
        alone = change > 2 * (sum(around) / len(around) if around else 0.0)
        if change > threshold and alone and (not found or time - found[-1] >= at_least):
            found.append(time)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Changes:
    """How much the picture changes from one look to the next, 0 to 1: as a cut does, and by motion alone."""

    times: NDArray[np.float64]
    cuts: NDArray[np.float64]
    motion: NDArray[np.float64]


def changes(path: Path, *, every: float = 0.2, tell: Callable[[float], None] | None = None) -> Changes:
    """Look at the picture ``every`` seconds. ``tell`` is told how many seconds have been seen; it may raise to stop.

    Raises ``NotUsable`` (``NO_VIDEO``) for a file without picture.
    """
    times: list[float] = []
    found: list[tuple[float, float]] = []
    before: _Look | None = None
    for time, picture in _small_pictures(path, every):
        now = _look(picture)
        times.append(time)
        found.append((0.0, 0.0) if before is None else (_change(before, now), _moved(before, now)))
        before = now
        if tell is not None:
            tell(time)
    both = np.array(found, np.float64).reshape(-1, 2)
    return Changes(np.array(times), both[:, 0], both[:, 1])


_Look = tuple[NDArray[np.float32], NDArray[np.float32]]


def _look(picture: NDArray[np.uint8]) -> _Look:
    histogram = cv2.calcHist([picture], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3).reshape(-1) / _SCENE_SIDE**2
    return np.asarray(histogram, np.float32), picture[..., 0].astype(np.float32)


def _change(before: _Look, now: _Look) -> float:
    colours = float(np.abs(now[0] - before[0]).sum()) / 2
    places = min(1.0, float(np.abs(now[1] - before[1]).mean()) / 64)
    return (colours + places) / 2


def _moved(before: _Look, now: _Look) -> float:
    return min(1.0, float(np.abs(now[1] - before[1]).mean()) / 64)


def _levels(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For every 10 ms: the level in dBFS, and the share of the power that lies in the band of voices."""
    levels: list[NDArray[np.float64]] = []
    shares: list[NDArray[np.float64]] = []
    window = np.hanning(2 * _STEP)
    hertz = np.fft.rfftfreq(2 * _STEP, 1 / _RATE)
    band = (hertz >= _SPEECH_BAND[0]) & (hertz <= _SPEECH_BAND[1])
    for block in _blocks(path):
        steps = block[: len(block) - _STEP].reshape(-1, _STEP)
        levels.append(10 * np.log10(np.maximum(np.square(steps).mean(axis=1), 10 ** (_FLOOR_DB / 10))))
        frames = np.concatenate([steps, block[_STEP:].reshape(-1, _STEP)], axis=1)
        power = np.square(np.abs(np.fft.rfft(frames * window, axis=1)))
        shares.append(power[:, band].sum(axis=1) / np.maximum(power.sum(axis=1), 1e-12))
    if not levels:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(levels), np.concatenate(shares)


def _blocks(path: Path) -> Iterator[NDArray[np.float64]]:
    """The sound, mono at 16 kHz, in pieces of whole steps, each followed by the first step of the next."""
    kept = np.zeros(0)
    for piece in _mono(path):
        kept = np.concatenate([kept, piece])
        whole = (len(kept) // _STEP - 1) * _STEP
        if whole >= 100 * _STEP:
            yield kept[: whole + _STEP]
            kept = kept[whole:]
    kept = np.pad(kept, (0, -len(kept) % _STEP))
    if len(kept):
        yield np.pad(kept, (0, _STEP))


def _mono(path: Path) -> Iterator[NDArray[np.float64]]:
    with open_media(path) as container:
        stream = first_stream(container, "audio")
        if stream is None:
            raise NotUsable("there is no sound in this file", code="NO_AUDIO", advice="Choose a file with sound.")
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        begin = start_of(container)
        first = True
        for frame in container.decode(stream):
            late = float(frame.pts * frame.time_base - begin) if first and frame.pts is not None else 0.0
            first = False
            if late > 0:
                yield np.zeros(round(min(late, 60.0) * _RATE))
            frame.pts = None
            for made in resampler.resample(frame):
                yield made.to_ndarray().reshape(-1).astype(np.float64)
        for made in resampler.resample(None):
            yield made.to_ndarray().reshape(-1).astype(np.float64)


def _small_pictures(path: Path, every: float = 0.0) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Every picture as 64 x 64 luma, Cr, Cb, with its time; or one ``every`` so many seconds."""
    with open_media(path) as container:
        stream = video_stream(container)
        begin = start_of(container)
        if every:
            # Pictures that no other refers to need not be decoded: there are enough without.
            stream.codec_context.skip_frame = "NONREF"
        due = -math.inf
        for frame in container.decode(stream):
            if frame.pts is None or float(frame.pts * frame.time_base - begin) < due:
                continue
            due = float(frame.pts * frame.time_base - begin) + every - 1e-3
            small = frame.reformat(width=_SCENE_SIDE, height=_SCENE_SIDE, format="bgr24", interpolation="AREA")
            picture = cv2.cvtColor(small.to_ndarray(), cv2.COLOR_BGR2YCrCb)
            yield float(frame.pts * frame.time_base - begin), np.asarray(picture, np.uint8)


def _spans(active: NDArray[np.bool_], at_least: float) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    pairs = zip(edges[::2] * _STEP_S, edges[1::2] * _STEP_S, strict=True)
    return tuple((round(float(a), 3), round(float(b), 3)) for a, b in pairs if b - a >= at_least - 1e-9)


def _closed(active: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """``active`` with gaps of at most ``gap`` steps filled."""
    made = active.copy()
    for one, other in pairwise(np.flatnonzero(active)):
        if 1 < other - one <= gap + 1:
            made[one:other] = True
    return made
