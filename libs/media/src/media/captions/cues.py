"""Captions from timed words: which words share a cue, where its lines break, how long it stays; and the text formats.

The rules follow what broadcasters and streaming services publish for subtitles: at most two lines of 42 columns (16
wide characters for Chinese, Japanese and Korean), at least 5/6 s and at most 7 s on screen, two frames between cues, a
cue never runs across a sentence end or a pause, and text that would have to be read faster than its language's reading
speed stays longer where the pause after it allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise
from math import ceil, inf

from media.captions.lines import Token, break_lines, columns, is_right_to_left, join, tokens_of
from media.errors import BadMedia
from media.types import Cue, Word

MIN_SECONDS = 5 / 6
MAX_SECONDS = 7.0
GAP_SECONDS = 0.08
PAUSE_SECONDS = 0.7

_LEFT_TO_RIGHT, _RIGHT_TO_LEFT = "\u200e", "\u200f"

_READING_SPEED = {"zh": 9.0, "ja": 7.0, "ko": 12.0}
_DEFAULT_READING_SPEED = 17.0  # characters per second


def cues_from_words(
    words: Sequence[Word], *, max_chars: int = 42, max_lines: int = 2, language: str = "en"
) -> tuple[Cue, ...]:
    """Group words into cues and break their lines as evenly as the rules allow.

    ``max_chars`` is columns per line; a wide character (Chinese, Japanese, Korean) takes 42/16 of one. Cues do not
    overlap, keep the order of the words and together hold every word once. A single word wider than a line stands
    alone on its line. Raises ``BadMedia`` for words out of order and for a limit below 1.
    """
    cues = []
    for lines in grouped(words, max_chars=max_chars, max_lines=max_lines):
        text = "\n".join(join(line) for line in lines)
        cues.append(Cue(text, lines[0][0].start, lines[-1][-1].end))
    return _timed(cues, _READING_SPEED.get(language, _DEFAULT_READING_SPEED))


def grouped(words: Sequence[Word], *, max_chars: int = 42, max_lines: int = 2) -> Iterator[tuple[Sequence[Token], ...]]:
    """The lines of each cue that :func:`cues_from_words` would make, as pieces of words with their times."""
    if max_chars < 1 or max_lines < 1:
        raise BadMedia("a caption needs at least one line of one character", code="BAD_CAPTION")
    if any(later.start < earlier.start for earlier, later in pairwise(words)):
        raise BadMedia("the words are not in the order they are spoken", code="BAD_CAPTION")
    tokens = [token for word in words for token in tokens_of(word)]
    for phrase in _phrases(tokens):
        for first, last in _best_split(phrase, max_chars, max_lines):
            part = phrase[first:last]
            yield tuple(break_lines(part, max_chars, max_lines) or [part])


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip text, UTF-8 without a byte order mark, lines ended by ``\\n``.

    SubRip has no escaping and no notion of direction, so line breaks inside a cue are tidied and right-to-left
    lines are bracketed with direction marks that keep their punctuation on the proper side.
    """
    blocks = []
    for number, cue in enumerate(cues, 1):
        lines = _marked(_lines(cue))
        blocks.append(f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue]) -> str:
    """WebVTT text, markup characters escaped.

    Players find the direction of each line by its first letter; a line that starts with a foreign word is told the
    direction of its cue by a mark before it.
    """
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = "\n".join(escape(line, quote=False) for line in _turned(_lines(cue)))
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def _phrases(tokens: Sequence[Token]) -> list[list[Token]]:
    phrases: list[list[Token]] = []
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if previous is None or previous.ends_sentence or token.start - previous.end > PAUSE_SECONDS:
            phrases.append([])
        phrases[-1].append(token)
    return phrases


def _best_split(phrase: Sequence[Token], max_chars: int, max_lines: int) -> list[tuple[int, int]]:
    """Cut a phrase into cues: few, of even length, cut after a comma where one is near. Shortest path over the cuts."""
    count = len(phrase)
    best = [0.0] + [inf] * count
    came_from = [0] * (count + 1)
    target = columns(join(phrase)) / max(1, ceil(columns(join(phrase)) / (max_chars * max_lines)))
    for last in range(1, count + 1):
        for first in range(last - 1, -1, -1):
            part = phrase[first:last]
            if first < last - 1 and (
                part[-1].end - part[0].start > MAX_SECONDS or columns(join(part)) > max_chars * max_lines
            ):
                break
            if break_lines(part, max_chars, max_lines) is None:
                continue
            cost = 1.0 + ((columns(join(part)) - target) / (max_chars * max_lines)) ** 2
            cost += 0.0 if last == count or part[-1].ends_clause else 0.15
            cost += 1.0 if part[-1].end - part[0].start < MIN_SECONDS and count > last - first else 0.0
            if best[first] + cost < best[last]:
                best[last], came_from[last] = best[first] + cost, first
    cuts: list[tuple[int, int]] = []
    while count:
        cuts.append((came_from[count], count))
        count = came_from[count]
    return cuts[::-1]


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


def _lines(cue: Cue) -> list[str]:
    """The lines of a cue with nothing in them that would end it early."""
    return [line.replace("-->", "->") for line in (" ".join(raw.split()) for raw in cue.text.splitlines()) if line]


def _turned(lines: list[str]) -> list[str]:
    """A mark before each line whose first letter would give it another direction than the cue has."""
    backwards = is_right_to_left(" ".join(lines))
    mark = _RIGHT_TO_LEFT if backwards else _LEFT_TO_RIGHT
    return [mark + line if is_right_to_left(line) != backwards else line for line in lines]


def _marked(lines: list[str]) -> list[str]:
    """The same, and all lines of a right-to-left cue between marks."""
    if not is_right_to_left(" ".join(lines)):
        return _turned(lines)
    return [f"{_RIGHT_TO_LEFT}{line}{_RIGHT_TO_LEFT}" for line in lines]


def _stamp(seconds: float, separator: str) -> str:
    millis = max(0, round(seconds * 1000))
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}{separator}{millis % 1000:03}"
