"""What a living face does besides speaking: it blinks, its head drifts and nods, it breathes.

All of it is drawn from one seed. Blink spacing and length follow Bentivoglio et al., "Analysis of blink rate patterns
in normal subjects" (1997): about 26 a minute in conversation, long-tailed; a blink closes faster than it opens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float32]

_BLINK_EVERY_S, _BLINK_LEAST_S = 3.4, 1.1
_CLOSE_S, _SHUT_S, _OPEN_S = 0.075, 0.04, 0.15


@dataclass(frozen=True, slots=True)
class HeadTrack:
    """The head per frame, in face units and radians: shift right and down, roll, turn and nod (how far the middle of
    the face moves against its outline), breath (how far the chest has risen), brow (raised, 0 to 1)."""

    right: Curve
    down: Curve
    roll: Curve
    turn: Curve
    nod: Curve
    breath: Curve
    brow: Curve


def blinks(count: int, frame_rate: float, seed: int) -> Curve:
    """How far the eyes are shut in each of ``count`` frames, 0 to 1. The first and last half second have no blink."""
    random = np.random.default_rng([seed, 1])
    times = (np.arange(count) + 0.5) / frame_rate
    shut = np.zeros(count)
    at = 0.6 + float(random.gamma(2.0, 0.5))
    length = count / frame_rate
    while at < length - 0.5:
        for start in (at, at + 0.32) if random.random() < 0.12 else (at,):
            falling = (times - start) / _CLOSE_S
            rising = 1 - (times - start - _CLOSE_S - _SHUT_S) / _OPEN_S
            shut = np.maximum(shut, _eased(np.minimum(falling, rising)))
        at += _BLINK_LEAST_S + float(random.gamma(2.0, (_BLINK_EVERY_S - _BLINK_LEAST_S) / 2))
    return shut.astype(np.float32)


def head_track(loudness: Curve, frame_rate: float, seed: int, strength: float) -> HeadTrack:
    """The head for each frame of ``loudness`` (0 to 1): slow drift, breath, and nods where speech is stressed."""
    random = np.random.default_rng([seed, 2])
    times = (np.arange(len(loudness)) + 0.5) / frame_rate
    # A film starts and ends as the photo: every motion grows from nothing.
    fade = _eased(np.minimum(times / 0.8, (times[-1] - times) / 0.5)) if len(times) else times

    def drift(amplitude: float, slowest: float, fastest: float) -> Curve:
        value = np.zeros(len(times))
        for _ in range(4):
            frequency = float(random.uniform(slowest, fastest))
            value += np.sin(2 * np.pi * (frequency * times + float(random.random()))) / 2
        return (strength * amplitude * fade * value).astype(np.float32)

    accent = _accents(loudness, frame_rate)
    breath = 0.5 - 0.5 * np.cos(2 * np.pi * (0.24 * times))
    nod = drift(0.010, 0.12, 0.4) + (strength * fade * 0.022 * accent).astype(np.float32)
    return HeadTrack(
        right=drift(0.020, 0.06, 0.22),
        down=drift(0.010, 0.08, 0.25) + (strength * fade * (0.016 * accent - 0.008 * breath)).astype(np.float32),
        roll=drift(0.011, 0.07, 0.24),
        turn=drift(0.022, 0.07, 0.26),
        nod=nod,
        breath=(strength * fade * 0.020 * breath).astype(np.float32),
        brow=(strength * fade * np.clip(1.6 * accent, 0, 1)).astype(np.float32),
    )


def _accents(loudness: Curve, frame_rate: float) -> NDArray[np.float64]:
    """0 to 1 where a stretch of about a syllable stands out from the phrase around it."""
    if not len(loudness):
        return np.zeros(0)
    fine, broad = (_mean(loudness, seconds * frame_rate) for seconds in (0.09, 0.7))
    return np.asarray(np.clip(_mean(np.maximum(fine - broad, 0), 0.08 * frame_rate) * 2.5, 0, 1))


def _mean(values: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    reach = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    return np.convolve(np.pad(values, reach, mode="edge"), kernel / kernel.sum(), mode="valid")


def _eased(share: NDArray[np.floating]) -> NDArray[np.float64]:
    share = np.clip(share, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
