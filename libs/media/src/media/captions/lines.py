"""Where a caption may be broken into lines, in scripts with and without spaces between words."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

import regex

from media.speech.spoken.signs import ends_clause, ends_sentence
from media.types import Word

LATIN_COLUMNS = 42
WIDE_COLUMNS = 16

_CLUSTER = regex.compile(r"\X")
_PICTOGRAPH = regex.compile(r"[\p{Extended_Pictographic}\p{EMod}\p{RI}]")
_MAY_NOT_START = frozenset("、。，．・：；？！）］｝〉》」』】〕ー～…ゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%‰℃")
_MAY_NOT_END = frozenset("（［｛〈《「『【〔“‘¥￥$＄")
_BAD_BREAK = 0.15  # what it costs to break elsewhere than after a comma; a full line costs 1


@dataclass(frozen=True, slots=True)
class Token:
    """The smallest piece a line may be broken around; ``space`` says whether a space separates it from the next."""

    text: str
    start: float
    end: float
    space: bool

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence is over after it."""
        return ends_sentence(self.text)

    @property
    def ends_clause(self) -> bool:
        """Whether one would breathe after it."""
        return ends_clause(self.text)


def tokens_of(word: Word) -> list[Token]:
    """A word as it is, or for scripts without spaces its characters, each with its share of the time."""
    text = " ".join(word.text.split())
    pieces: list[str] = []
    for char in _CLUSTER.findall(text):
        last = pieces[-1][-1] if pieces else ""
        if last and (not (_unspaced(char) or _unspaced(last)) or char in _MAY_NOT_START or last in _MAY_NOT_END):
            pieces[-1] += char
        else:
            pieces.append(char)
    tokens, seen, pace = [], 0, (word.end - word.start) / max(1, len(text))
    for index, piece in enumerate(pieces):
        start = word.start + pace * seen
        seen += len(piece)
        final = index == len(pieces) - 1
        space = not _unspaced(piece[-1]) if final else piece.endswith(" ")
        tokens.append(Token(piece.strip(), start, word.start + pace * seen, space))
    return tokens


def join(tokens: Sequence[Token]) -> str:
    """The text of the tokens on one line."""
    return "".join(token.text + (" " if token.space else "") for token in tokens).strip()


def columns(text: str) -> float:
    """The width of a text in columns of an average Latin letter; combining marks take none."""
    return sum(_column(char) for char in text)


def break_lines(
    tokens: Sequence[Token], width: float, most: int, measure: Callable[[str], float] = columns
) -> list[Sequence[Token]] | None:
    """Break into as few lines of at most ``width`` as hold the tokens, at most ``most``; None where they do not fit.

    The lines are made as even as can be (the least sum of squared widths), with a liking for breaks after a comma.
    ``measure`` gives the width of a text. A token wider than a line has a line to itself.
    """
    for count in range(1, most + 1):
        found = _into(tokens, width, count, measure)[1]
        if found is not None:
            return found
    return None


def cut_long(tokens: Sequence[Token], width: float, measure: Callable[[str], float] = columns) -> list[Token]:
    """The tokens, those wider than ``width`` cut inside: behind a sign where one is near the end, between two letters
    otherwise, never inside one. The times of a cut token are its own."""
    made: list[Token] = []
    for token in tokens:
        clusters = _CLUSTER.findall(token.text)
        while measure("".join(clusters)) > width and len(clusters) > 1:
            fits = bisect_right(range(1, len(clusters)), width, key=lambda count: measure("".join(clusters[:count])))
            most = max(1, fits)
            signs = (count for count in range(most, most // 2, -1) if not clusters[count - 1][0].isalnum())
            cut = next(signs, most)
            made.append(replace(token, text="".join(clusters[:cut]).strip(), space=False))
            clusters = clusters[cut:]
        made.append(replace(token, text="".join(clusters).strip()))
    return made


def fill_lines(
    tokens: Sequence[Token], width: float, measure: Callable[[str], float] = columns
) -> list[Sequence[Token]]:
    """As many lines as it takes, each as full as can be."""
    lines: list[list[Token]] = [[]]
    for token in tokens:
        if lines[-1] and measure(join([*lines[-1], token])) > width:
            lines.append([])
        lines[-1].append(token)
    return [line for line in lines if line]


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left."""
    for char in text:
        if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL"):
            return kind != "L"
    return False


def _into(
    tokens: Sequence[Token], width: float, count: int, measure: Callable[[str], float]
) -> tuple[float, list[Sequence[Token]] | None]:
    """The cost of the best way to make exactly ``count`` lines, and that way."""
    if count == 1:
        whole = measure(join(tokens))
        return ((whole / width) ** 2, [tokens]) if whole <= width or len(tokens) == 1 else (inf, None)
    best: tuple[float, list[Sequence[Token]] | None] = (inf, None)
    for cut in range(1, len(tokens)):
        line = measure(join(tokens[:cut]))
        if line > width and cut > 1:
            break
        rest_cost, rest = _into(tokens[cut:], width, count - 1, measure)
        natural = tokens[cut - 1].ends_clause or tokens[cut - 1].ends_sentence
        cost = (line / width) ** 2 + (0.0 if natural else _BAD_BREAK) + rest_cost
        if rest is not None and cost < best[0]:
            best = cost, [tokens[:cut], *rest]
    return best


def _column(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    return LATIN_COLUMNS / WIDE_COLUMNS if unicodedata.east_asian_width(char) in "WF" else 1.0


def _unspaced(char: str) -> bool:
    """Whether the script of this character, with its marks, is written without spaces between words."""
    first = char[0]
    wide = unicodedata.east_asian_width(first) in "WF" and not "\uac00" <= first <= "\ud7a3"
    return wide and not _PICTOGRAPH.match(first)
