"""The moments of a film in which nobody speaks, by its scenes and what moves in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.hooks.moments import Moment
from media.hooks.rubric import Evidence
from media.video.analysis import Changes, changes

_CUT = 0.35
_ALONE = 3.0
"""A cut stands out of what changes around it by so much; a flicker or a fast pan does not."""
_AROUND = 5
_STEP_S = 2.0
"""In a long scene a moment may begin every so many seconds."""
_MOTION, _PACE = 7.0, 3.0
"""The most points for how much moves, compared with the film's usual, and for how often scenes change."""
_FAST_S = 3.0


def moments_by_motion(
    film: Path,
    duration: float,
    *,
    count: int,
    shortest_s: float,
    longest_s: float,
    tell: Callable[[float], None] | None = None,
) -> tuple[Moment, ...]:
    """The ``count`` best stretches of a film of ``duration`` seconds, best first, none over another. Each begins with a
    scene or, in a scene that is longer than a moment may be, where its motion is.

    ``tell`` is told how many seconds have been seen. Raises ``NotUsable`` (``NO_VIDEO``) for a file without picture.
    """
    seen = changes(film, tell=tell)
    scenes = _scenes(seen, duration)
    film_seen = _Seen.of(seen, scenes)
    found = [film_seen.judged(*span) for span in _spans(scenes, shortest_s, longest_s)]
    chosen: list[Moment] = []
    for moment in sorted(found, key=lambda one: (-one.score, one.start)):
        if len(chosen) < count and all(moment.end <= other.start or other.end <= moment.start for other in chosen):
            chosen.append(moment)
    return tuple(chosen)


def _scenes(seen: Changes, duration: float) -> list[tuple[float, float]]:
    """From when to when each scene is; between two lies the time in which the cut was not seen exactly."""
    found: list[tuple[float, float]] = []
    begin = 0.0
    for at in _cuts(seen.cuts):
        found.append((begin, float(seen.times[at - 1])))
        begin = float(seen.times[at])
    found.append((begin, duration))
    return [(one, other) for one, other in found if other > one]


def _cuts(change: NDArray[np.float64]) -> Iterator[int]:
    for at in np.flatnonzero(change > _CUT):
        around = np.concatenate([change[max(0, at - _AROUND) : at], change[at + 1 : at + 1 + _AROUND]])
        if at and change[at] > _ALONE * float(np.median(around) if len(around) else 0.0):
            yield int(at)


def _spans(scenes: list[tuple[float, float]], shortest_s: float, longest_s: float) -> Iterator[tuple[float, float]]:
    usual = min(longest_s, max(shortest_s, 30.0))
    for first, (begin, end) in enumerate(scenes):
        if end - begin > longest_s:
            for start in np.arange(begin, end - usual + 1e-6, _STEP_S):
                yield float(start), float(start) + usual
            continue
        for _, stop in scenes[first:]:
            if stop - begin > longest_s:
                break
            if stop - begin >= shortest_s:
                yield begin, stop
                if stop - begin >= usual:
                    break


@dataclass(frozen=True, slots=True)
class _Seen:
    """A film as stretches of it are judged, each in a few steps however long the film is: ``sums`` are of the motion
    before each of ``times``."""

    times: NDArray[np.float64]
    sums: NDArray[np.float64]
    cuts: NDArray[np.float64]
    usual: float

    @classmethod
    def of(cls, seen: Changes, scenes: list[tuple[float, float]]) -> _Seen:
        sums = np.concatenate([[0.0], np.cumsum(seen.motion)])
        cuts = np.array([end for _, end in scenes[:-1]])
        return cls(seen.times, sums, cuts, float(np.mean(seen.motion)) or 1e-6)

    def judged(self, begin: float, end: float) -> Moment:
        first, last = np.searchsorted(self.times, (begin, end))
        times = float(self.sums[last] - self.sums[first]) / max(1, last - first) / self.usual
        inside = np.searchsorted(self.cuts, end - 0.5) - np.searchsorted(self.cuts, begin, "right")
        cuts = max(0, int(inside))
        pace = min(1.0, cuts * _FAST_S / (end - begin))
        score = round(_MOTION * min(1.0, times / 3) + _PACE * pace, 2)
        moved = f"{times:.1f} times the film's usual"
        evidence = [Evidence("motion", moved, begin, round(_MOTION * min(1.0, times / 3), 2))]
        if cuts:
            evidence.append(Evidence("scenes", f"{cuts + 1} in {end - begin:.0f} s", begin, round(_PACE * pace, 2)))
        minutes, seconds = divmod(int(begin), 60)
        reason = "; ".join(f"{one.item}: {one.words}" for one in evidence)
        title = f"At {minutes}:{seconds:02d}"
        return Moment(round(begin, 3), round(end, 3), score, title, "", reason, tuple(evidence))
