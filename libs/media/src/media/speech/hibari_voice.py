"""What the English network gets for a text, and which word each of its symbols belongs to. No network runs here.

The network (package ``hibari-tts``, distilled from Kokoro-82M) reads misaki's alphabet: IPA in which a diphthong or an
affricate is one letter. The package's own reader makes it of a text: abbreviations and what else is left to say in
words, then a lexicon by part of speech, then a small network for words it does not know.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, groupby
from re import compile as pattern

_WORD = pattern(r"\S+")
_SENTENCE_ENDS = frozenset(".!?…")
_BREATH = frozenset(".!?…,;:—")
_LONGEST = 400
"""Symbols the network was trained on at most; a longer sentence is cut at a stop or, failing that, at a word."""

_LETTERS = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "T": "ɾ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ʣ": "dz",
    "ʦ": "ts",
    "ʥ": "dʑ",
    "ʨ": "tɕ",
    "ᵊ": "ə",
    "ᵻ": "ɪ",
}
_STRESS, _LENGTH = "ˈˌ", "ː"
_SILENT = frozenset(' ;:,.!?—…"()“”')


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign as the reader returns it: how much of the read text it covers, and its symbols."""

    text: str
    space: bool
    symbols: str


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound: where its word begins in the text, and its IPA, stress marks before it."""

    character: int
    ipa: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the network gets in one go. ``owners`` has, for each of ``symbols``, the index in ``sounds`` of the sound it
    belongs to, None for spaces and signs."""

    symbols: str
    owners: tuple[int | None, ...]
    sounds: tuple[Sound, ...]


def sentences(text: str, read: str, tokens: Iterable[Token]) -> list[Sentence]:
    """``tokens`` of ``read``, which is ``text`` with more of it in words, as sentences whose sounds know their place in
    ``text``."""
    places = _places(text, read)
    made: list[Sentence] = []
    row: list[tuple[int, str]] = []
    at = 0
    for token in tokens:
        # The reader gives the words of a number or an abbreviation as one token of several.
        row += [(places[at], symbol) for symbol in token.symbols]
        at = min(at + len(token.text), len(read) - 1) if read else 0
        ends = token.symbols[-1:] in _SENTENCE_ENDS and token.symbols != ""
        if token.space:
            row.append((places[at], " "))
            at = min(at + 1, len(read) - 1)
        if ends and token.space:
            made += _cut(row)
            row = []
    return made + list(_cut(row))


def _places(text: str, read: str) -> list[int]:
    """For each character of ``read`` the first character of the word of ``text`` that it comes from."""
    before = [(found.start(), found[0]) for found in _WORD.finditer(text)]
    after = [(found.start(), found[0]) for found in _WORD.finditer(read)]
    if not before or not after:
        return [0] * len(read)
    matcher = SequenceMatcher(None, [word for _, word in before], [word for _, word in after], autojunk=False)
    origin: list[int] = []
    for _, first, last, begin, end in matcher.get_opcodes():
        span = max(1, last - first)
        origin += [min(first + index * span // (end - begin), len(before) - 1) for index in range(end - begin)]
    starts = [start for start, _ in after]
    return [before[origin[max(0, bisect_right(starts, character) - 1)]][0] for character in range(len(read))]


def _cut(row: Sequence[tuple[int, str]]) -> Iterator[Sentence]:
    while len(row) > _LONGEST:
        ends = [index + 1 for index in range(_LONGEST) if row[index][1] == " "]
        stops = [end for end in ends if end > 1 and row[end - 2][1] in _BREATH]
        end = (stops or ends or [_LONGEST])[-1]
        yield _sentence(row[:end])
        row = row[end:]
    if any(symbol not in _SILENT for _, symbol in row):
        yield _sentence(row)


def _sentence(row: Sequence[tuple[int, str]]) -> Sentence:
    symbols = "".join(symbol for _, symbol in row).strip()
    skipped = next((index for index, (_, symbol) in enumerate(row) if symbol != " "), 0)
    sounds: list[Sound] = []
    owners: list[int | None] = []
    marks = ""
    for character, symbol in row[skipped : skipped + len(symbols)]:
        if symbol in _SILENT:
            owners.append(None)
        elif symbol in _STRESS:
            marks += symbol
            owners.append(len(sounds))
        elif symbol == _LENGTH and sounds:
            sounds[-1] = Sound(sounds[-1].character, sounds[-1].ipa + symbol)
            owners.append(len(sounds) - 1)
        else:
            owners.append(len(sounds))
            sounds.append(Sound(character, marks + _LETTERS.get(symbol, symbol)))
            marks = ""
    return Sentence(symbols, tuple(None if owner == len(sounds) else owner for owner in owners), tuple(sounds))


def spans(owners: Sequence[int | None], frames: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """When each sound is heard, ``(sound, first, one past the last)`` frame, from the frames of each symbol."""
    bounds = [0, *accumulate(frames)]
    for owner, run in groupby(range(len(owners)), key=owners.__getitem__):
        if owner is not None:
            numbers = list(run)
            yield owner, bounds[numbers[0]], bounds[numbers[-1] + 1]
