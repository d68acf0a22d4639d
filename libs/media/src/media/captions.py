"""Captions from timed words: which words share a cue, where its lines break, how long it stays; and the text formats.

The rules follow what broadcasters and streaming services publish for subtitles: at most two lines of 42 columns (16
wide characters for Chinese, Japanese and Korean), at least 5/6 s and at most 7 s on screen, two frames between cues, a
cue never runs across a sentence end or a pause, and text that would have to be read faster than its language's reading
speed stays longer where the pause after it allows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from math import ceil, inf

from media.errors import BadMedia
from media.types import Cue, Word

MIN_SECONDS = 5 / 6
MAX_SECONDS = 7.0
GAP_SECONDS = 0.08
PAUSE_SECONDS = 0.7

_LATIN_COLUMNS = 42
_WIDE_COLUMNS = 16
_READING_SPEED = {"zh": 9.0, "ja": 7.0, "ko": 12.0}
_DEFAULT_READING_SPEED = 17.0  # characters per second

_SENTENCE_END = frozenset(".?!…。！？।؟۔")
_CLAUSE_END = frozenset(",;:、，；：،؛—–")
_MAY_NOT_START = frozenset("、。，．・：；？！）］｝〉》」』】〕ー～…ゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%‰℃")
_MAY_NOT_END = frozenset("（［｛〈《「『【〔“‘¥￥$＄")


@dataclass(frozen=True, slots=True)
class _Token:
    """The smallest piece a line may be broken around; ``space`` says whether a space separates it from the next."""

    text: str
    start: float
    end: float
    space: bool

    @property
    def ends_sentence(self) -> bool:
        return self.text.rstrip("\"'”’»)]」』）")[-1:] in _SENTENCE_END

    @property
    def ends_clause(self) -> bool:
        return self.text.rstrip("\"'”’»)]」』）")[-1:] in _CLAUSE_END


def cues_from_words(
    words: Sequence[Word], *, max_chars: int = 42, max_lines: int = 2, language: str = "en"
) -> tuple[Cue, ...]:
    """Group words into cues and break their lines as evenly as the rules allow.

    ``max_chars`` is columns per line; a wide character (Chinese, Japanese, Korean) takes 42/16 of one. Cues do not
    overlap, keep the order of the words and together hold every word once. A single word wider than a line stands
    alone on its line. Raises ``BadMedia`` for words out of order and for a limit below 1.
    """
    if max_chars < 1 or max_lines < 1:
        raise BadMedia("a caption needs at least one line of one character", code="BAD_CAPTION")
    if any(later.start < earlier.start for earlier, later in pairwise(words)):
        raise BadMedia("the words are not in the order they are spoken", code="BAD_CAPTION")
    tokens = [token for word in words for token in _tokens(word)]
    cues: list[Cue] = []
    for phrase in _phrases(tokens):
        for first, last in _best_split(phrase, max_chars, max_lines):
            part = phrase[first:last]
            text = "\n".join(_join(line) for line in _best_lines(part, max_chars, max_lines)[1])
            cues.append(Cue(text, part[0].start, part[-1].end))
    return _timed(cues, _READING_SPEED.get(language, _DEFAULT_READING_SPEED))


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip text, UTF-8 without a byte order mark, lines ended by ``\\n``.

    SubRip has no escaping and no notion of direction, so line breaks inside a cue are tidied and right-to-left
    lines are bracketed with direction marks that keep their punctuation on the proper side.
    """
    blocks = []
    for number, cue in enumerate(cues, 1):
        lines = [_marked(line) for line in _lines(cue)]
        blocks.append(f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue]) -> str:
    """WebVTT text, markup characters escaped. Players find the direction of each line themselves."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = "\n".join(escape(line, quote=False) for line in _lines(cue))
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def columns(text: str) -> float:
    """The width of a text in columns of an average Latin letter; combining marks take none."""
    return sum(_column(char) for char in text)


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left."""
    for char in text:
        if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL"):
            return kind != "L"
    return False


def _column(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    return _LATIN_COLUMNS / _WIDE_COLUMNS if unicodedata.east_asian_width(char) in "WF" else 1.0


def _unspaced(char: str) -> bool:
    """Whether the script of this character is written without spaces between words."""
    return unicodedata.east_asian_width(char) in "WF" and not "\uac00" <= char <= "\ud7a3"


def _tokens(word: Word) -> list[_Token]:
    """A word as it is, or for scripts without spaces its characters, each with its share of the time."""
    text = " ".join(word.text.split())
    if not text:
        return []
    pieces: list[str] = []
    for char in text:
        last = pieces[-1][-1] if pieces else ""
        if last and (not (_unspaced(char) or _unspaced(last)) or char in _MAY_NOT_START or last in _MAY_NOT_END):
            pieces[-1] += char
        else:
            pieces.append(char)
    total = len(text)
    tokens, seen = [], 0
    for index, piece in enumerate(pieces):
        start = word.start + (word.end - word.start) * seen / total
        seen += len(piece)
        end = word.start + (word.end - word.start) * seen / total
        spaced = index == len(pieces) - 1 and not _unspaced(piece[-1])
        tokens.append(_Token(piece.strip(), start, end, spaced or piece.endswith(" ")))
    return tokens


def _phrases(tokens: Sequence[_Token]) -> list[list[_Token]]:
    phrases: list[list[_Token]] = []
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if previous is None or previous.ends_sentence or token.start - previous.end > PAUSE_SECONDS:
            phrases.append([])
        phrases[-1].append(token)
    return phrases


def _best_split(phrase: Sequence[_Token], max_chars: int, max_lines: int) -> list[tuple[int, int]]:
    """Cut a phrase into cues: few, of even length, cut after a comma where one is near. Shortest path over the cuts."""
    count = len(phrase)
    best = [0.0] + [inf] * count
    came_from = [0] * (count + 1)
    target = columns(_join(phrase)) / ceil(columns(_join(phrase)) / (max_chars * max_lines))
    for last in range(1, count + 1):
        for first in range(last - 1, -1, -1):
            part = phrase[first:last]
            if first < last - 1 and (
                part[-1].end - part[0].start > MAX_SECONDS or columns(_join(part)) > max_chars * max_lines
            ):
                break
            if len(_best_lines(part, max_chars, max_lines)[1]) > max_lines:
                continue
            cost = 1.0 + ((columns(_join(part)) - target) / (max_chars * max_lines)) ** 2
            cost += 0.0 if last == count or part[-1].ends_clause else 0.15
            cost += 1.0 if part[-1].end - part[0].start < MIN_SECONDS and count > last - first else 0.0
            if best[first] + cost < best[last]:
                best[last], came_from[last] = best[first] + cost, first
    cuts: list[tuple[int, int]] = []
    while count:
        cuts.append((came_from[count], count))
        count = came_from[count]
    return cuts[::-1]


def _best_lines(part: Sequence[_Token], max_chars: int, max_lines: int) -> tuple[float, list[Sequence[_Token]]]:
    """Break a cue into as few lines as hold it, the longest as short as can be, the lower rather the longer."""
    if columns(_join(part)) <= max_chars or len(part) == 1:
        return columns(_join(part)), [part]
    found: tuple[float, list[Sequence[_Token]]] = (inf, [part] * (max_lines + 1))
    if max_lines == 1:
        return found
    for cut in range(1, len(part)):
        width = columns(_join(part[:cut]))
        if width > max_chars and cut > 1:
            break
        rest_width, rest = _best_lines(part[cut:], max_chars, max_lines - 1)
        cost = max(width + (0.0 if part[cut - 1].ends_clause else 8.0), rest_width)
        if len(rest) < max_lines and cost < found[0]:
            found = (cost, [part[:cut], *rest])
    return found


def _timed(cues: Sequence[Cue], reading_speed: float) -> tuple[Cue, ...]:
    made = []
    for cue, following in zip(cues, [*cues[1:], None], strict=False):
        letters = sum(1 for char in cue.text if not char.isspace())
        wanted = cue.start + min(MAX_SECONDS, max(MIN_SECONDS, letters / reading_speed))
        end = max(cue.end, wanted)
        if following is not None:
            end = min(end, max(following.start - GAP_SECONDS, min(cue.end, following.start)))
        made.append(replace(cue, end=max(end, cue.start)))
    return tuple(made)


def _join(tokens: Sequence[_Token]) -> str:
    return "".join(token.text + (" " if token.space else "") for token in tokens).strip()


def _lines(cue: Cue) -> list[str]:
    """The lines of a cue with nothing in them that would end it early."""
    return [line.replace("-->", "->") for line in (" ".join(raw.split()) for raw in cue.text.splitlines()) if line]


def _marked(line: str) -> str:
    return f"\u200f{line}\u200f" if is_right_to_left(line) else line


def _stamp(seconds: float, separator: str) -> str:
    millis = max(0, round(seconds * 1000))
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}{separator}{millis % 1000:03}"
