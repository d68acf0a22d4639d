"""Short sound effects from a seed: for cuts, titles and notifications."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from media.errors import BadMedia
from media.sound.instruments import RATE, Ring, Signal, filtered, frequency, pluck
from media.sound.loudness import limit
from media.sound.wav import write_wav
from media.types import Made

PEAK_DB = -6.0
_FADE_S = 0.01


def make_effect(out: Path, *, kind: str, seed: int = 0) -> Made:
    """Write one of ``KINDS`` as 16-bit stereo WAV at 48 kHz with a true peak of -6 dBTP; the same seed, the same bytes.

    Raises ``BadMedia`` for an unknown kind.
    """
    make = KINDS.get(kind)
    if make is None:
        raise BadMedia(f"no effect {kind!r}; there are {', '.join(KINDS)}", code="BAD_EFFECT")
    sound = make(np.random.default_rng([seed, sorted(KINDS).index(kind)]))
    stereo = sound if sound.ndim == 2 else np.repeat(sound[:, None], 2, axis=1)
    fade = round(_FADE_S * RATE)
    stereo[-fade:] *= np.linspace(1, 0, fade)[:, None]
    ceiling = 10 ** (PEAK_DB / 20)
    samples = limit(stereo / np.abs(stereo).max() * ceiling, RATE, ceiling)
    write_wav(out, samples, RATE)
    return Made(out, 0, 0, len(samples) / RATE, out.stat().st_size, {"kind": kind})


def _whoosh(rng: np.random.Generator) -> Signal:
    """Air passing from left to right: noise whose band rises and falls."""
    times = _times(rng.uniform(0.7, 0.9))
    where = times / times[-1]
    noise = rng.standard_normal(len(times))
    swell = np.sin(np.pi * where**0.8) ** 2
    high = swell**2
    made = filtered(noise, "bandpass", (250, 900)) * (1 - high) + 1.3 * filtered(noise, "bandpass", (900, 5000)) * high
    return _panned(made * swell, 2 * where - 1)


def _pop(rng: np.random.Generator) -> Signal:
    """A bubble: a tone that leaps up and is gone."""
    times = _times(0.16)
    hertz = rng.uniform(280, 380) * 2 ** (1.6 * times / 0.16)
    return np.asarray(_tone(hertz) * np.exp(-times * 32) * _rise(times, 0.003))


def _click(rng: np.random.Generator) -> Signal:
    """A key pressed: a tick of noise and a short low knock."""
    times = _times(0.09)
    tick = filtered(rng.standard_normal(len(times)), "bandpass", (1800, 7000)) * np.exp(-times * 240)
    knock = _tone(np.full_like(times, rng.uniform(170, 210))) * np.exp(-times * 90)
    return np.asarray((0.8 * tick + 0.6 * knock) * _rise(times, 0.0005))


def _chime(rng: np.random.Generator) -> Signal:
    """Two bell notes, the second a fifth above."""
    root = int(rng.integers(76, 80))
    return _notes([(0.0, root), (0.16, root + 7)], 1.6, rng)


def _success(rng: np.random.Generator) -> Signal:
    """A rising major chord: done."""
    root = int(rng.integers(70, 75))
    return _notes([(0.0, root), (0.09, root + 4), (0.18, root + 7), (0.3, root + 12)], 1.5, rng)


def _error(rng: np.random.Generator) -> Signal:
    """Two soft low notes, the second lower: not done."""
    root = int(rng.integers(55, 58))
    return _notes([(0.0, root), (0.17, root - 3)], 0.8, rng)


def _riser(rng: np.random.Generator) -> Signal:
    """Two seconds of rising tension, to end on a cut."""
    times = _times(2.0)
    where = times / times[-1]
    tone = sum(_tone(110 * 2 ** (2 * where) * detune) for detune in (0.995, 1.0, 1.007))
    hiss = filtered(rng.standard_normal(len(times)), "highpass", 2500)
    made = (0.25 * tone + 0.5 * hiss * where) * where**2
    return _panned(np.asarray(made), 0.6 * np.sin(2 * np.pi * 3 * where**2))


def _impact(rng: np.random.Generator) -> Signal:
    """A deep hit with a room behind it."""
    times = _times(1.8)
    boom = _tone(34 + 70 * np.exp(-times * 14)) * np.exp(-times * 3.2)
    crack = filtered(rng.standard_normal(len(times)), "lowpass", 1400) * np.exp(-times * 22)
    ring = Ring.of(round(2.6 * RATE))
    ring.add(0.0, np.asarray((boom + 0.7 * crack) * _rise(times, 0.002)), 1.0)
    ring.room(1.4, 0.4, rng)
    return ring.samples


def _shutter(rng: np.random.Generator) -> Signal:
    """A camera: curtain open, curtain shut."""
    made = np.zeros(round(0.3 * RATE))
    for at, level in ((0.0, 1.0), (0.085, 0.8)):
        times = _times(0.07)
        noise = filtered(rng.standard_normal(len(times)), "bandpass", (1200, 6500))
        start = round(at * RATE)
        made[start : start + len(times)] += level * noise * np.exp(-times * 75) * _rise(times, 0.001)
    return made


KINDS: dict[str, Callable[[np.random.Generator], Signal]] = {
    "whoosh": _whoosh,
    "pop": _pop,
    "click": _click,
    "chime": _chime,
    "success": _success,
    "error": _error,
    "riser": _riser,
    "impact": _impact,
    "shutter": _shutter,
}


def _times(seconds: float) -> Signal:
    return np.arange(round(seconds * RATE)) / RATE


def _tone(hertz: Signal) -> Signal:
    return np.asarray(np.sin(2 * np.pi * np.cumsum(hertz) / RATE))


def _rise(times: Signal, seconds: float) -> Signal:
    return np.asarray(np.clip(times / seconds, 0, 1))


def _panned(mono: Signal, place: Signal) -> Signal:
    angle = np.pi / 4 * (1 + place)
    return np.asarray(mono[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def _notes(notes: list[tuple[float, int]], seconds: float, rng: np.random.Generator) -> Signal:
    """Soft mallet notes with a little room."""
    ring = Ring.of(round((seconds + 0.6) * RATE))
    for at, note in notes:
        ring.add(at, pluck(float(note), seconds - at, brightness=0.32), 1.0)
        shimmer = np.sin(2 * np.pi * 2 * frequency(note) * _times(0.4)) * np.exp(-_times(0.4) * 12)
        ring.add(at, np.asarray(shimmer), 0.1)
    ring.room(0.9, 0.25, rng)
    return ring.samples
