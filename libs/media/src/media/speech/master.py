"""Bringing a recording of any length to its loudness, piece by piece, so that memory stays near that of its file.

One gain for all pieces, a true-peak limiter in each (they meet in pauses, where no limiter works), both measured and
corrected as one programme after ITU-R BS.1770-4 by :mod:`media.sound.loudness`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from media.sound.loudness import LoudnessMeter, limit

_TOLERANCE_LU = 0.1
_CORRECTIONS = 4
_SAFE = 0.6  # of the ceiling: a waveform does not rise that much between its samples


def master(
    pieces: Sequence[NDArray[np.float32]], rate: int, target_lufs: float, ceiling_db: float
) -> tuple[list[NDArray[np.int16]], float]:
    """16-bit pieces at ``target_lufs`` with no true peak over ``ceiling_db`` dBTP, and the loudness they measure.

    A recording of mere peaks may end below the target, silence stays silent.
    """
    ceiling = 10 ** (ceiling_db / 20) * (1 - 2**-15)
    gain_db = 0.0
    made: list[NDArray[np.int16]] = []
    reached = _loudness(pieces, rate)
    for _ in range(_CORRECTIONS):
        if not np.isfinite(reached) or (made and abs(target_lufs - reached) < _TOLERANCE_LU):
            break
        gain_db += target_lufs - reached
        made = [_limited(piece * np.float32(10 ** (gain_db / 20)), rate, ceiling) for piece in pieces]
        reached = _loudness(made, rate)
    return made or [np.zeros(len(piece), np.int16) for piece in pieces], reached


def _limited(sound: NDArray[np.float32], rate: int, ceiling: float) -> NDArray[np.int16]:
    if float(np.abs(sound).max(initial=0.0)) > _SAFE * ceiling:
        sound = limit(sound, rate, ceiling)[:, 0].astype(np.float32)
    return np.rint(sound * 32767).astype(np.int16)


def _loudness(pieces: Sequence[NDArray[np.float32] | NDArray[np.int16]], rate: int) -> float:
    meter = LoudnessMeter(rate, 1, peaks=False)
    for piece in pieces:
        sound = piece / np.float32(32768) if piece.dtype == np.int16 else piece
        meter.add(sound)
    return meter.lufs()
