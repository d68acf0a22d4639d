"""Where the camera looks: slow moves over a picture, as arithmetic. Everything is in shares of the picture's sides.

A move never leaves the picture, begins and ends softly, and is slow: it grows with the shot up to a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.film.plan import Motion

_PUSH_PER_S, _PUSH_MOST = 0.025, 1.22
_PAN_ZOOM = 1.16
_PAN_PER_S, _PAN_MOST = 0.05, 0.92  # of the frame's width or height; of the room there is
_TRAVEL_PER_S = 0.09  # over a picture of another shape than the frame
_EASE = 0.18
_ROOM = 0.12  # of the picture beside the frame, for a move along it
_LEAST_REACH = 0.03  # of the frame
_LITTLE = 0.55  # of the picture in the frame
_SUBJECT_AT = 0.42  # where the middle of a face is in the frame, from the top
_ALONG = frozenset({Motion.PAN_LEFT, Motion.PAN_RIGHT, Motion.TILT_UP, Motion.TILT_DOWN})


@dataclass(frozen=True, slots=True)
class Subject:
    """What the camera looks at, as shares of the picture's sides: a place, or a box that must be seen."""

    x: float
    y: float
    width: float = 0.0
    height: float = 0.0

    @property
    def left(self) -> float:
        """Its left end."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Its right end."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Its upper end."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower end."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class View:
    """What the frame shows: its middle, and its width, in shares of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float


def views(
    motion: Motion, aspect: float, picture_aspect: float, seconds: float, subject: Subject | None, zoom: float = 1.0
) -> tuple[View, View]:
    """The first and the last view of a shot of ``seconds``: ``aspect`` is the frame's width over its height.

    What the subject must show stays in the frame as far as it fits; a move that this leaves no room for becomes one
    towards it. ``zoom`` is how much nearer the camera begins than it has to.
    """
    wide, tall = (side / zoom for side in _cover(aspect, picture_aspect))
    subject = subject or Subject(0.5, 0.46)
    if motion in _ALONG:
        along = _along(motion, wide, tall, seconds, subject)
        if along is not None:
            return along
        motion = Motion.PUSH_IN if motion in (Motion.PAN_RIGHT, Motion.TILT_UP) else Motion.PULL_OUT
    nearer = 1.0 if motion is Motion.STILL else min(_PUSH_MOST, 1 + _PUSH_PER_S * seconds)
    near, far = _around(subject, wide / nearer, tall / nearer), _around(subject, wide, tall)
    return (near, far) if motion is Motion.PULL_OUT else (far, near)


def _along(motion: Motion, wide: float, tall: float, seconds: float, subject: Subject) -> tuple[View, View] | None:
    """The ends of a move along the picture; None where it would hardly move."""
    across = motion in (Motion.PAN_LEFT, Motion.PAN_RIGHT)
    if 1 - (wide if across else tall) < _ROOM:
        wide, tall = wide / _PAN_ZOOM, tall / _PAN_ZOOM
    side = wide if across else tall
    at, first, last = (subject.x, subject.left, subject.right) if across else (subject.y, subject.top, subject.bottom)
    low, high = side / 2, 1 - side / 2
    if last - first < side:
        # The view's middle may go as far as the subject stays in it.
        low, high = max(low, min(high, last - side / 2)), min(high, max(low, first + side / 2))
    far_away = high - low > 0.5 * side
    reach = min(_PAN_MOST * (high - low), (_TRAVEL_PER_S if far_away else _PAN_PER_S) * seconds * side)
    if reach < _LEAST_REACH * side:
        return None
    middle = min(max(at, low + reach / 2), high - reach / 2)
    ends = middle - reach / 2, middle + reach / 2
    if motion in (Motion.PAN_LEFT, Motion.TILT_UP):
        ends = ends[::-1]
    if across:
        y = _around(subject, wide, tall).y
        return View(ends[0], y, wide, tall), View(ends[1], y, wide, tall)
    x = _around(subject, wide, tall).x
    return View(x, ends[0], wide, tall), View(x, ends[1], wide, tall)


def between(first: View, last: View, share: float) -> View:
    """The view at ``share`` (0 to 1) of the time."""
    at = eased(share)
    # Sizes change by equal factors in equal times: that is what looks steady.
    factor = (last.width / first.width) ** at
    if abs(last.width - first.width) > 1e-9:
        at = (first.width * factor - first.width) / (last.width - first.width)
    return View(
        first.x + (last.x - first.x) * at,
        first.y + (last.y - first.y) * at,
        first.width * factor,
        first.height * factor,
    )


def eased(share: float) -> float:
    """Constant speed but for a soft start and a soft end."""
    share = min(1.0, max(0.0, share))
    whole = 1 - _EASE
    if share < _EASE:
        return share * share / (2 * _EASE * whole)
    if share > 1 - _EASE:
        return 1 - (1 - share) ** 2 / (2 * _EASE * whole)
    return (share - _EASE / 2) / whole


def suits(motion: Motion, aspect: float, picture_aspect: float) -> Motion:
    """The move itself, or one along the picture where the frame shows so little of it that others would miss it."""
    wide, tall = _cover(aspect, picture_aspect)
    if wide < _LITTLE and motion not in (Motion.PAN_LEFT, Motion.PAN_RIGHT):
        return Motion.PAN_RIGHT if motion in (Motion.PUSH_IN, Motion.TILT_DOWN, Motion.STILL) else Motion.PAN_LEFT
    if tall < _LITTLE and motion not in (Motion.TILT_UP, Motion.TILT_DOWN):
        return Motion.TILT_DOWN if motion in (Motion.PULL_OUT, Motion.PAN_LEFT) else Motion.TILT_UP
    return motion


def _cover(aspect: float, picture_aspect: float) -> tuple[float, float]:
    """The largest view of the frame's shape, in shares of the picture."""
    ratio = aspect / picture_aspect
    return (1.0, 1 / ratio) if ratio > 1 else (ratio, 1.0)


def _around(subject: Subject, wide: float, tall: float) -> View:
    """The view around the subject, moved as far as it takes to stay in the picture; faces stand over the middle."""
    y = subject.y + (0.5 - _SUBJECT_AT) * tall
    if subject.bottom > subject.top and subject.bottom - subject.top < tall:
        y = min(max(y, subject.bottom - tall / 2), subject.top + tall / 2)
    return View(min(max(subject.x, wide / 2), 1 - wide / 2), min(max(y, tall / 2), 1 - tall / 2), wide, tall)
