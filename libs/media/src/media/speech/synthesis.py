"""Speech from a script, with the time of every sound and word, on the local CPU.

The voice is a neural one in English and espeak-ng's in other languages, or a Piper voice's where its file is given. It
runs as a process of its own (:mod:`media.speech.engine`); what it says is made pleasant by :mod:`media.speech.polish`
and brought to -16 LUFS with no true peak over -1 dBTP by :mod:`media.speech.master`.
"""

from __future__ import annotations

import math
import wave
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, NotUsable, TooLarge
from media.speech.engine import EngineProcess, engine_process, hibari_process, piper_process
from media.speech.espeak import is_sound
from media.speech.estimate import LEAD_S, TAIL_S, check
from media.speech.master import master
from media.speech.piper_voice import PiperVoice, read_voice, unfit
from media.speech.polish import polish, trim
from media.speech.script import Piece, pieces
from media.speech.spoken.writing import wrong_writing
from media.types import Phoneme, Speech, Voice, Word

_Timed = TypeVar("_Timed", Phoneme, Word)

TARGET_LUFS = -16.0
PEAK_DBTP = -1.0
MAX_CHARACTERS = 20_000
SAMPLE_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)

_WORDS_PER_MINUTE = 158  # calmer than the engine's own 175

_VOICES: dict[str, str] = {
    "en": "en-us",
    "hi": "hi",
    "es": "es",
    "fr": "fr",
    "de": "de",
    "ja": "ja",
    "ko": "ko",
    "zh": "cmn",
}


@dataclass(frozen=True, slots=True)
class _Timbre:
    """An espeak-ng voice variant and the pitch, 0 to 99, at which it sounds natural."""

    variant: str
    pitch: int


_TIMBRES: dict[str, _Timbre] = {
    "male": _Timbre("m3", 46),
    "female": _Timbre("f2", 48),
    "neutral": _Timbre("", 74),
}


_FACTORS: dict[str, tuple[float, float]] = {"female": (1.0, 1.0), "neutral": (0.8, 0.93), "male": (0.56, 0.85)}
"""Pitch and formants beside those of the network's own voice, a woman's of 188 Hz. A man's pitch is near 105 Hz and his
vocal tract about a sixth longer (Fitch and Giedd, J. Acoust. Soc. Am. 106, 1999)."""


def synthesise(
    text: str,
    out: Path,
    *,
    language: str = "en",
    voice: str = "neutral",
    speed: float = 1.0,
    pitch: float = 1.0,
    lexicon: Mapping[str, str] | None = None,
    sample_rate: int = 48_000,
    engine: Literal["hibari", "espeak-ng"] | None = None,
    voice_file: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Speech:
    """Speak ``text`` into a mono 16-bit WAV file at ``out``.

    ``speed`` and ``pitch`` are factors from 0.5 to 2. ``lexicon`` maps written words to what is said instead (see
    :func:`media.speech.script.pieces`). Words come back as written, in order, punctuation kept; phonemes are IPA
    with espeak-ng's stress marks, silences left out. The same arguments give the same bytes.

    Words are what is written; what is said for numbers, money, dates, signs and addresses is in words of the language,
    pictographs are silent.

    ``engine`` None is the best for the language: ``hibari``, a network, for English, ``espeak-ng`` for the others, and
    for a lexicon with espeak phonemes, which no other engine reads. ``voice_file`` is a Piper voice (``NAME.onnx``
    beside ``NAME.onnx.json``) that speaks in their place; ``voice`` is then only a name.

    Raises ``BadMedia`` for an unknown language, voice, rate or factor, ``NotUsable`` where there is nothing to say
    (``EMPTY_SCRIPT``) or the voice does not read the script's writing (``WRONG_WRITING``), ``TooLarge`` over 20,000
    characters, ``EngineFailed`` where the engine fails, ``NotConfigured`` where the voice file is missing or unfit
    (``VOICE_FILE_MISSING``, ``VOICE_FILE_UNFIT``) or the network is (``VOICE_MISSING``).
    """
    _check(language, voice, speed, pitch, sample_rate)
    if engine == "hibari" and language != "en":
        raise BadMedia(f"hibari does not speak {language}", code="UNSUPPORTED_LANGUAGE", advice="Leave the model away.")
    script = _script(text, language, lexicon)
    piper = None if voice_file is None else _piper_voice(voice_file, language)
    tell = progress or (lambda _share: None)
    tell(0.0)

    sounds: list[NDArray[np.float32]] = []
    phonemes: list[Phoneme] = []
    words: list[Word] = []
    at = 0.0
    brackets = any("[[" in value for value in (lexicon or {}).values())
    if engine is None:
        engine = "hibari" if language == "en" and not brackets else "espeak-ng"
    by = engine if piper is None else f"piper:{piper.name}"
    with _speaker(engine, language, voice, piper, speed, pitch, brackets) as speaker:
        for index, piece in enumerate(script):
            spoken = speaker.speak(piece.text)
            heard, said = _timings(piece, spoken.events, len(spoken.sound), speaker.sample_rate, at)
            phonemes += heard
            words += said
            sounds.append(polish(spoken.sound, speaker.sample_rate, sample_rate, formant=by == "espeak-ng"))
            at += len(sounds[-1]) / sample_rate
            tell(0.7 * (index + 1) / len(script))

    sounds, shift = trim(sounds, sample_rate, LEAD_S, TAIL_S)
    if not sounds:
        raise NotUsable("nothing in the script can be spoken", code="EMPTY_SCRIPT", advice="Write some words to say.")
    mastered, loudness = master(sounds, sample_rate, TARGET_LUFS, PEAK_DBTP)
    write_wav(out, mastered, sample_rate)
    duration = sum(len(piece) for piece in mastered) / sample_rate
    made = Speech(
        path=out,
        sample_rate=sample_rate,
        duration=duration,
        phonemes=tuple(_moved(phoneme, shift, duration) for phoneme in phonemes),
        words=tuple(_moved(word, shift, duration) for word in words),
        language=language,
        voice=voice,
        engine=by,
        loudness_lufs=round(loudness, 2),
    )
    tell(1.0)
    return made


def write_wav(out: Path, pieces: Sequence[NDArray[np.int16]], rate: int) -> None:
    """Write consecutive 16-bit pieces as one mono PCM WAV file."""
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for piece in pieces:
            file.writeframes(piece.astype("<i2").tobytes())


def _check(language: str, voice: str, speed: float, pitch: float, sample_rate: int) -> None:
    check(language, speed=speed, pitch=pitch)
    if voice not in get_args(Voice):
        raise BadMedia(f"no voice {voice!r}", code="UNKNOWN_VOICE", advice="Choose male, female or neutral.")
    if sample_rate not in SAMPLE_RATES:
        raise BadMedia(f"sample rate {sample_rate} is not one of {SAMPLE_RATES}", code="BAD_PARAMETER")


def _script(text: str, language: str, lexicon: Mapping[str, str] | None) -> tuple[Piece, ...]:
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(
            f"the script has {len(text)} characters, more than {MAX_CHARACTERS}",
            code="SCRIPT_TOO_LONG",
            advice="Split the script into several videos.",
        )
    if (wrong := wrong_writing(text, language)) is not None:
        raise NotUsable(wrong.problem, code="WRONG_WRITING", advice=wrong.advice)
    script = pieces(text, language, lexicon)
    if not script:
        raise NotUsable("the script has nothing to say", code="EMPTY_SCRIPT", advice="Write some words to say.")
    return script


def check_voice_file(file: Path, language: str) -> str:
    """The name of the Piper voice in ``file``, after it was loaded and made a sound: for looking at an installation.

    Raises ``NotConfigured`` as :func:`synthesise` does.
    """
    voice = _piper_voice(file, language)
    with piper_process(voice, speed=1.0, pitch=1.0, phonemes=False):
        return voice.name


def _piper_voice(file: Path, language: str) -> PiperVoice:
    voice = read_voice(file)
    if voice.espeak_voice.split("-")[0] != _VOICES[language].split("-")[0]:
        raise unfit(file, f"it speaks {voice.espeak_voice}, not {language}")
    return voice


def _speaker(
    engine: str, language: str, voice: str, piper: PiperVoice | None, speed: float, pitch: float, brackets: bool
) -> AbstractContextManager[EngineProcess]:
    if piper is not None:
        return piper_process(piper, speed=speed, pitch=pitch, phonemes=brackets)
    if engine == "hibari":
        return hibari_process(_FACTORS[voice], speed=speed, pitch=pitch)
    timbre = _TIMBRES[voice]
    return engine_process(
        voice=f"{_VOICES[language]}+{timbre.variant}" if timbre.variant else _VOICES[language],
        rate=round(_WORDS_PER_MINUTE * speed),
        pitch=_engine_pitch(timbre.pitch, pitch),
        phonemes=brackets,
    )


def _engine_pitch(base: int, factor: float) -> int:
    """The engine's pitch scale is exponential: 50 steps are an octave."""
    return max(0, min(99, round(base + 50 * math.log2(factor))))


def _timings(
    piece: Piece, events: tuple[tuple[str, int, int, str], ...], length: int, rate: int, at: float
) -> tuple[list[Phoneme], list[Word]]:
    """Sounds and words of one piece, moved by ``at`` seconds."""
    phonemes: list[Phoneme] = []
    spans: dict[int, tuple[float, float]] = {}
    ends = [event[2] for event in events[1:]] + [length]
    for (kind, character, sample, ipa), end in zip(events, ends, strict=True):
        if not is_sound(kind, ipa):
            continue
        start_s, end_s = at + sample / rate, at + max(sample, end) / rate
        phonemes.append(Phoneme(ipa, start_s, end_s))
        index = piece.word_at(character)
        first, _ = spans.get(index, (start_s, end_s))
        spans[index] = (first, end_s)
    return phonemes, _words(piece, spans, at)


def _words(piece: Piece, spans: dict[int, tuple[float, float]], at: float) -> list[Word]:
    """Every word of the piece. The engine says some neighbours as one (你好): those share its time by their length."""
    words: list[Word] = []
    heard = sorted(spans)
    if not heard:
        return [Word(word.written, at, at) for word in piece.words]
    for first, after in zip([0, *heard[1:]], [*heard[1:], len(piece.words)], strict=True):
        group = piece.words[first:after]
        start, end = spans[first] if first in spans else spans[heard[0]]
        shares = np.cumsum([0, *(len(word.spoken) for word in group)]) / sum(len(word.spoken) for word in group)
        times = (start + (end - start) * shares).tolist()
        words += [Word(word.written, *times[index : index + 2]) for index, word in enumerate(group)]
    return words


def _moved(item: _Timed, by: float, limit: float) -> _Timed:
    start, end = (round(min(max(time + by, 0.0), limit), 4) for time in (item.start, item.end))
    return replace(item, start=start, end=end)
