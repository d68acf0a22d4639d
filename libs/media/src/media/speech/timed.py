"""The time of every word and sound in a recording that somebody else has made of a known script.

The script is spoken here as well, about as fast, which says how long its words and sounds are beside each other; that
is laid over the recording: word by word where it is known when they are heard, else from its first sound to its last.
"""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.errors import NotUsable
from media.speech.polish import block_level_db
from media.speech.synthesis import synthesise, write_wav
from media.types import Phoneme, Speech, Word

_BLOCK_S = 0.02
_APART_S = 1e-6
_ALIKE = 0.1
"""So much faster or slower, the recording is as fast as the model."""
_QUIET_DB = 35.0
"""So much below the loudest block nothing is said."""


def timed(
    text: str,
    samples: NDArray[np.float32],
    rate: int,
    out: Path,
    *,
    language: str = "en",
    voice: str = "neutral",
    engine: str = "",
    heard: Sequence[Word] = (),
) -> Speech:
    """Write a mono recording of ``text`` as 16-bit WAV to ``out``, with the times of what is said in it.

    ``heard``: when its words are heard, as far as that is known. Raises ``NotUsable`` for one without sound, and
    as :func:`media.speech.synthesis.synthesise` does for a script that cannot be spoken.
    """
    seconds = len(samples) / rate
    first, last = _sounding(samples, rate)
    made = _model(text, language, last - first)
    model = made.speech
    theirs, ours = _anchors(made, heard, first, last)

    def within(time: float) -> float:
        return round(min(max(time, 0.0), seconds), 4)

    def moved(time: float) -> float:
        return within(float(np.interp(time, theirs, ours)))

    told = len(heard) == len(model.words)
    times = (
        [(one.start, one.end) for one in heard] if told else [(moved(one.start), moved(one.end)) for one in model.words]
    )
    write_wav(out, [np.clip(samples * 32767, -32768, 32767).astype(np.int16)], rate)
    return replace(
        model,
        path=out,
        sample_rate=rate,
        duration=seconds,
        phonemes=tuple(Phoneme(one.ipa, moved(one.start), moved(one.end)) for one in model.phonemes),
        words=tuple(Word(one.text, within(a), within(b)) for one, (a, b) in zip(model.words, times, strict=True)),
        voice=voice,
        engine=engine,
    )


@dataclass(frozen=True, slots=True)
class _Model:
    """The script as spoken here, and from when to when something is heard of it."""

    speech: Speech
    first: float
    last: float


def _model(text: str, language: str, seconds: float) -> _Model:
    """The script as spoken in about ``seconds``: pauses do not grow as words do."""
    model = _spoken(text, language, 1.0)
    speed = (model.last - model.first) / seconds
    return model if abs(speed - 1) <= _ALIKE else _spoken(text, language, min(max(speed, 0.5), 2.0))


def _spoken(text: str, language: str, speed: float) -> _Model:
    with tempfile.TemporaryDirectory(prefix="timed-") as folder:
        speech = synthesise(text, Path(folder) / "model.wav", language=language, speed=speed)
        with wave.open(str(speech.path), "rb") as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.dtype("<i2"))
    return _Model(speech, *_sounding(samples.astype(np.float32) / np.float32(32768), speech.sample_rate))


def _sounding(samples: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """From when to when something is heard."""
    block = max(1, round(_BLOCK_S * rate))
    levels = block_level_db(samples, block) if len(samples) >= block else np.zeros(0)
    loud = np.flatnonzero(levels > max(float(levels.max()) - _QUIET_DB, -70.0)) if len(levels) else np.zeros(0)
    if not len(loud):
        raise NotUsable("the recording is silent", code="NO_SOUND", advice="Record or write some speech first.")
    return float(loud[0]) * block / rate, float(loud[-1] + 1) * block / rate


def _anchors(model: _Model, heard: Sequence[Word], first: float, last: float) -> tuple[list[float], list[float]]:
    """Moments of the model, ascending, and where they are in the recording."""
    if len(heard) == len(model.speech.words):
        pairs = [pair for one, other in zip(model.speech.words, heard, strict=True) for pair in _edges(one, other)]
    else:
        pairs = [(model.first, first), (model.last, last)]
    rising = [pairs[0]]
    for theirs, ours in pairs[1:]:
        # Where one word ends as the next begins, the sounds of each stay on its own side.
        rising.append((max(theirs, rising[-1][0] + _APART_S), max(ours, rising[-1][1])))
    return [theirs for theirs, _ in rising], [ours for _, ours in rising]


def _edges(one: Word, other: Word) -> tuple[tuple[float, float], tuple[float, float]]:
    return (one.start, other.start), (one.end, other.end)
