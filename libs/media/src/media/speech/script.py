"""A script as the speech engine should read it: written words beside what is spoken for each, in engine-sized pieces.

The written word is what captions show; the spoken form is what the engine gets: words for numbers and signs, a
respelling from the lexicon, kana for Japanese. ``Piece.word_at`` leads from a character of the spoken text back to the
word. Everything that is done to a script on its way to a voice is done here, with the tables in
:mod:`media.speech.spoken`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any
from unicodedata import category, normalize

import regex

from media.speech.spoken.cleaning import clean
from media.speech.spoken.languages import LANGUAGES
from media.speech.spoken.numbers import known_digits
from media.speech.spoken.readings import Reading, readings
from media.speech.spoken.signs import ends_sentence

_SPACED_WORD = regex.compile(r"\S+")
_HAN_WORD = regex.compile(
    r"\p{Han}|[^\s\p{Han}\p{P}]+(?:[-'.&/@_]+[^\s\p{Han}\p{P}]+)*+|[\p{Ps}\p{Pi}]|[^\s\p{Han}\p{L}\p{N}\p{Ps}\p{Pi}]+"
)
_SPEAKABLE = regex.compile(r"[\p{L}\p{N}]")
_JOINER = regex.compile(r"(?<=[\p{L}\p{M}])[\u200c\u200d]")
_LETTER = regex.compile(r"[\p{L}\p{M}\p{N}]")
_HAN = regex.compile(r"\p{Han}+")
_CLUSTER = regex.compile(r"\X")
# Compatible characters that would lose their meaning (m², ½) or be named (™).
_AS_WRITTEN = frozenset("ªº²³¹…‥™℠№½¼¾⅓⅔⅛⅜⅝⅞⓪①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
# Struck out or heaped up: no letter of the languages that are read which Unicode has not composed.
_HEAPED = regex.compile(r"(?<=\p{Latin})\p{Mn}+")
_GUILLEMETS = frozenset("«»‹›")
_SPACE_BEFORE_SIGN = regex.compile(r" (?=[,;:.!?…])")
_ENOUGH, _MOST = 300, 1200  # characters of a piece: cut at the next sentence end, cut at any word
_WRITTEN_TOGETHER = frozenset({"ja", "ko", "zh"})


@dataclass(frozen=True, slots=True)
class ScriptWord:
    """A word as written and as spoken."""

    written: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What the engine gets in one go: its text, and for each word the character it starts at."""

    text: str
    words: tuple[ScriptWord, ...]
    starts: tuple[int, ...]

    def word_at(self, character: int) -> int:
        """Index of the word that ``character`` of the text belongs to."""
        return max(0, bisect_right(self.starts, character) - 1)


@dataclass(frozen=True, slots=True)
class _Part:
    """Characters ``start`` to ``end`` of a paragraph and what is said for them."""

    start: int
    end: int
    spoken: str

    @property
    def speakable(self) -> bool:
        return _SPEAKABLE.search(self.spoken) is not None

    def with_next(self, other: _Part, language: str) -> _Part:
        gap = " " if self.spoken and other.spoken and _apart(self.spoken[-1], other.spoken[0], language) else ""
        return _Part(self.start, other.end, f"{self.spoken}{gap}{other.spoken}")


def pieces(text: str, language: str, lexicon: Mapping[str, str] | None = None) -> tuple[Piece, ...]:
    """Split ``text`` into pieces that end with sentences where they can.

    What is written comes back as :func:`media.speech.spoken.cleaning.clean` leaves it; together with the spaces between
    words it is the whole text, but for lines without a word. What is read as one (``20 €``, ``5 May 2024``) is one
    word. ``lexicon`` maps a written word, compared without case and without surrounding punctuation, to what is spoken
    instead: a respelling, or espeak phonemes between ``[[`` and ``]]``; those the script itself holds are not spoken.
    """
    entries = {normalize("NFKC", key).casefold(): value for key, value in (lexicon or {}).items()}
    made: list[Piece] = []
    for paragraph in clean(text).split("\n"):
        pending: list[ScriptWord] = []
        size = 0
        for word in _words(paragraph, language, entries):
            pending.append(word)
            size += len(word.spoken) + 1
            if size >= _MOST or (size >= _ENOUGH and ends_sentence(word.written)):
                made.append(_piece(pending, language))
                pending, size = [], 0
        if pending:
            made.append(_piece(pending, language))
    return tuple(made)


def _piece(words: list[ScriptWord], language: str) -> Piece:
    gap = "" if language == "zh" else " "
    starts: list[int] = []
    parts: list[str] = []
    at = 0
    for index, word in enumerate(words):
        # Without a space two Latin words would run together among Chinese characters.
        separator = " " if index and not gap and word.spoken[0].isascii() and parts[-1][-1].isascii() else gap
        if index:
            parts.append(separator)
            at += len(separator)
        starts.append(at)
        parts.append(word.spoken)
        at += len(word.spoken)
    return Piece("".join(parts), tuple(words), tuple(starts))


def _words(paragraph: str, language: str, entries: Mapping[str, str]) -> Iterator[ScriptWord]:
    plain, origin = _compatible(paragraph)
    plain = known_digits(plain)
    parts = _parts(plain, readings(plain, language, entries), language)
    for part in _with_signs(parts, plain, language):
        spoken = _SPACE_BEFORE_SIGN.sub("", " ".join(part.spoken.split()))
        yield ScriptWord(paragraph[origin[part.start] : origin[part.end]], spoken)


def _compatible(text: str) -> tuple[str, list[int]]:
    """``text`` in compatible characters (NFKC), and for each, and for the end, its place in ``text``."""
    if text.isascii():
        return text, list(range(len(text) + 1))
    parts: list[str] = []
    origin: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        written = cluster[0]
        kept = "\ufe0f" in written or _AS_WRITTEN.intersection(written)  # a pictograph is no letter in a circle
        plain = written if kept else normalize("NFKC", written)
        if " " in plain and " " not in written and len(plain.strip()) < len(plain) > 1:
            plain = written  # an accent that stands alone
        plain = _HEAPED.sub("", _JOINER.sub("", plain))  # a joiner chooses the form of a letter, not its sound
        origin += [cluster.start()] * len(plain)
        if written == "，":  # parts numbers in Chinese, as a comma in one does not
            plain += " "
            origin.append(cluster.end())
        parts.append(plain)
    return "".join(parts), [*origin, len(text)]


def _parts(plain: str, found: list[Reading], language: str) -> Iterator[_Part]:
    """The words of a paragraph in order, and signs that stand alone."""
    word: _Part | None = None
    for part, leans in _tokens(plain, found, language):
        if word is not None and leans:
            word = word.with_next(part, language)
        else:
            if word is not None:
                yield word
            word = part
    if word is not None:
        yield word


def _tokens(plain: str, found: list[Reading], language: str) -> Iterator[tuple[_Part, bool]]:
    """What is read in one go, and whether it belongs to the word before."""
    at = 0
    for reading in [*found, Reading(len(plain), len(plain), "")]:
        yield from _stretch(plain, at, reading.start, language)
        at = reading.end
        if reading.start < at:
            glued = LANGUAGES[language].spaced or not _SPEAKABLE.search(reading.spoken)
            leans = glued and reading.start > 0 and not plain[reading.start - 1].isspace()
            spoken = reading.spoken if language != "ja" else _HAN.sub(_kana, reading.spoken)
            yield _Part(reading.start, at, spoken), leans


def _stretch(plain: str, start: int, end: int, language: str) -> Iterator[tuple[_Part, bool]]:
    """The same for text that is read as it is written."""
    if start == end:
        return
    if language == "ja":
        yield from _japanese(plain, start, end)
        return
    for token in (_HAN_WORD if language == "zh" else _SPACED_WORD).finditer(plain, start, end):
        leans = token.start() > 0 and not plain[token.start() - 1].isspace()
        if language == "zh":
            leans = leans and not _SPEAKABLE.search(token[0]) and not _opens(token[0])
        yield _Part(token.start(), token.end(), token[0]), leans


def _with_signs(parts: Iterator[_Part], plain: str, language: str) -> Iterator[_Part]:
    """Only words: a sign that stands alone goes with the word before it, an opening one with the word after it.

    Nothing for a paragraph without a word.
    """
    word: _Part | None = None
    held: _Part | None = None
    quoted: set[str] = set()
    for part in parts:
        if part.speakable:
            if word is not None:
                yield word
            word = part if held is None else held.with_next(part, language)
            held = None
            continue
        opens = _opens(plain[part.start : part.end], language, quoted)
        if word is None or held is not None or opens:
            held = part if held is None else held.with_next(part, language)
        else:
            word = word.with_next(part, language)
    if word is not None:
        yield word if held is None else word.with_next(held, language)


def _opens(sign: str, language: str = "", quoted: set[str] | None = None) -> bool:
    """Whether a sign belongs to what follows. ``quoted`` remembers the quotes that are open."""
    first = sign[0]
    if first in _GUILLEMETS or first == '"':
        if quoted is None:
            return False
        # Guillemets point either way, by language and by house: the first of a pair opens.
        kind = '"' if first == '"' else "»"
        quoted ^= {kind}
        return kind in quoted
    if language == "de" and first in "“‘":
        return False
    return first in "¿¡" or category(first) in ("Ps", "Pi")


def _japanese(plain: str, start: int, end: int) -> Iterator[tuple[_Part, bool]]:
    """Words with the particles and endings that lean on them, spoken in kana.

    The engine reads kana only and would spell a kanji out; the reading comes from the UniDic dictionary, whose
    pronunciation field already holds particles as they sound (は as ワ).
    """
    at = start
    for token in _japanese_tagger()(plain[start:end]):
        at = plain.index(token.surface, at)
        kind = token.feature.pos1
        sign = kind in ("補助記号", "記号")
        reading = token.surface if sign else token.feature.pron or token.surface
        yield (
            _Part(at, at + len(token.surface), reading),
            kind in _LEANING and at > 0 and not (sign and _opens(token.surface)),
        )
        at += len(token.surface)


def _kana(written: Any) -> str:
    """What the engine gets for kanji in a reading: names of units have them."""
    return "".join(token.feature.pron or token.surface for token in _japanese_tagger()(written[0]))


def _apart(before: str, after: str, language: str) -> bool:
    """Whether two parts of a word would run together: readings of signs between letters, Latin beside kana."""
    if not (_LETTER.match(before) and _LETTER.match(after)):
        return False
    if language not in _WRITTEN_TOGETHER:
        return True
    return (before.isascii() and after.isascii()) or (language == "ja" and before.isascii() != after.isascii())


_LEANING = frozenset({"助詞", "助動詞", "接尾辞", "補助記号", "記号"})


@lru_cache(maxsize=1)
def _japanese_tagger() -> Any:
    return import_module("fugashi").Tagger()
