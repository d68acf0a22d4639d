"""Background music from a seed: chords that lead back to their beginning, played softly enough to speak over.

A bed is composed as data (``Style``): a tempo, chord progressions, and which instruments play how. The seed chooses
key, progression, figures and small irregularities; the same seed gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media.errors import BadMedia
from media.sound.effects import KINDS, make_effect
from media.sound.instruments import RATE, Ring, bass, hat, keys, kick, pad, pluck, snap
from media.sound.loudness import integrated_lufs, normalise, true_peak_db
from media.sound.wav import write_wav
from media.types import Made

__all__ = ["KINDS", "STYLES", "make_bed", "make_effect"]

BED_LUFS = -20.0
_SHORTEST_S, _LONGEST_S = 2.0, 600.0
_BEATS = 4

# Chords as steps of the key and the notes over the root, in semitones.
_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)
_MAJOR_7, _MINOR_7, _DOMINANT_9 = (0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 10, 14)
_ADD_9, _SUS_2 = (0, 4, 7, 14), (0, 2, 7)

Chord = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of bed is played. Levels are linear; patterns are beats within a bar of four."""

    tempo: float
    progressions: tuple[tuple[Chord, ...], ...]
    bars_per_chord: int = 1
    pads: float = 0.0
    brightness: float = 0.5
    plucks: float = 0.0
    pluck_beats: tuple[float, ...] = ()
    electric: float = 0.0
    electric_beats: tuple[float, ...] = ()
    bass: float = 0.0
    bass_beats: tuple[float, ...] = ()
    kicks: float = 0.0
    kick_beats: tuple[float, ...] = ()
    hats: float = 0.0
    hat_beats: tuple[float, ...] = ()
    snaps: float = 0.0
    snap_beats: tuple[float, ...] = ()
    swing: float = 0.0
    melody: float = 0.0
    room_s: float = 2.0
    wet: float = 0.35
    low: float = 45.0
    high: float = 9000.0


_EIGHTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
_BRIGHT_FOUR: tuple[tuple[Chord, ...], ...] = (
    ((0, _ADD_9), (7, _MAJOR), (9, _MINOR_7), (5, _MAJOR_7)),
    ((0, _MAJOR), (9, _MINOR_7), (5, _ADD_9), (7, _MAJOR)),
    ((5, _MAJOR_7), (7, _MAJOR), (9, _MINOR_7), (0, _ADD_9)),
)

STYLES: dict[str, Style] = {
    "calm": Style(
        tempo=66,
        progressions=(
            ((0, _MAJOR_7), (9, _MINOR_7), (5, _MAJOR_7), (7, _SUS_2)),
            ((0, _ADD_9), (5, _MAJOR_7), (9, _MINOR_7), (5, _ADD_9)),
            ((9, _MINOR_7), (5, _MAJOR_7), (0, _ADD_9), (7, _SUS_2)),
        ),
        pads=0.55,
        brightness=0.42,
        plucks=0.16,
        pluck_beats=(0.0, 1.5, 2.0, 3.5),
        bass=0.22,
        bass_beats=(0.0,),
        melody=0.10,
        room_s=3.2,
        wet=0.5,
    ),
    "upbeat": Style(
        tempo=112,
        progressions=_BRIGHT_FOUR,
        pads=0.22,
        plucks=0.28,
        pluck_beats=_EIGHTHS,
        brightness=0.55,
        bass=0.34,
        bass_beats=(0.0, 1.5, 2.0, 3.5),
        kicks=0.55,
        kick_beats=(0.0, 2.0, 2.5),
        hats=0.16,
        hat_beats=_EIGHTHS,
        snaps=0.26,
        snap_beats=(1.0, 3.0),
        melody=0.14,
        room_s=1.3,
        wet=0.22,
        high=11_000,
    ),
    "corporate": Style(
        tempo=104,
        progressions=_BRIGHT_FOUR,
        pads=0.34,
        plucks=0.24,
        pluck_beats=_EIGHTHS,
        brightness=0.48,
        bass=0.28,
        bass_beats=(0.0, 2.0),
        kicks=0.34,
        kick_beats=(0.0, 2.0),
        hats=0.08,
        hat_beats=(0.5, 1.5, 2.5, 3.5),
        room_s=1.8,
        wet=0.3,
    ),
    "cinematic": Style(
        tempo=76,
        progressions=(
            ((9, _MINOR), (5, _MAJOR), (0, _ADD_9), (7, _MAJOR)),
            ((9, _MINOR), (0, _MAJOR), (7, _SUS_2), (5, _ADD_9)),
            ((2, _MINOR_7), (9, _MINOR), (5, _MAJOR_7), (7, _SUS_2)),
        ),
        bars_per_chord=2,
        pads=0.75,
        brightness=0.58,
        plucks=0.15,
        pluck_beats=(0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5),
        bass=0.38,
        bass_beats=(0.0,),
        kicks=0.4,
        kick_beats=(0.0,),
        melody=0.12,
        room_s=4.0,
        wet=0.6,
    ),
    "lofi": Style(
        tempo=78,
        progressions=(
            ((2, _MINOR_7), (7, _DOMINANT_9), (0, _MAJOR_7), (9, _MINOR_7)),
            ((0, _MAJOR_7), (9, _MINOR_7), (2, _MINOR_7), (7, _DOMINANT_9)),
            ((5, _MAJOR_7), (4, _MINOR_7), (2, _MINOR_7), (0, _MAJOR_7)),
        ),
        electric=0.30,
        electric_beats=(0.0, 1.5, 2.5),
        pads=0.12,
        bass=0.36,
        bass_beats=(0.0, 1.5, 2.5),
        kicks=0.5,
        kick_beats=(0.0, 1.75, 2.5),
        hats=0.10,
        hat_beats=_EIGHTHS,
        snaps=0.30,
        snap_beats=(1.0, 3.0),
        swing=0.12,
        melody=0.10,
        room_s=1.2,
        wet=0.25,
        high=4200,
    ),
}


def make_bed(out: Path, *, style: str, seconds: float, tempo: float | None = None, seed: int = 0) -> Made:
    """Write a background bed as 16-bit stereo WAV at 48 kHz, -20 LUFS, exactly ``seconds`` long.

    ``style`` is one of ``STYLES``. The tempo (beats a minute) is moved a little so that whole bars fill the time; the
    end runs into the beginning, reverberation included, so the file repeats without a seam. ``details``: ``style``,
    ``tempo``, ``bars``, ``key`` (semitones over C), ``loudness_lufs``, ``true_peak_db``. Raises ``BadMedia`` for an
    unknown style or a length outside 2 s to 10 min.
    """
    plan = STYLES.get(style)
    if plan is None:
        raise BadMedia(f"no style {style!r}; there are {', '.join(STYLES)}", code="BAD_STYLE")
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise BadMedia(f"a bed lasts {_SHORTEST_S:.0f} to {_LONGEST_S:.0f} s", code="BAD_DURATION")
    if tempo is not None and not 40 <= tempo <= 200:
        raise BadMedia("a tempo lies between 40 and 200 beats a minute", code="BAD_TEMPO")
    bars = max(1, round(seconds * (tempo or plan.tempo) / 60 / _BEATS))
    beat = seconds / bars / _BEATS
    rng = np.random.default_rng([seed, sorted(STYLES).index(style)])
    key = int(rng.integers(-4, 5))
    ring = Ring.of(round(seconds * RATE))
    _play(ring, plan, bars, beat, key, rng)
    ring.room(plan.room_s, plan.wet, rng)
    samples = normalise(ring.warmed(plan.low, plan.high), RATE, BED_LUFS, -1.5)
    write_wav(out, samples, RATE)
    details: dict[str, float | str] = {
        "style": style,
        "tempo": 60 / beat,
        "bars": float(bars),
        "key": float(key % 12),
        "loudness_lufs": integrated_lufs(samples, RATE),
        "true_peak_db": true_peak_db(samples, RATE),
    }
    return Made(out, 0, 0, len(samples) / RATE, out.stat().st_size, details)


def _play(ring: Ring, plan: Style, bars: int, beat: float, key: int, rng: np.random.Generator) -> None:
    progression = plan.progressions[int(rng.integers(len(plan.progressions)))]
    arpeggio = rng.permutation(6)
    motif = rng.integers(0, 5, 4)
    voicing: list[int] = []
    for bar in range(bars):
        step, notes = progression[_place(bar // plan.bars_per_chord, -(-bars // plan.bars_per_chord), len(progression))]
        root = 60 + key + step
        chord = [root + note for note in notes]
        voicing = _near(chord, voicing)
        start = bar * _BEATS * beat
        if bar % plan.bars_per_chord == 0 and plan.pads:
            length = min(plan.bars_per_chord, bars - bar) * _BEATS * beat
            for note in voicing:
                ring.add(start, pad(note, length, rng, brightness=plan.brightness), plan.pads)
        _rhythm(ring, plan, start, beat, rng)
        low = root - 24 if root - 24 >= 33 else root - 12
        for number, at in enumerate(plan.bass_beats):
            length = (plan.bass_beats[number + 1 :] or (float(_BEATS),))[0] - at
            ring.add(_swung(start, at, beat, plan), bass(low, 0.9 * length * beat), plan.bass)
        for at in plan.electric_beats:
            for number, note in enumerate(voicing):
                time = _swung(start, at, beat, plan) + 0.012 * number + rng.uniform(0, 0.008)
                ring.add(time, keys(note, 1.1 * beat), plan.electric * rng.uniform(0.8, 1), 0.25 * (number % 3 - 1))
        scale = sorted({*chord, *(note + 12 for note in chord)})
        for number, at in enumerate(plan.pluck_beats):
            note = scale[int(arpeggio[number % 6]) % len(scale)]
            accent = 1.0 if at % 1 == 0 else 0.75
            time = _swung(start, at, beat, plan) + rng.uniform(0, 0.006)
            sound = pluck(note + 12, 1.4, brightness=plan.brightness)
            ring.add(time, sound, plan.plucks * accent * rng.uniform(0.85, 1), 0.5 * np.sin(number * 2.4))
        if plan.melody and bar % 2 == 1:
            for number, pick in enumerate(motif[: 3 if bar % 4 == 1 else 2]):
                note = scale[int(pick) % len(scale)] + 12
                ring.add(start + (number * 1.5) * beat, pluck(note, 2.2, brightness=0.3), plan.melody, 0.2)


def _rhythm(ring: Ring, plan: Style, start: float, beat: float, rng: np.random.Generator) -> None:
    for at in plan.kick_beats:
        ring.add(_swung(start, at, beat, plan), kick(), plan.kicks)
    for at in plan.hat_beats:
        accent = 1.0 if at % 1 else 0.65
        ring.add(_swung(start, at, beat, plan), hat(rng), plan.hats * accent * rng.uniform(0.7, 1), 0.3)
    for at in plan.snap_beats:
        ring.add(_swung(start, at, beat, plan) + rng.uniform(0, 0.01), snap(rng), plan.snaps, -0.15)


def _place(number: int, count: int, length: int) -> int:
    """Which chord of the progression comes: round and round, but the piece ends with its last, which lead home."""
    rest = count % length
    if number < count - rest or number == 0:
        return number % length
    return length - (count - number)


def _swung(start: float, at: float, beat: float, plan: Style) -> float:
    """When a stroke falls: those off the beat come late by ``swing`` of a beat."""
    return start + (at + (plan.swing if at % 1 >= 0.5 else 0.0)) * beat


def _near(chord: list[int], before: list[int]) -> list[int]:
    """Put each note of the chord into the octave nearest to the chord before, so that voices move by small steps."""
    centre = np.mean(before) if before else 62.0
    placed = [note + 12 * round((centre - note) / 12) for note in chord]
    return sorted(set(placed))
