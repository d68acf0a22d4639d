"""Where a caption may be broken into lines, in scripts with and without spaces between words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from media.types import Word

LATIN_COLUMNS = 42
WIDE_COLUMNS = 16

_SENTENCE_END = frozenset(".?!…。！？।؟۔")
_CLAUSE_END = frozenset(",;:、，；：،؛—–")
_CLOSING = "\"'”’»)]」』）"
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
        return self.text.rstrip(_CLOSING)[-1:] in _SENTENCE_END

    @property
    def ends_clause(self) -> bool:
        """Whether one would breathe after it."""
        return self.text.rstrip(_CLOSING)[-1:] in _CLAUSE_END


def tokens_of(word: Word) -> list[Token]:
    """A word as it is, or for scripts without spaces its characters, each with its share of the time."""
    text = " ".join(word.text.split())
    pieces: list[str] = []
    for char in text:
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
    """Whether the script of this character is written without spaces between words."""
    return unicodedata.east_asian_width(char) in "WF" and not "\uac00" <= char <= "\ud7a3"
