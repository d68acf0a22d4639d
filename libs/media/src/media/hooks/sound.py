"""What the sound of a recording says of its sentences: how loud they are, and whether a pause is before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media.ears.activity import RATE, Samples, Span, floats, pauses, speech
from media.ears.listening import LONGEST_S
from media.errors import NotUsable
from media.speech.polish import block_level_db
from media.video.source import read_voice

_BLOCK_S = 0.1
_AT_ONCE = 6000  # blocks: ten minutes
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
    samples = read_voice(recording, rate=RATE, seconds=LONGEST_S)
    if samples is None or not len(samples):
        raise NotUsable("there is no sound", code="NO_SOUND", advice="Choose a recording with sound.")
    return sound_in(samples)


def sound_in(samples: Samples, tell: Callable[[float], None] | None = None) -> Sound:
    """The same for mono samples at 16 kHz. ``tell`` is told how many seconds have been listened to; it may raise to
    stop."""
    block = round(_BLOCK_S * RATE)
    pieces = (floats(samples[at : at + _AT_ONCE * block]) for at in range(0, len(samples), _AT_ONCE * block))
    levels = [level for piece in pieces for level in block_level_db(piece, block).tolist()]
    spoken = speech(samples, tell)
    return Sound(tuple(levels), spoken, _usual(levels, spoken))


def _usual(levels: Sequence[float], spoken: Sequence[Span]) -> float:
    heard = [level for span in spoken for level in levels[round(span.start / _BLOCK_S) : round(span.end / _BLOCK_S)]]
    return float(np.median(heard)) if heard else 0.0
