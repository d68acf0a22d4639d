"""Who is seen in a stretch of a film, and how their lips move: faces followed from picture to picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import Glance, glance
from media.faces.proposals import propose
from media.types import Bgr, Box
from media.video.clip import Clip, Shape, counted, frames

STEP_S = 0.08
"""A face is looked at every so often: lips open and shut a few times a second."""
_SEARCHED_EVERY = 6
_SIDE = 640
_NEAR = 0.5
_GONE_S = 1.0
_LEAST_SEEN_S = 0.4
_CUT = 0.35
_MOST_PEOPLE = 4
_FLAT, _STILL = 0.3, 0.7
_SMALL = 32


@dataclass(slots=True)
class Person:
    """Somebody in a scene: boxes in pixels of the upright picture and how far the lips are apart, each by the number of
    the look."""

    boxes: dict[int, Box] = field(default_factory=dict)
    openings: dict[int, float] = field(default_factory=dict)

    def middle(self) -> tuple[float, float]:
        """Where the face usually is."""
        boxes = list(self.boxes.values())
        across = float(np.median([box.x + box.width / 2 for box in boxes]))
        return across, float(np.median([box.y + box.height / 2 for box in boxes]))

    def height(self) -> float:
        """How high the face usually is."""
        return float(np.median([box.height for box in self.boxes.values()]))


@dataclass(frozen=True, slots=True)
class Scene:
    """Looks from ``first`` to before ``last`` without a cut between them, and who is seen, from left to right.

    ``slide``: what is seen beside the faces stands still and is flat as a drawn page is.
    """

    first: int
    last: int
    people: tuple[Person, ...]
    slide: bool


def scenes(parts: Sequence[Clip], tell: Callable[[float], None] | None = None) -> tuple[Scene, ...]:
    """The scenes of stretches of one film that are played one after the other, with the people in them; looks are
    counted through all of them. ``tell`` is told the share that has been seen."""
    whole = parts[0].shape
    scale = min(1.0, _SIDE / max(whole.width, whole.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (whole.width, whole.height))
    shape = Shape(width, height, 1 / Fraction(STEP_S).limit_denominator(100), whole.colour)
    made: list[Scene] = []
    watched = _Watched(0, whole.width / width)
    before: NDArray[np.float32] | None = None
    looked = counted(parts, shape.rate)
    count = sum(shape.count(part.seconds) for part in looked)
    for number, frame in enumerate(chain.from_iterable(frames(part, shape) for part in looked)):
        picture: Bgr = frame.to_ndarray(format="bgr24")
        now = _histogram(picture)
        if before is not None and float(np.abs(now - before).sum()) / 2 > _CUT:
            made.append(watched.scene(number))
            watched = _Watched(number, whole.width / width)
        before = now
        watched.look(number, picture)
        if tell is not None and number % 10 == 0:
            tell(number / count)
    made.append(watched.scene(count))
    return tuple(made)


def _histogram(picture: Bgr) -> NDArray[np.float32]:
    small = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
    found = cv2.calcHist([small], [0, 1, 2], None, [8, 8, 8], [0, 256] * 3).reshape(-1) / 64**2
    return np.asarray(found, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Somebody, as they were seen last: at look ``at``."""

    person: Person
    last: Glance
    at: int


class _Watched:
    """A scene while it is watched."""

    def __init__(self, first: int, scale: float) -> None:
        self._first, self._scale = first, scale
        self._people: list[_Known] = []
        self._ground: list[NDArray[np.uint8]] = []

    def look(self, number: int, picture: Bgr) -> None:
        """Look at one picture: at every face that is known, and now and then for others."""
        seen: list[_Known] = []
        for known in self._people:
            is_followed = number - known.at <= _GONE_S / STEP_S
            found = glance(picture, known.last.window) if is_followed else None
            if found is None or any(other.at == number and _same(found.box, other.last.box) for other in seen):
                seen.append(known)
            else:
                seen.append(self._noted(known.person, found, number))
        if (number - self._first) % _SEARCHED_EVERY == 0:
            seen = self._searched(picture, seen, number)
            grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            self._ground.append(
                np.asarray(cv2.resize(grey, (_SMALL * 2, _SMALL), interpolation=cv2.INTER_AREA), np.uint8)
            )
        self._people = seen

    def _searched(self, picture: Bgr, known: list[_Known], number: int) -> list[_Known]:
        """Everybody who is known, with whoever is found: somebody new, or somebody who was lost, and is followed from
        where they are now."""
        made = list(known)
        for window in propose(picture, 0.0)[:_MOST_PEOPLE]:
            found = glance(picture, window)
            if found is None or sum(one.at == number for one in made) >= _MOST_PEOPLE:
                continue
            here = [one for one in made if _same(found.box, one.last.box)]
            if any(one.at == number for one in here):
                continue
            lost = max(here, key=lambda one: one.at, default=None)
            if lost is not None:
                made.remove(lost)
            made.append(self._noted(Person() if lost is None else lost.person, found, number))
        return made

    def _noted(self, person: Person, found: Glance, number: int) -> _Known:
        box, scale = found.box, self._scale
        person.boxes[number] = Box(*(round(side * scale) for side in (box.x, box.y, box.width, box.height)))
        person.openings[number] = found.opening
        return _Known(person, found, number)

    def scene(self, last: int) -> Scene:
        """What was seen up to before ``last``."""
        people = [known.person for known in self._people]
        least = min(_LEAST_SEEN_S / STEP_S, (last - self._first) / 2)
        lasting = sorted((one for one in people if len(one.boxes) >= least), key=lambda one: one.middle()[0])
        return Scene(self._first, last, tuple(lasting), self._is_slide())

    def _is_slide(self) -> bool:
        if not self._ground:
            return False
        ground = np.stack(self._ground)
        usual = np.median(ground, axis=0)
        moving = np.abs(ground - usual[None]).max(axis=0) > 12
        flat = float(np.bincount((usual / 8).astype(int).reshape(-1), minlength=32).max()) / usual.size
        return bool(flat >= _FLAT and 1 - float(moving.mean()) >= _STILL)


def _same(one: Box, other: Box) -> bool:
    apart = math.hypot(
        one.x + one.width / 2 - other.x - other.width / 2, one.y + one.height / 2 - other.y - other.height / 2
    )
    return apart < _NEAR * max(one.height, other.height)
