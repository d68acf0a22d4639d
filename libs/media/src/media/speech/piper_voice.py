"""A Piper voice as its files describe it, and which of its symbols a sentence becomes. No network runs here.

A voice is a VITS network, ``NAME.onnx``, beside ``NAME.onnx.json``, which says what numbers each symbol of its alphabet
has. Its symbols are the Unicode code points of espeak-ng's IPA, decomposed, with spaces and punctuation.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from media.errors import NotConfigured

_PAD, _BEGIN, _END = "_", "^", "$"
_MARKS = {
    **dict.fromkeys(".…。।॥", "."),
    **dict.fromkeys(",，、", ","),
    **dict.fromkeys(";；—–", ";"),
    **dict.fromkeys(":：", ":"),
    **dict.fromkeys("!！", "!"),
    **dict.fromkeys("?？", "?"),
}
_SENTENCE_ENDS = frozenset(".!?")


@dataclass(frozen=True, slots=True)
class PiperVoice:
    """A voice: its network, its alphabet, and the scales (noise, length, noise of lengths) it wants to be run with."""

    model: Path
    sample_rate: int
    espeak_voice: str
    ids: Mapping[str, tuple[int, ...]]
    clusters: frozenset[str]
    scales: tuple[float, float, float]
    speaker: int

    @property
    def name(self) -> str:
        """What the voice is called: its file without the ending."""
        return self.model.stem


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the network gets in one go. ``owners`` has, for each of ``symbols``, the index of the sound it belongs to,
    None for spaces and punctuation."""

    symbols: tuple[str, ...]
    owners: tuple[int | None, ...]


def read_voice(model: Path) -> PiperVoice:
    """The voice in ``model`` and the ``.json`` beside it; neither package nor network is loaded.

    Raises ``NotConfigured``: ``VOICE_FILE_MISSING`` where one of the two files is not there, ``VOICE_FILE_UNFIT`` where
    the description is none or the voice does not read phonemes.
    """
    described = model.with_name(f"{model.name}.json")
    for file in (model, described):
        if not file.is_file():
            raise NotConfigured(f"the voice file {file} is not there", code="VOICE_FILE_MISSING")
    try:
        return _voice(model, json.loads(described.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unfit(described, f"{type(error).__name__}: {error}") from error


def unfit(file: Path, why: str) -> NotConfigured:
    """The error for a voice file that is there and cannot be used."""
    return NotConfigured(f"the voice file {file} cannot be used: {why}", code="VOICE_FILE_UNFIT")


def _voice(model: Path, said: Mapping[str, Any]) -> PiperVoice:
    if (reads := said.get("phoneme_type", "espeak")) != "espeak":
        raise ValueError(f"it reads {reads}; only voices that read espeak phonemes can be used")
    ids = {symbol: tuple(map(int, numbers)) for symbol, numbers in said["phoneme_id_map"].items()}
    if lacking := {_PAD, _BEGIN, _END} - ids.keys():
        raise ValueError(f"its alphabet lacks {' '.join(sorted(lacking))}")
    sample_rate = int(said["audio"]["sample_rate"])
    if not 8_000 <= sample_rate <= 48_000:
        raise ValueError(f"its sample rate is {sample_rate}")
    inference = said.get("inference", {})
    return PiperVoice(
        model=model,
        sample_rate=sample_rate,
        espeak_voice=str(said["espeak"]["voice"]),
        ids=ids,
        clusters=frozenset("".join(cluster) for cluster in said.get("vowel_clusters") or ()),
        scales=(
            float(inference.get("noise_scale", 0.667)),
            float(inference.get("length_scale", 1.0)),
            float(inference.get("noise_w", 0.8)),
        ),
        speaker=int(said.get("default_speaker_id", 0)),
    )


def sentences(clauses: Sequence[tuple[str, str]], sounds: Sequence[str]) -> list[Sentence]:
    """Clauses ``(ipa, text)`` as sentences of symbols, each symbol with the one of ``sounds`` that it spells.

    The IPA of the clauses is what the voice was trained on; ``sounds``, the engine's phonemes one by one, leave out
    tones and word boundaries but know their place in the script. The longest common subsequence leads from one to the
    other; a symbol that only the clauses have goes with its neighbour in the same word.
    """
    made: list[Sentence] = []
    symbols: list[str] = []
    for index, (ipa, text) in enumerate(clauses):
        spelled = unicodedata.normalize("NFD", _without_switches(ipa)).strip()
        if not spelled:
            continue
        mark = _mark(text, last=index == len(clauses) - 1)
        symbols += [*spelled, mark]
        if mark in _SENTENCE_ENDS:
            made.append(Sentence(tuple(symbols), ()))
            symbols = []
        else:
            symbols.append(" ")
    if symbols:
        made.append(Sentence(tuple(symbols), ()))
    owners = iter(_owners([symbol for sentence in made for symbol in sentence.symbols], sounds))
    return [Sentence(sentence.symbols, tuple(next(owners) for _ in sentence.symbols)) for sentence in made]


def encode(voice: PiperVoice, sentence: Sentence) -> tuple[list[int], list[int | None]]:
    """The network's input for ``sentence``, and for each number the sound it belongs to.

    Every symbol is followed by the padding symbol, which belongs to it; what the alphabet lacks is left out, and vowels
    that it joins are joined.
    """
    pad = voice.ids[_PAD]
    ids = [*voice.ids[_BEGIN], *pad]
    owners: list[int | None] = [None] * len(ids)
    for symbol, owner in _joined(sentence, voice.clusters):
        if (known := voice.ids.get(symbol)) is not None:
            ids += [*known, *pad]
            owners += [owner] * (len(known) + len(pad))
    ids += voice.ids[_END]
    return ids, owners + [None] * len(voice.ids[_END])


def _joined(sentence: Sentence, clusters: frozenset[str]) -> list[tuple[str, int | None]]:
    longest = max((len(cluster) for cluster in clusters), default=1)
    made: list[tuple[str, int | None]] = []
    at = 0
    while at < len(sentence.symbols):
        sizes = (size for size in range(longest, 1, -1) if "".join(sentence.symbols[at : at + size]) in clusters)
        size = next(sizes, 1)
        made.append(("".join(sentence.symbols[at : at + size]), sentence.owners[at]))
        at += size
    return made


def _without_switches(ipa: str) -> str:
    """Without the names of languages that the engine puts around foreign words: ``(en)``."""
    while (start := ipa.find("(")) >= 0 and (end := ipa.find(")", start)) >= 0:
        ipa = ipa[:start] + ipa[end + 1 :]
    return ipa


def _mark(text: str, *, last: bool) -> str:
    """The punctuation that ends a clause, in the voice's alphabet."""
    for part in (text, text[:-1]) if last else (text[:-1], text):
        after = len(part)
        while after and not part[after - 1].isalnum():
            after -= 1
        if marks := [_MARKS[character] for character in part[after:] if character in _MARKS]:
            return marks[-1]
    return "." if last else ","


def _owners(symbols: Sequence[str], sounds: Sequence[str]) -> list[int | None]:
    spelled = [(letter, index) for index, sound in enumerate(sounds) for letter in unicodedata.normalize("NFD", sound)]
    owners: list[int | None] = [None] * len(symbols)
    for here, there in _common([ord(symbol) for symbol in symbols], [ord(letter) for letter, _ in spelled]):
        owners[here] = spelled[there][1]
    silent = [symbol == " " or symbol in _MARKS for symbol in symbols]
    for before, after in pairwise(range(len(symbols))):
        if owners[after] is None and not silent[after] and not silent[before]:
            owners[after] = owners[before]
    for after, before in pairwise(range(len(symbols) - 1, -1, -1)):
        if owners[before] is None and not silent[before] and not silent[after]:
            owners[before] = owners[after]
    return owners


def _common(one: Sequence[int], other: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A longest common subsequence of two rows of numbers, as pairs of places, from the last to the first.

    Greedy matching of long blocks would do for most scripts, but takes a phrase that is said twice for its second time.
    """
    columns = np.asarray(other)
    lengths = np.zeros((len(one) + 1, len(other) + 1), np.int32)
    for row, value in enumerate(one):
        longer = np.maximum(lengths[row, 1:], lengths[row, :-1] + (columns == value))
        lengths[row + 1, 1:] = np.maximum.accumulate(longer)
    row, column = len(one), len(other)
    while row and column:
        if one[row - 1] == other[column - 1]:
            row, column = row - 1, column - 1
            yield row, column
        elif lengths[row - 1, column] >= lengths[row, column - 1]:
            row -= 1
        else:
            column -= 1
