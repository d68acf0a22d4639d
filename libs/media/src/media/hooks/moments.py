"""From proposals to moments: between sentences, none over another, ranked, and why there are too few. Pure.

Whoever proposes (the rubric, a language model, a person) may be a little off; what comes out never begins or ends
inside a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from media.ears.activity import Span
from media.hooks.rubric import Evidence
from media.hooks.sentences import Sentence

ROOM_S = 0.12
"""How much of the pause around it a moment keeps at most."""
LEAST_S, MOST_S = 15.0, 90.0
MOST_COUNT = 20
_EACH_S = 120.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a film worth a clip, in its seconds. ``text`` is what is said in it, ``score`` 0 to 10, ``reason``
    why in words, ``evidence`` what was cited."""

    start: float
    end: float
    score: float
    title: str
    text: str
    reason: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stretch that somebody thinks worth a clip."""

    start: float
    end: float
    score: float
    title: str
    reason: str
    evidence: tuple[Evidence, ...] = ()


def count_for(duration: float) -> int:
    """How many moments a film of that length should have: one for every two minutes begun, at most twenty."""
    return min(MOST_COUNT, max(1, math.ceil(duration / _EACH_S)))


def settle(
    proposals: Iterable[Proposal],
    spoken: Sequence[Sentence],
    duration: float,
    *,
    count: int,
    shortest_s: float = LEAST_S,
    longest_s: float = MOST_S,
    pauses: Sequence[Span] = (),
) -> tuple[Moment, ...]:
    """The ``count`` best of ``proposals`` as moments of whole sentences, best first, none over another.

    A proposal takes the sentences of which it has the middle; one that is too short grows by those behind it, else by
    those before it; one that is too long loses its last ones. What cannot be from ``shortest_s`` to ``longest_s``
    long is left out. ``pauses`` are where nobody speaks: a boundary lies in one of them, at most 120 ms from the
    words, or half-way between two words where there is none.
    """
    if not spoken:
        return ()
    edges = _edges(spoken, duration, pauses)
    chosen: list[Moment] = []
    for one in sorted(proposals, key=lambda one: (-one.score, one.start)):
        if len(chosen) == count:
            break
        moment = _moment(one, spoken, edges, shortest_s, longest_s)
        if moment is not None and all(moment.end <= other.start or other.end <= moment.start for other in chosen):
            chosen.append(moment)
    return tuple(chosen)


def shortfall(
    found: int, count: int, spoken: Sequence[Sentence], duration: float, *, shortest_s: float = LEAST_S
) -> tuple[str, ...]:
    """Why there are ``found`` moments and not ``count``, in words; nothing where there are as many."""
    if found >= count:
        return ()
    reasons = []
    said = sum(one.end - one.start for one in spoken)
    if duration < count * shortest_s:
        fit = int(duration // shortest_s)
        reasons.append(f"the film has {duration:.0f} s, room for {fit} clips of {shortest_s:.0f} s")
    elif not spoken:
        reasons.append("nobody speaks in it")
    elif said < count * shortest_s:
        reasons.append(f"somebody speaks for {said:.0f} s of {duration:.0f} s, too little for {count} clips")
    else:
        reasons.append(
            f"only {found} stretches of whole sentences are at least {shortest_s:.0f} s long and not over another"
        )
    return tuple(reasons)


Edges = tuple[Sequence[float], Sequence[float]]
"""Where a moment may begin before each sentence, and where it may end behind each."""


def _edges(spoken: Sequence[Sentence], duration: float, pauses: Sequence[Span]) -> Edges:
    begins = [_between(0.0, spoken[0].start, spoken[0].start, pauses)[1]]
    ends: list[float] = []
    for one, other in pairwise(spoken):
        end, begin = _between(one.end, other.start, (one.end + other.start) / 2, pauses)
        ends.append(end)
        begins.append(begin)
    last = spoken[-1].end
    ends.append(min(max(duration, last), last + ROOM_S))
    return begins, ends


def _between(end: float, start: float, middle: float, pauses: Sequence[Span]) -> tuple[float, float]:
    """Where a moment may end behind a word that ends at ``end``, and begin before one that begins at ``start``."""
    low, high = min(end, middle) - ROOM_S, max(start, middle) + ROOM_S
    near = [pause for pause in pauses if pause.start < high and low < pause.end]
    if near:
        best = max(near, key=lambda pause: min(pause.end, high) - max(pause.start, low))
        room = min(ROOM_S, best.seconds / 2)
        return best.start + room, best.end - room
    gap = max(0.0, start - end)
    room = min(ROOM_S, gap / 2)
    return (end + room, start - room) if gap else (middle, middle)


def _moment(
    one: Proposal, spoken: Sequence[Sentence], edges: Edges, shortest_s: float, longest_s: float
) -> Moment | None:
    begins, ends = edges
    inside = [at for at, line in enumerate(spoken) if one.start <= (line.start + line.end) / 2 < one.end]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    long: Callable[[], float] = lambda: ends[last] - begins[first]  # noqa: E731
    while long() > longest_s and last > first:
        last -= 1
    while long() < shortest_s and last + 1 < len(spoken) and ends[last + 1] - begins[first] <= longest_s:
        last += 1
    while long() < shortest_s and first > 0 and ends[last] - begins[first - 1] <= longest_s:
        first -= 1
    if not shortest_s <= long() <= longest_s:
        return None
    text = " ".join(line.text for line in spoken[first : last + 1])
    return Moment(round(begins[first], 3), round(ends[last], 3), one.score, one.title, text, one.reason, one.evidence)
