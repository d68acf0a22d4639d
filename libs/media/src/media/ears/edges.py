"""Where words end before a pause and begin behind one: a network says it to a quarter of a second, the sound to a
fiftieth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from media.ears.activity import RATE, Samples, Span, floats
from media.speech.polish import block_level_db
from media.types import Word

_BLOCK_S = 0.01
_AROUND_S = 0.4
"""The network is not farther off than that."""
_OVER_QUIET_DB, _UNDER_LOUD_DB = 8.0, 38.0
"""A voice has faded once it is so little above what is heard in the pause, or so far under what is said around it."""
_SHORTEST_S = 0.03


def sharpened(words: Sequence[Word], samples: Samples, spoken: Sequence[Span]) -> tuple[Word, ...]:
    """The same words with the true edges of the pauses between ``spoken`` spans, and of the first and the last one.

    ``samples`` are mono at 16 kHz. What is said stays in order, and no word loses its time.
    """
    made = list(words)
    silent = [_silence(samples, one.end, other.start) for one, other in pairwise(spoken)]
    if spoken:
        whole = len(samples) / RATE
        silent = [
            Span(0.0, _silence(samples, 0.0, spoken[0].start).end),
            *silent,
            Span(_silence(samples, spoken[-1].end, whole).start, whole),
        ]
    at = 0
    for pause in silent:
        # Behind which word this pause is; what is heard before the first word or behind the last is one too.
        middle = (pause.start + pause.end) / 2
        while at < len(made) and (made[at].start + made[at].end) / 2 < middle:
            at += 1
        if at and abs(made[at - 1].end - pause.start) <= _AROUND_S and pause.start - made[at - 1].start >= _SHORTEST_S:
            made[at - 1] = replace(made[at - 1], end=round(pause.start, 3))
        if at < len(made) and abs(made[at].start - pause.end) <= _AROUND_S and made[at].end - pause.end >= _SHORTEST_S:
            made[at] = replace(made[at], start=round(pause.end, 3))
    return tuple(made)


def _silence(samples: Samples, end: float, start: float) -> Span:
    """From when on nothing is heard behind ``end``, and until when before ``start``."""
    begin = max(0.0, end - _AROUND_S)
    levels = _levels(samples, begin, start + _AROUND_S)
    first, last = round((end - begin) / _BLOCK_S), round((start - begin) / _BLOCK_S)
    inside = levels[first:last]
    if not len(inside):
        return Span(end, start)
    faded = max(float(np.quantile(inside, 0.1)) + _OVER_QUIET_DB, float(levels.max()) - _UNDER_LOUD_DB)
    quiet = np.flatnonzero(inside < faded)
    if not len(quiet):
        return Span(end, start)
    return Span(end + float(quiet[0]) * _BLOCK_S, end + float(quiet[-1] + 1) * _BLOCK_S)


def _levels(samples: Samples, start: float, end: float) -> NDArray[np.float64]:
    return block_level_db(floats(samples[round(start * RATE) : round(end * RATE)]), round(_BLOCK_S * RATE))
