"""The instruments and the room: every sound is a NumPy array of floats at 48 kHz, computed from a seeded generator.

All notes are laid into a ring: what rings on past the end of the piece sounds at its beginning. A piece therefore
repeats without a seam, reverberation included. Arrays that come from the caches of this module are not to be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Signal = NDArray[np.float64]

RATE = 48_000


def frequency(note: float) -> float:
    """Hertz of a MIDI note; 69 is the A of 440 Hz."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def envelope(count: int, attack: float, release: float, *, held: float | None = None) -> Signal:
    """``count`` samples: rise over ``attack`` seconds, hold, fall over ``release``. ``held`` is when falling begins."""
    times = np.arange(count) / RATE
    end = count / RATE
    falling = max(0.0, end - release) if held is None else held
    rise = np.clip(times / max(attack, 1e-4), 0, 1)
    fall = np.clip(1 - (times - falling) / max(release, 1e-4), 0, 1)
    return np.asarray(np.sin(rise * np.pi / 2) ** 2 * np.sin(fall * np.pi / 2) ** 2)


def pad(note: float, seconds: float, rng: np.random.Generator, *, brightness: float = 0.5) -> Signal:
    """A soft, slowly moving chord tone in stereo, ``(n, 2)``: five detuned voices of few harmonics, spread out."""
    release = 1.6
    count = round((seconds + release) * RATE)
    times = np.arange(count) / RATE
    base = frequency(note)
    wave = _one_period(tuple(brightness ** (h - 1) / h for h in range(1, 9) if base * h < 7000))
    made = np.zeros((count, 2))
    for voice in range(5):
        cents, speed, start, offset = rng.normal(0, 5), rng.uniform(0.08, 0.25), rng.uniform(0, 1), rng.uniform(0, 1)
        # The integral of a pitch that drifts by 1.5 parts in a thousand.
        drift = times - 0.0015 * (np.cos(2 * np.pi * (speed * times + start))) / (2 * np.pi * speed)
        phase = base * 2 ** (cents / 1200) * drift + offset
        tone = wave[(phase * len(wave)).astype(np.int64) % len(wave)]
        angle = np.pi / 2 * (0.5 + 0.8 * (voice / 4 - 0.5))
        made[:, 0] += np.cos(angle) * tone
        made[:, 1] += np.sin(angle) * tone
    shape = envelope(count, min(0.9, seconds * 0.4), release, held=seconds)
    return np.asarray(made * shape[:, None] / 5)


@lru_cache(maxsize=64)
def _one_period(harmonics: tuple[float, ...]) -> Signal:
    """One period of a tone, 8192 points, from the levels of its harmonics."""
    turn = 2 * np.pi * np.arange(8192) / 8192
    return np.asarray(sum(level * np.sin(number * turn) for number, level in enumerate(harmonics, 1)))


@lru_cache(maxsize=256)
def pluck(note: float, seconds: float, *, brightness: float = 0.5) -> Signal:
    """A plucked string or soft mallet: harmonics that die away the faster the higher they are; mono."""
    base = frequency(note)
    count = round(seconds * RATE)
    times = np.arange(count) / RATE
    made = np.zeros(count)
    for harmonic in range(1, 13):
        hertz = base * harmonic * np.sqrt(1 + 0.0002 * harmonic**2)
        if hertz > 9000:
            break
        decay = np.exp(-times * (1.6 + 1.3 * harmonic * (base / 440) ** 0.5))
        made += brightness ** (harmonic - 1) * decay * np.sin(2 * np.pi * hertz * times)
    return np.asarray(made * envelope(count, 0.004, 0.05))


@lru_cache(maxsize=128)
def keys(note: float, seconds: float) -> Signal:
    """An electric piano: two sines where one bends the other's phase, less as the note dies away; mono."""
    base = frequency(note)
    count = round((seconds + 0.5) * RATE)
    times = np.arange(count) / RATE
    bend = (1.1 * np.exp(-times * 5) + 0.15) * np.sin(2 * np.pi * base * times)
    bell = 0.25 * np.exp(-times * 14) * np.sin(2 * np.pi * 7 * base * times) if base < 700 else 0.0
    tremolo = 1 + 0.06 * np.sin(2 * np.pi * 4.6 * times)
    tone = np.sin(2 * np.pi * base * times + bend) + bell
    return np.asarray(tone * tremolo * np.exp(-times * 1.3) * envelope(count, 0.006, 0.4, held=seconds))


@lru_cache(maxsize=128)
def bass(note: float, seconds: float, *, brightness: float = 0.35) -> Signal:
    """A round bass note; mono."""
    base = frequency(note)
    count = round((seconds + 0.12) * RATE)
    times = np.arange(count) / RATE
    tone = np.zeros(count)
    for harmonic in range(1, 5):
        level = brightness ** (harmonic - 1)
        tone += level * np.exp(-times * 0.7 * harmonic) * np.sin(2 * np.pi * base * harmonic * times)
    return np.asarray(np.tanh(1.2 * tone) * envelope(count, 0.012, 0.12, held=seconds))


@lru_cache(maxsize=1)
def kick() -> Signal:
    """A soft bass drum: a sine that falls from 110 to 46 Hz."""
    times = np.arange(round(0.35 * RATE)) / RATE
    hertz = 46 + 64 * np.exp(-times * 28)
    tone = np.sin(2 * np.pi * np.cumsum(hertz) / RATE)
    return np.asarray(tone * np.exp(-times * 9) * envelope(len(times), 0.002, 0.1))


def hat(rng: np.random.Generator, *, length: float = 0.05) -> Signal:
    """A closed cymbal or shaker: a short hiss."""
    count = round(length * 4 * RATE)
    times = np.arange(count) / RATE
    hiss = filtered(rng.standard_normal(count), "highpass", 7000)
    return np.asarray(0.35 * hiss * np.exp(-times / length * 2.2) * envelope(count, 0.002, 0.02))


def snap(rng: np.random.Generator) -> Signal:
    """A finger snap or soft rim: three quick bursts of mid-range noise."""
    count = round(0.18 * RATE)
    times = np.arange(count) / RATE
    noise = filtered(rng.standard_normal(count), "bandpass", (1100, 4200))
    bursts = sum((times >= at) * np.exp(-np.clip(times - at, 0, None) * speed) for at, speed in _SNAP_BURSTS)
    return np.asarray(0.8 * noise * bursts * envelope(count, 0.001, 0.03))


def filtered(signal: Signal, kind: str, hertz: float | tuple[float, float]) -> Signal:
    """A second-order Butterworth filter along the first axis."""
    return np.asarray(sosfilt(butter(2, hertz, kind, fs=RATE, output="sos"), signal, axis=0))


@dataclass(slots=True)
class Ring:
    """A stereo piece of fixed length whose end runs into its beginning."""

    count: int
    samples: Signal

    @classmethod
    def of(cls, count: int) -> Ring:
        """An empty piece of ``count`` samples."""
        return cls(count, np.zeros((count, 2)))

    def add(self, at: float, sound: Signal, level: float, place: float = 0.0) -> None:
        """Lay ``sound`` (mono or stereo) in at ``at`` seconds; ``place`` is -1 (left) to 1 (right)."""
        if sound.ndim == 1:
            angle = np.pi / 4 * (1 + place)
            sound = sound[:, None] * np.asarray([np.cos(angle), np.sin(angle)])
        start = round(at * RATE) % self.count
        sound = level * sound
        while len(sound):
            taken = min(len(sound), self.count - start)
            self.samples[start : start + taken] += sound[:taken]
            sound, start = sound[taken:], 0

    def room(self, seconds: float, wet: float, rng: np.random.Generator) -> None:
        """Put the piece into a room that rings for ``seconds`` (60 dB); ``wet`` is how much of it is heard.

        The room is fading noise, duller with time, different left and right; the convolution is circular.
        """
        length = min(self.count, round(seconds * RATE))
        times = np.arange(length) / RATE
        noise = rng.standard_normal((length, 2))
        bright, dull = filtered(noise, "bandpass", (250, 6500)), filtered(noise, "bandpass", (200, 1800))
        share = np.clip(times / seconds * 2.5, 0, 1)[:, None]
        tail = (bright * (1 - share) + dull * share) * np.exp(-6.9 * times / seconds)[:, None]
        tail *= np.clip(times / 0.02, 0, 1)[:, None]
        tail /= np.sqrt(np.square(tail).sum(axis=0)).mean()
        ringing = np.fft.irfft(
            np.fft.rfft(self.samples, axis=0) * np.fft.rfft(tail, n=self.count, axis=0), n=self.count, axis=0
        )
        self.samples = self.samples + wet * ringing

    def warmed(self, low: float, high: float) -> Signal:
        """The piece without what lies below ``low`` and above ``high`` hertz, gently; still without a seam."""
        hertz = np.fft.rfftfreq(self.count, 1 / RATE)[:, None]
        shape = 1 / np.sqrt(1 + (low / np.maximum(hertz, 1e-3)) ** 4) / np.sqrt(1 + (hertz / high) ** 4)
        return np.asarray(np.fft.irfft(np.fft.rfft(self.samples, axis=0) * shape, n=self.count, axis=0))


_SNAP_BURSTS = ((0.0, 260.0), (0.011, 240.0), (0.023, 45.0))
