"""From proposals to moments: between sentences, none over another, ranked, and why there are too few. Pure.

Whoever proposes (the rubric, a language model, a person) may be a little off; what comes out never begins or ends
inside a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from media.hooks.rubric import Evidence
from media.hooks.sentences import Sentence

ROOM_S = 0.12
"""How much of the pause around it a moment keeps at most, by the times of its words."""
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
    behind_s: float = ROOM_S,
) -> tuple[Moment, ...]:
    """The ``count`` best of ``proposals`` as moments of whole sentences, best first, none over another.

    A proposal takes the sentences of which it has the middle; one that is too short grows by those behind it, else by
    those before it; one that is too long loses its last ones. What cannot be from ``shortest_s`` to ``longest_s``
    long is left out. A moment begins at most 120 ms before its first word and ends at most ``behind_s`` behind its
    last, and never farther than half-way to the next word.
    """
    if not spoken:
        return ()
    edges = _edges(spoken, duration, behind_s)
    chosen: list[Moment] = []
    for one in sorted(proposals, key=lambda one: (-one.score, one.start)):
        if len(chosen) == count:
            break
        moment = _moment(one, spoken, edges, shortest_s, longest_s)
        if moment is not None and all(moment.end <= other.start or other.end <= moment.start for other in chosen):
            chosen.append(moment)
    return tuple(chosen)


def shortfall(
    found: int, count: int, spoken: Sequence[Sentence] | None, duration: float, *, shortest_s: float = LEAST_S
) -> tuple[str, ...]:
    """Why there are ``found`` moments and not ``count``, in words; nothing where there are as many. ``spoken`` None:
    they were chosen by what is seen."""
    if found >= count:
        return ()
    if duration < count * shortest_s:
        room = int(duration // shortest_s)
        return (f"the film has {duration:.0f} s, room for {room} of {count} clips of at least {shortest_s:.0f} s",)
    if spoken is None:
        return (f"{_only(found, 'with scenes or motion')} at least {shortest_s:.0f} s long",)
    said = sum(one.end - one.start for one in spoken)
    if said < count * shortest_s:
        return (f"somebody speaks for {said:.0f} s, too little for {count} clips of at least {shortest_s:.0f} s",)
    return (f"{_only(found, 'of whole sentences')} at least {shortest_s:.0f} s long and not over another",)


def _only(found: int, kind: str) -> str:
    if found == 0:
        return f"no stretch {kind} is"
    return f"only 1 stretch {kind} is" if found == 1 else f"only {found} stretches {kind} are"


Edges = tuple[Sequence[float], Sequence[float]]
"""Where a moment may begin before each sentence, and where it may end behind each."""


def _edges(spoken: Sequence[Sentence], duration: float, behind_s: float) -> Edges:
    begins = [max(0.0, spoken[0].start - ROOM_S)]
    ends = []
    for one, other in pairwise(spoken):
        half = max(0.0, other.start - one.end) / 2
        ends.append(one.end + min(half, behind_s))
        begins.append(other.start - min(half, ROOM_S))
    ends.append(max(spoken[-1].end, min(duration, spoken[-1].end + behind_s)))
    return begins, ends


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
    begin, end = round(begins[first], 3), round(ends[last], 3)
    evidence = tuple(sign for sign in one.evidence if begin <= sign.at <= end)
    return Moment(begin, end, one.score, one.title, text, one.reason, evidence)
