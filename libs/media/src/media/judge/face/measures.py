"""What a watched face says of its film, as measures by name."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from media.judge.face.watch import Watch
from media.judge.mouth import LAG_SHARE, loudness_at
from media.speech.visemes import mouth_track
from media.types import Speech

Series = NDArray[np.float64]

_RATE = 30.0
_FARTHEST = 12.0  # frames between sound and mouth that are looked for in a film long enough
_FEWEST = 12
_SEEN_WELL = 80  # percentile: a lip that is there is not seen well in each picture
_CONTRAST = 10.0  # levels between lip and skin, below which the colour of a lip says nothing
_BLINKS_S = 4.8  # in so long a time everybody blinks
_BLINKED = 0.4  # of an eye's contrast
_AROUND = 8  # pictures: what sways has come back by then
_OPEN = 0.06  # units: what is inside can be seen


def measures(watch: Watch, speech: Speech | None, samples: NDArray[np.float32], rate: int) -> dict[str, float]:
    """Everything that can be said of this film; what cannot (no sounds are known, nobody blinked) is left out.

    ``lips_follow``: correlation of the opening with what the sounds of ``speech`` and its loudness ask for, at the best
    lag; ``lips_late``: that lag, frames of 1/30 s. ``lips_move``: spread of the opening,
    hundredths of the eyes' distance; ``lips_apart``: opening on m, b and p over the widest one, ``seals``: how many of
    them were looked at.
    ``upper_lip``, ``lower_lip``: how much of a lip is there while the mouth is open, 0 to 1; ``lower_colour``: whether
    it has its colour. ``outside``: area, over the mouth's, of what is paler or darker beside
    the lips than skin there; ``torn``: that of new edges; ``widened``: widest mouth over the one at first; ``hollow``:
    share of the opening that is skin. ``awake``: how much an eye keeps of itself at the deepest blink; ``lids``: levels
    between a shut lid and the skin beside it; ``shut``: how far the lower half of an eye changes at the deepest blink,
    over its contrast. ``alike``: correlation of the upper face with itself; ``hue``: levels its
    colour moves. ``flicker``: levels of light between neighbouring pictures; ``sway``: how far the background swings,
    in distances of the eyes.
    """
    found: dict[str, float] = {}
    if len(watch.seen) < _FEWEST:
        return found
    gap = _of(watch, "gap")
    opened = gap > np.percentile(gap, 60)
    if speech is not None and speech.phonemes:
        found |= _follows(watch, gap, speech, samples, rate)
        found["lips_move"] = 100 * float(np.std(gap))
    for lip in ("upper", "lower"):
        found[f"{lip}_lip"] = float(np.percentile(_of(watch, f"{lip}_kept")[opened], _SEEN_WELL))
    if watch.rest.contrast >= _CONTRAST:
        found["lower_colour"] = float(np.median(_of(watch, "lower_colour")[opened]))
    found["outside"] = float(np.percentile(np.maximum(_of(watch, "bright"), _of(watch, "dark")), 94))
    found["torn"] = float(np.percentile(_of(watch, "edges"), 94))
    found["widened"] = float(np.percentile(_of(watch, "width"), 97)) / max(watch.rest.width, 1e-6)
    hollow = _of(watch, "hollow")[gap > _OPEN]
    found["hollow"] = float(hollow.mean()) if len(hollow) else 0.0
    found |= _blinks(watch)
    found["alike"] = float(np.percentile(_of(watch, "alike"), 10))
    found["hue"] = float(np.percentile(_of(watch, "hue"), 90))
    light = np.asarray(watch.light)
    found["flicker"] = max(_swing(light, 1), _swing(light, 2))
    found["sway"] = max(_swing(axis, _AROUND) for axis in np.asarray(watch.sway).T) / watch.unit if watch.sway else 0.0
    return found


def _of(watch: Watch, name: str) -> Series:
    return np.array([getattr(seen, name) for seen in watch.seen])


def _swing(values: Series, apart: int) -> float:
    """How far a value is from the mean of those before and after it, usually."""
    if len(values) <= 2 * apart:
        return 0.0
    return float(np.abs(values[apart:-apart] - (values[: -2 * apart] + values[2 * apart :]) / 2).mean())


def _follows(watch: Watch, gap: Series, speech: Speech, samples: NDArray[np.float32], rate: int) -> dict[str, float]:
    times = np.asarray(watch.times)
    grid = np.arange(times[0], times[-1], 1 / _RATE)
    farthest = math.floor(2 * min(_FARTHEST, LAG_SHARE * len(grid))) / 2
    # Sounds begin where the recording does: the film is as long as it.
    pictures = np.arange(0, times[-1] + 1, 1 / _RATE)
    loud = loudness_at(pictures + 0.5 / _RATE, samples, rate) if len(samples) else np.zeros(len(pictures))
    loud = np.minimum((loud / max(float(np.percentile(loud, 95)), 1e-6)) ** 0.6, 1)
    wanted = mouth_track(speech.phonemes, loud.astype(np.float32), _RATE, duration=speech.duration)
    seen = np.interp(grid, times, gap)
    inner = slice(round(farthest) // 2, len(grid) - round(farthest) // 2)
    best, late = -1.0, 0.0
    for lag in sorted(np.arange(-farthest, farthest + 0.5, 0.5).tolist(), key=abs):
        asked = np.interp(grid - lag / _RATE, pictures, wanted.open)
        value = _correlation(seen[inner], asked[inner])
        if value > best + 1e-9:
            best, late = value, lag
    found = {"lips_follow": max(best, 0.0), "lips_late": late}
    shut = [
        float(gap[near].min())
        for sound in speech.phonemes
        if sound.ipa in ("m", "b", "p") and (near := np.abs(times - (sound.start + sound.end) / 2) < 0.06).any()
    ]
    if shut:
        found["seals"] = float(len(shut))
        found["lips_apart"] = max(float(np.median(shut)), 0.0) / max(float(np.percentile(gap, 92)), 0.02)
    return found


def _blinks(watch: Watch) -> dict[str, float]:
    away = np.array([min(seen.eyes) for seen in watch.seen])
    deepest = np.argsort(away)[-3:]
    depth = float(away.max() - np.median(away))
    if depth >= _BLINKED:
        lids = float(np.median([max(watch.seen[at].lids) for at in deepest if any(watch.seen[at].lids)]))
        below = np.array([min(seen.eyes_below) for seen in watch.seen])
        return {"awake": 0.0, "lids": lids, "shut": float(below.max() - np.median(below))}
    if watch.times[-1] - watch.times[0] < _BLINKS_S:
        return {}
    return {"awake": 1 - depth}


def _correlation(one: Series, other: Series) -> float:
    if np.std(one) < 1e-6 or np.std(other) < 1e-6:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
