"""The narration of a shot: spoken, fitted to its time, placed in it."""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, Corrupt
from media.film.plan import FRAME_RATE, Shot
from media.speech.synthesis import synthesise, write_wav
from media.types import Phoneme, Speech, Word

RATE = 48_000

Samples = NDArray[np.float32]


def narrate(
    shot: Shot,
    out: Path,
    *,
    language: str,
    lexicon: Mapping[str, str] | None = None,
    engine: Literal["hibari", "espeak-ng"] | None = None,
    voice_file: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Speech:
    """Speak what ``shot`` says in its voice, at its tempo, into a mono WAV at ``out``.

    Raises ``BadMedia`` for a shot in which nobody speaks, and as :func:`media.speech.synthesis.synthesise` does.
    """
    if not shot.spoken:
        raise BadMedia(f"nobody speaks in shot {shot.id}", code="BAD_SHOT", advice="Ask for shots that have words.")
    return synthesise(
        shot.spoken,
        out,
        language=language,
        voice=shot.voice,
        speed=shot.tempo,
        lexicon=lexicon,
        sample_rate=RATE,
        engine=engine,
        voice_file=voice_file,
        progress=progress,
    )


def in_shot(shot: Shot, narration: Speech, out: Path) -> Speech:
    """The narration as it is heard in its shot: as long as the shot, silent before and after, written to ``out``."""
    begin = shot.speech_at
    samples = placed(shot, narration.path)
    write_wav(out, [np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)], RATE)
    return replace(
        narration,
        path=out,
        sample_rate=RATE,
        duration=len(samples) / RATE,
        words=words_in_shot(shot, narration),
        phonemes=tuple(
            Phoneme(one.ipa, begin + one.start / shot.squeeze, begin + one.end / shot.squeeze)
            for one in narration.phonemes
        ),
    )


def words_in_shot(shot: Shot, narration: Speech) -> tuple[Word, ...]:
    """When each word is heard, in the time of the shot."""
    begin, by = shot.speech_at, shot.squeeze
    return tuple(Word(one.text, begin + one.start / by, begin + one.end / by) for one in narration.words)


def placed(shot: Shot, narration: Path) -> Samples:
    """Mono samples at 48 kHz, exactly as many as the shot lasts, with the narration where it is heard."""
    made = np.zeros(round(shot.frames * RATE / FRAME_RATE), np.float32)
    heard = _squeezed(_read(narration), shot.squeeze)
    at = round(shot.speech_at * RATE)
    piece = heard[: len(made) - at]
    made[at : at + len(piece)] = piece
    return made


def _read(path: Path) -> Samples:
    """A recording that this library wrote, or any other that it reads, as mono floats at 48 kHz."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE):
                whole = np.frombuffer(file.readframes(file.getnframes()), "<i2")
                return np.asarray(whole, np.float32) / np.float32(32768)
    except (wave.Error, EOFError):
        pass
    from media.video.source import read_audio

    found = read_audio(path, rate=RATE, mono=True)
    if found is None:
        raise Corrupt(f"{path.name} has no sound", code="BAD_AUDIO", advice="Speak the shot again.")
    return found[0].reshape(-1)


def _squeezed(samples: Samples, factor: float) -> Samples:
    """Faster by ``factor`` at the same pitch."""
    if factor == 1.0:
        return samples
    graph: Any = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=av.time_base)
    tempo = graph.add("atempo", f"{factor:.4f}")
    sink = graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    pieces: list[Samples] = []
    while True:
        try:
            pieces.append(np.asarray(graph.pull().to_ndarray(), np.float32).reshape(-1))
        except (av.error.EOFError, av.error.BlockingIOError):
            break
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
