"""Where a film that is longer than it may be is cut: at the end of a sentence, in the pause behind it.

Only where one sentence is longer than a whole part it is cut inside, after a clause or else after a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from media.speech.spoken.signs import ends_clause, ends_sentence
from media.types import Word

_BEHIND_S = 0.35
"""How much of the pause behind its last word a part keeps at most."""
_SLACK_S = 0.05
"""A container may be longer than its pictures by so much; nothing is cut for it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a film in seconds. ``inside_sentence``: no cut at a sentence's end was possible behind it."""

    start: float
    end: float
    inside_sentence: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


def whole(seconds: float) -> Part:
    """The film as it is."""
    return Part(0.0, seconds)


def split_at_sentences(words: Sequence[Word], seconds: float, longest: float | None) -> tuple[Part, ...]:
    """The film in as few parts of at most ``longest`` seconds as its sentences allow, about equally long.

    Together they are the whole film, each begins where the one before ends. ``words`` are in the order they are spoken;
    without any the parts are cut by the clock.
    """
    parts: list[Part] = []
    start = 0.0
    while longest is not None and seconds - start > longest + _SLACK_S:
        parts.append(_next(words, start, seconds, longest, _evenly))
        start = parts[-1].end
    return (*parts, Part(start, seconds))


def end_at_sentence(words: Sequence[Word], seconds: float, longest: float | None) -> Part:
    """The film from its start to the last end of a sentence that ``longest`` seconds leave room for."""
    if longest is None or seconds <= longest + _SLACK_S:
        return whole(seconds)
    return _next(words, 0.0, seconds, longest, lambda ends, _: max(ends))


def words_of(words: Sequence[Word], part: Part) -> list[Word]:
    """What is said in a part, in its own time."""
    return [
        Word(word.text, max(0.0, word.start - part.start), min(word.end, part.end) - part.start)
        for word in words
        if part.start <= (word.start + word.end) / 2 < part.end
    ]


@dataclass(frozen=True, slots=True)
class _Room:
    start: float
    seconds: float
    longest: float


_Choice = Callable[[Sequence[float], _Room], float]


def _evenly(ends: Sequence[float], room: _Room) -> float:
    """The end that makes this part about as long as the others will be, and does not make one more necessary."""
    left = room.seconds - room.start
    count = math.ceil(left / room.longest)
    enough = [end for end in ends if room.seconds - end <= (count - 1) * room.longest]
    return min(enough or ends, key=lambda end: abs(end - room.start - left / count))


def _next(words: Sequence[Word], start: float, seconds: float, longest: float, choose: _Choice) -> Part:
    room = _Room(start, seconds, longest)
    possible = [(word, end) for word, end in _pauses(words) if start < end <= start + longest]
    sentences = [end for word, end in possible if ends_sentence(word.text)]
    if sentences:
        return Part(start, choose(sentences, room))
    clauses = [end for word, end in possible if ends_clause(word.text)]
    ends = clauses or [end for _, end in possible]
    return Part(start, max(ends, default=start + longest), inside_sentence=True)


def _pauses(words: Sequence[Word]) -> Iterator[tuple[Word, float]]:
    """Each word but the last, and where one may cut behind it."""
    for word, following in pairwise(words):
        yield word, min((word.end + max(word.end, following.start)) / 2, word.end + _BEHIND_S)
