"""From sounds to mouth shapes: which pose each phoneme wants, and how neighbouring ones melt into each other.

Co-articulation follows Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993): every segment
pulls each part of the mouth towards its target with a dominance that decays before and after it, and the pose is the
weighted mean. Rounding starts early and weighs much, a /k/ or /h/ leaves the lips to their neighbours. What must close
(m b p) or touch (f v) is not left to the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from media.types import Phoneme

Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Viseme:
    """What one sound wants. ``open`` 0 closed to 1 wide, ``wide`` -1 pursed to 1 spread, ``press`` lips sealed,
    ``tuck`` lower lip to the upper teeth, ``tongue`` tip seen behind the teeth; ``pull`` and ``shape`` are how firmly
    it insists on the opening and on the width."""

    open: float
    wide: float = 0.0
    pull: float = 1.0
    shape: float = 0.5
    press: float = 0.0
    tuck: float = 0.0
    tongue: float = 0.0


@dataclass(frozen=True, slots=True)
class MouthTrack:
    """The mouth over time, one value per frame: see :class:`Viseme`; ``jaw`` is the slower part of ``open``, ``rest``
    is how far the face is back to the photo's own expression."""

    open: Curve
    wide: Curve
    press: Curve
    tuck: Curve
    tongue: Curve
    jaw: Curve
    rest: Curve

    def __len__(self) -> int:
        return len(self.open)


def _vowels() -> dict[str, Viseme]:
    shapes = {
        (0.32, 0.80): "i",
        (0.40, 0.55): "ɪɨ",
        (0.48, 0.60): "e",
        (0.60, 0.50): "ɛ",
        (0.78, 0.50): "æ",
        (0.92, 0.15): "aä",
        (0.95, 0.00): "ɑ",
        (0.75, 0.10): "ɐ",
        (0.65, 0.10): "ʌ",
        (0.42, 0.05): "əɘɵ",
        (0.48, -0.05): "ɜɤ",
        (0.42, -0.25): "ɚɝ",
        (0.80, -0.35): "ɒ",
        (0.70, -0.55): "ɔ",
        (0.52, -0.80): "oɞ",
        (0.40, -0.65): "ʊʏ",
        (0.32, -1.00): "uy",
        (0.26, 0.25): "ɯ",
        (0.44, -0.75): "ø",
        (0.56, -0.55): "œɶ",
    }
    return {
        letter: Viseme(opening, wide, pull=1.0, shape=0.5 + 0.7 * abs(wide))
        for (opening, wide), letters in shapes.items()
        for letter in letters
    }


def _consonants() -> dict[str, Viseme]:
    shapes = {
        "pbm": Viseme(0.0, 0.0, pull=1.5, shape=0.15, press=1.0),
        "fvɱʋ": Viseme(0.08, 0.1, pull=1.3, shape=0.3, tuck=1.0),
        "β": Viseme(0.08, -0.1, pull=1.0, shape=0.3),
        "ɸ": Viseme(0.1, -0.3, pull=1.0, shape=0.4),
        "wɥʍ": Viseme(0.12, -1.0, pull=1.0, shape=1.4),
        "θð": Viseme(0.2, 0.15, pull=0.9, shape=0.3, tongue=1.0),
        "tdnɖʈɳ": Viseme(0.2, 0.15, pull=0.6, shape=0.2, tongue=0.5),
        "lɭɫʎ": Viseme(0.3, 0.1, pull=0.6, shape=0.2, tongue=0.8),
        "rɾɽʀʁ": Viseme(0.26, 0.0, pull=0.5, shape=0.2, tongue=0.5),
        "ɹɻ": Viseme(0.22, -0.4, pull=0.6, shape=0.7),
        "szʦʣ": Viseme(0.12, 0.4, pull=1.0, shape=0.5),
        "ʃʒɕʑʂʐ": Viseme(0.16, -0.5, pull=1.0, shape=0.9),
        "c": Viseme(0.22, 0.3, pull=0.5, shape=0.3),
        "çʝɲɟ": Viseme(0.2, 0.5, pull=0.6, shape=0.4),
        "j": Viseme(0.2, 0.65, pull=0.6, shape=0.5),
        "kgɡŋxχɣqɴɢ": Viseme(0.3, 0.0, pull=0.3, shape=0.1),
        "hɦʔħʕ": Viseme(0.4, 0.0, pull=0.12, shape=0.05),
    }
    return {letter: viseme for letters, viseme in shapes.items() for letter in letters}


VISEMES: dict[str, Viseme] = _vowels() | _consonants()
"""The pose of every IPA letter that has one; marks of stress, length and tone have none."""

_UNKNOWN = Viseme(0.3, pull=0.4, shape=0.1)
_BEFORE_S, _AFTER_S = 0.055, 0.05  # time constants of the dominance: lips move ahead of the sound
_REACH_S = 0.45
_REST_PULL = 0.12
_SEAL_RAMP_S, _TUCK_RAMP_S = 0.038, 0.045
_JAW_S = 0.045
_LOUD_SHARE = 0.88  # how much of the opening the loudness commands
_SETTLE_S = 0.22


@dataclass(frozen=True, slots=True)
class _Segment:
    start: float
    end: float
    viseme: Viseme


def mouth_track(
    phonemes: Sequence[Phoneme], loudness: Curve, frame_rate: float, *, duration: float | None = None
) -> MouthTrack:
    """The pose for every frame; frame n stands for the time ``(n + 0.5) / frame_rate``.

    ``loudness`` has one value from 0 (silence) to 1 (loudest) per frame and sets the length of the track.
    """
    count = len(loudness)
    times = ((np.arange(count) + 0.5) / frame_rate).astype(np.float32)
    segments = list(_segments(phonemes))

    sums = np.zeros((3, count), np.float32)
    weights = np.full((3, count), _REST_PULL, np.float32)
    seal, tuck = np.zeros(count, np.float32), np.zeros(count, np.float32)
    apart = np.full(count, np.inf, np.float32)
    for segment in segments:
        first = max(0, int((segment.start - _REACH_S) * frame_rate))
        last = min(count, int((segment.end + _REACH_S) * frame_rate) + 1)
        if first >= last:
            continue
        part, at, viseme = slice(first, last), times[first:last], segment.viseme
        early = np.maximum(segment.start - at, 0)
        late = np.maximum(at - segment.end, 0)
        decay = np.exp(-early / _BEFORE_S - late / _AFTER_S)
        for row, (target, pull) in enumerate(
            ((viseme.open, viseme.pull), (viseme.wide, viseme.shape), (viseme.tongue, viseme.pull))
        ):
            sums[row, part] += target * pull * decay
            weights[row, part] += pull * decay
        if viseme.press:
            seal[part] = np.maximum(seal[part], _contact(at, segment, frame_rate, _SEAL_RAMP_S))
        if viseme.tuck:
            tuck[part] = np.maximum(tuck[part], _contact(at, segment, frame_rate, _TUCK_RAMP_S))
        apart[part] = np.minimum(apart[part], early + late)

    opening, wide, tongue = sums / weights
    opening *= (1 - _LOUD_SHARE) + _LOUD_SHARE * loudness
    # A seal that follows the mean would leak: it is taken out of the opening instead.
    opening *= 1 - seal
    opening = np.where(tuck > 0, np.minimum(opening, opening * (1 - tuck) + 0.1 * tuck), opening)
    return MouthTrack(
        open=np.clip(opening, 0, 1).astype(np.float32),
        wide=np.clip(wide, -1, 1).astype(np.float32),
        press=seal,
        tuck=np.minimum(tuck, 1 - seal),
        tongue=np.clip(tongue, 0, 1).astype(np.float32),
        jaw=_smoothed(np.clip(opening, 0, 1), _JAW_S * frame_rate),
        rest=_rest(times, apart, count / frame_rate if duration is None else duration),
    )


def _segments(phonemes: Sequence[Phoneme]) -> Iterator[_Segment]:
    """Sounds in order, diphthongs and affricates taken apart, each letter with its share of the time."""
    for phoneme in phonemes:
        found = [VISEMES[letter] for letter in phoneme.ipa if letter in VISEMES] or [_UNKNOWN]
        bounds = np.linspace(phoneme.start, phoneme.end, len(found) + 1).tolist()
        for viseme, (start, end) in zip(found, pairwise(bounds), strict=True):
            yield _Segment(start, end, viseme)


def _contact(times: Curve, segment: _Segment, frame_rate: float, ramp: float) -> Curve:
    """1 while the sound lasts, and long enough that one frame at least shows it; sloping down on both sides."""
    middle, half = (segment.start + segment.end) / 2, (segment.end - segment.start) / 2
    # The lips meet and part inside the sound: the neighbours keep their own time.
    half = max(half - 0.012, 0.55 / frame_rate)
    share = np.clip(1 - (np.abs(times - middle) - half) / ramp, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _smoothed(values: NDArray[np.floating], sigma: float) -> Curve:
    """Gaussian mean over neighbouring frames, without delay."""
    if not len(values):
        return np.zeros(0, np.float32)
    reach = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / max(sigma, 1e-3)))
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid").astype(np.float32)


def _rest(times: Curve, apart: Curve, duration: float) -> Curve:
    """1 at both ends and in the middle of long pauses, so that the film begins and ends as the photo looks."""
    ends = np.maximum(1 - times / _SETTLE_S, 1 - (duration - times) / _SETTLE_S)
    pause = np.clip((apart - _REACH_S / 2) / (_REACH_S / 2), 0, 1)
    share = np.clip(np.maximum(ends, pause), 0, 1) * np.clip(apart / 0.1, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
