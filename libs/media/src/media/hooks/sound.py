"""What the sound of a recording says of its sentences: how loud they are, and whether a pause is before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media.ears.activity import RATE, Span, pauses, speech
from media.errors import NotUsable
from media.speech.polish import block_level_db
from media.video.source import read_audio

_BLOCK_S = 0.1
_NEAR_S = 0.35
"""A transcript's times are that exact."""


@dataclass(frozen=True, slots=True)
class Sound:
    """``levels``: dB of each tenth of a second, of which ``usual`` is the middle of those with speech."""

    levels: tuple[float, ...]
    spoken: tuple[Span, ...]
    usual: float

    def above_usual(self, start: float, end: float) -> float:
        """How many dB louder than usual it is between two times."""
        part = self.levels[int(start / _BLOCK_S) : max(int(start / _BLOCK_S) + 1, round(end / _BLOCK_S))]
        return float(10 * np.log10(np.mean(10 ** (np.array(part) / 10)))) - self.usual if part else 0.0

    def pause_before(self, start: float) -> float:
        """Seconds of the pause that ends at ``start``; 0 where there is none."""
        return max((pause.seconds for pause in pauses(self.spoken) if abs(pause.end - start) <= _NEAR_S), default=0.0)


def sound_of(recording: Path) -> Sound:
    """What is to be known of the sound of a file. Raises ``NotUsable`` without sound, and as ``read_audio``."""
    found = read_audio(recording, rate=RATE, mono=True)
    if found is None or not len(found[0]):
        raise NotUsable("there is no sound", code="NO_SOUND", advice="Choose a recording with sound.")
    samples = found[0].reshape(-1)
    levels = block_level_db(samples, round(_BLOCK_S * RATE)).tolist()
    spoken = speech(samples)
    return Sound(tuple(levels), spoken, _usual(levels, spoken))


def _usual(levels: Sequence[float], spoken: Sequence[Span]) -> float:
    heard = [level for span in spoken for level in levels[round(span.start / _BLOCK_S) : round(span.end / _BLOCK_S)]]
    return float(np.median(heard)) if heard else 0.0
