"""A script as the speech engine should read it: written words beside what is spoken for each, in engine-sized pieces.

The written word is what captions show; the spoken form is what the engine gets: a respelling from the lexicon, or
kana for Japanese. ``Piece.word_at`` leads from a character of the spoken text back to the word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

_SENTENCE_END = re.compile(r"[.!?…。！？।॥]['\"”’»)\]」』]*$")
_CONTROL = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufffc\ud800-\udfff]"
)
_EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_HAN_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\s\u3400-\u9fff\uf900-\ufaff]+")
_SPEAKABLE = re.compile(r"\w")
_ENOUGH, _MOST = 300, 1200  # characters of a piece: cut at the next sentence end, cut at any word


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


def pieces(text: str, language: str, lexicon: Mapping[str, str] | None = None) -> tuple[Piece, ...]:
    """Split ``text`` into pieces that end with sentences where they can.

    ``lexicon`` maps a written word, compared without case and without surrounding punctuation, to what is spoken
    instead: a respelling, or espeak phonemes between ``[[`` and ``]]``. Control and invisible direction characters are
    dropped; so are double square brackets that the script itself holds.
    """
    entries = {key.casefold(): value for key, value in (lexicon or {}).items()}
    clean = _CONTROL.sub(" ", text).replace("[[", "[").replace("]]", "]")
    made: list[Piece] = []
    for paragraph in clean.splitlines():
        pending: list[ScriptWord] = []
        size = 0
        for word in _words(paragraph, language):
            spoken = _respell(word, entries)
            pending.append(spoken)
            size += len(spoken.spoken) + 1
            if size >= _MOST or (size >= _ENOUGH and _SENTENCE_END.search(word.written)):
                made.append(_piece(pending, language))
                pending, size = [], 0
        if any(_SPEAKABLE.search(word.spoken) for word in pending):
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


def _respell(word: ScriptWord, entries: Mapping[str, str]) -> ScriptWord:
    match = _EDGES.match(word.written)
    if not entries or match is None:
        return word
    before, core, after = match.groups()
    replacement = entries.get(core.casefold())
    return word if replacement is None else ScriptWord(word.written, f"{before}{replacement}{after}")


def _words(paragraph: str, language: str) -> Iterator[ScriptWord]:
    if language == "ja":
        yield from _japanese(paragraph)
        return
    parts = _HAN_WORD.findall(paragraph) if language == "zh" else paragraph.split()
    held = ""
    for part in _with_punctuation(parts) if language == "zh" else parts:
        held = f"{held} {part}" if held else part
        if _SPEAKABLE.search(part):  # a lone dash or bullet belongs to the word after it
            yield ScriptWord(held, held)
            held = ""


def _with_punctuation(parts: list[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if joined and not _SPEAKABLE.search(part):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _japanese(paragraph: str) -> Iterator[ScriptWord]:
    """Words with the particles and endings that lean on them, spoken in kana.

    The engine reads kana only and would spell a kanji out; the reading comes from the UniDic dictionary, whose
    pronunciation field already holds particles as they sound (は as ワ).
    """
    written, spoken = "", ""
    for token in _japanese_tagger()(paragraph):
        kind = token.feature.pos1
        reading = token.feature.pron or token.surface
        if kind in ("補助記号", "記号"):
            reading = token.surface
        if written and kind not in _LEANING:
            yield ScriptWord(written, spoken)
            written, spoken = "", ""
        written += token.surface
        # Kana straight behind a Latin word would be spelled out with it.
        spoken += f" {reading}" if spoken and spoken[-1].isascii() and not reading[0].isascii() else reading
    if written:
        yield ScriptWord(written, spoken)


_LEANING = frozenset({"助詞", "助動詞", "接尾辞", "補助記号", "記号"})


@lru_cache(maxsize=1)
def _japanese_tagger() -> Any:
    return import_module("fugashi").Tagger()
