"""From an engine's raw voice to one that is pleasant to hear: resampling, tone, dynamics, loudness, clean edges.

The equaliser's sections are those of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
coefficients"; the compressor's static curve is the soft-knee one of Giannoulis, Massberg and Reiss, "Digital Dynamic
Range Compressor Design", JAES 60 (2012). Samples are float32, mono, full scale at 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, gcd, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

Samples = NDArray[np.float32]

_BLOCK_S = 0.005
_THRESHOLD_LU = 1.0  # above the recording's own mean level
_RATIO = 2.5
_KNEE_DB = 8.0
_ATTACK_S, _RELEASE_S = 0.008, 0.12
_QUIET_DB = -42.0  # under the loudest block: nothing of the voice is left there


@dataclass(frozen=True, slots=True)
class _Section:
    kind: str
    frequency: float
    gain_db: float
    q: float = sqrt(0.5)


# A formant synthesiser is thin below 250 Hz, shrill around 3.5 kHz and buzzes above 6 kHz.
_TONE = (
    _Section("low_shelf", 220, 2.0),
    _Section("peak", 3600, -3.0, 0.9),
    _Section("high_shelf", 5800, -5.0),
)


def polish(samples: NDArray[np.int16], rate: int, target_rate: int, *, formant: bool = True) -> Samples:
    """The whole chain but loudness and edges: float32 at ``target_rate``, aligned in time with the input.

    ``formant``: the voice is a formant synthesiser's, whose tone is corrected; others only lose their rumble.
    """
    sound = resample(samples, rate, target_rate)
    if not len(sound):
        return sound
    return compress(equalise(sound, target_rate, _TONE if formant else ()), target_rate)


def resample(samples: NDArray[np.int16], rate: int, target_rate: int) -> Samples:
    """Convert 16-bit samples to float32 at another rate through a linear-phase polyphase filter (no delay)."""
    sound = samples.astype(np.float32) / np.float32(32768)
    if rate == target_rate or not len(sound):
        return sound
    common = gcd(rate, target_rate)
    made: Samples = resample_poly(sound, target_rate // common, rate // common, window=("kaiser", 9.0))
    return made.astype(np.float32, copy=False)


def equalise(sound: Samples, rate: int, tone: Sequence[_Section] = _TONE) -> Samples:
    """Take rumble away, and, for a formant synthesiser's ``tone``, warm the low end a little and soften the shrill."""
    sections = [butter(2, 70, "highpass", fs=rate, output="sos")[0]]
    sections += [_biquad(section, rate) for section in tone if section.frequency < 0.45 * rate]
    made: Samples = sosfilt(np.asarray(sections, dtype=np.float32), sound)
    return made


def compress(sound: Samples, rate: int) -> Samples:
    """Even the level out gently: 2.5 to 1 above the recording's mean, fast up, slow down."""
    block = max(1, round(_BLOCK_S * rate))
    level = block_level_db(sound, block)
    loud = level[level > level.max(initial=-120.0) - 30]
    if not loud.size or loud.max() <= -119:
        return sound
    over = level - (10 * np.log10(np.mean(10 ** (loud / 10))) + _THRESHOLD_LU)
    curve = np.where(over > _KNEE_DB / 2, over, np.maximum(over + _KNEE_DB / 2, 0) ** 2 / (2 * _KNEE_DB))
    wanted = -(1 - 1 / _RATIO) * curve
    attack, release = (float(np.exp(-_BLOCK_S / time)) for time in (_ATTACK_S, _RELEASE_S))
    gain_db = np.empty(len(wanted), dtype=np.float32)
    now = 0.0
    for index, want in enumerate(wanted.tolist()):
        keep = attack if want < now else release
        now = keep * now + (1 - keep) * want
        gain_db[index] = now
    centres = (np.arange(len(gain_db)) + 0.5) * block
    gain = np.interp(np.arange(len(sound)), centres, 10 ** (gain_db / 20)).astype(np.float32)
    return sound * gain


def trim(pieces: list[Samples], rate: int, lead_s: float, tail_s: float) -> tuple[list[Samples], float]:
    """Cut what can be heard out of consecutive ``pieces``, with ``lead_s`` and ``tail_s`` of quiet around it.

    Returns the pieces, edges faded over 10 ms, and by how many seconds everything in them moved (added to old times it
    gives new ones); no pieces where nothing can be heard.
    """
    loudest = max((float(block_level_db(piece, _block(rate)).max(initial=-120.0)) for piece in pieces), default=-120.0)
    spans = [_voiced(piece, rate, max(-90.0, loudest + _QUIET_DB)) for piece in pieces]
    heard = [index for index, span in enumerate(spans) if span is not None]
    if not heard:
        return [], 0.0
    first, last = heard[0], heard[-1]
    before = sum(len(piece) for piece in pieces[:first])
    kept = list(pieces[first : last + 1])
    begin, end = (spans[first] or (0, 0))[0], (spans[last] or (0, 0))[1]
    kept[-1] = _ended(kept[-1], end, round(tail_s * rate), rate)
    lead = round(lead_s * rate)
    kept[0] = _ended(kept[0][::-1], len(kept[0]) - begin, lead, rate)[::-1]
    return kept, (lead - begin - before) / rate


def _ended(sound: Samples, end: int, tail: int, rate: int) -> Samples:
    """``sound`` up to ``end`` with ``tail`` samples of real or added quiet behind, the edge faded."""
    body = sound[: end + tail].copy()
    fade = min(len(body), round(0.01 * rate))
    body[len(body) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.pad(body, (0, end + tail - len(body)))


def _voiced(sound: Samples, rate: int, quiet_db: float) -> tuple[int, int] | None:
    """First and one-past-last sample of what is louder than ``quiet_db``."""
    heard = np.flatnonzero(block_level_db(sound, _block(rate)) > quiet_db)
    if not heard.size:
        return None
    return int(heard[0]) * _block(rate), min(len(sound), (int(heard[-1]) + 1) * _block(rate))


def _block(rate: int) -> int:
    return max(1, round(_BLOCK_S * rate))


def block_level_db(sound: NDArray[np.floating], block: int) -> NDArray[np.float64]:
    """Mean power of each block of samples in dB of full scale (not under -120); the last one may be short."""
    whole = len(sound) // block * block
    power = np.mean(np.square(sound[:whole].reshape(-1, block)), axis=1, dtype=np.float64)
    if whole < len(sound):
        power = np.append(power, np.mean(np.square(sound[whole:]), dtype=np.float64))
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def _biquad(section: _Section, rate: int) -> NDArray[np.float64]:
    """One second-order section ``b0 b1 b2 1 a1 a2`` of the cookbook."""
    amplitude = 10 ** (section.gain_db / 40)
    omega = 2 * pi * section.frequency / rate
    cosine, alpha = cos(omega), sin(omega) / (2 * section.q)
    if section.kind == "peak":
        b = (1 + alpha * amplitude, -2 * cosine, 1 - alpha * amplitude)
        a = (1 + alpha / amplitude, -2 * cosine, 1 - alpha / amplitude)
    else:
        sign = 1.0 if section.kind == "low_shelf" else -1.0
        plus, minus, root = amplitude + 1, amplitude - 1, 2 * sqrt(amplitude) * alpha
        b = (
            amplitude * (plus - sign * minus * cosine + root),
            sign * 2 * amplitude * (minus - sign * plus * cosine),
            amplitude * (plus - sign * minus * cosine - root),
        )
        a = (
            plus + sign * minus * cosine + root,
            -sign * 2 * (minus + sign * plus * cosine),
            plus + sign * minus * cosine - root,
        )
    return np.asarray([*b, *a]) / a[0]
