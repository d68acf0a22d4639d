"""Where the camera looks: slow moves over a picture, as arithmetic. Everything is in shares of the picture's sides.

A move never leaves the picture, begins and ends softly, and is slow: it grows with the shot up to a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.film.plan import Motion

_PUSH_PER_S, _PUSH_MOST = 0.025, 1.22
_PAN_ZOOM = 1.16
_PAN_PER_S, _PAN_MOST = 0.075, 0.92  # of the frame's width or height; of the room there is
_TRAVEL_PER_S = 0.11  # over a picture of another shape than the frame
_EASE = 0.18
_FACE_AT = 0.42  # where the middle of a face is in the frame, from the top

Focus = tuple[float, float, float, float]
"""What must be seen: left, top, width, height, as shares of the picture."""


@dataclass(frozen=True, slots=True)
class View:
    """What the frame shows: its middle, and its width, in shares of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float


def views(
    motion: Motion, aspect: float, picture_aspect: float, seconds: float, focus: Focus | None
) -> tuple[View, View]:
    """The first and the last view of a shot of ``seconds``: ``aspect`` is the frame's width over its height."""
    wide, tall = _cover(aspect, picture_aspect)
    x, y = _middle(focus)
    if motion in (Motion.PUSH_IN, Motion.PULL_OUT, Motion.STILL):
        zoom = 1.0 if motion is Motion.STILL else min(_PUSH_MOST, 1 + _PUSH_PER_S * seconds)
        # The wide view takes the focus in, the near one goes towards it.
        near, far = _inside(x, y, wide / zoom, tall / zoom), _inside(x, y, wide, tall)
        return (near, far) if motion is Motion.PULL_OUT else (far, near)
    across = motion in (Motion.PAN_LEFT, Motion.PAN_RIGHT)
    room = 1 - (wide if across else tall)
    zoom = 1.0 if room > 0.12 else _PAN_ZOOM
    wide, tall = wide / zoom, tall / zoom
    side = wide if across else tall
    room = 1 - side
    far_away = room > 0.5 * side
    reach = min(_PAN_MOST * room, (_TRAVEL_PER_S if far_away else _PAN_PER_S) * seconds * side)
    middle = min(max(x if across else y, side / 2 + reach / 2), 1 - side / 2 - reach / 2)
    low, high = middle - reach / 2, middle + reach / 2
    first, last = (low, high) if motion in (Motion.PAN_RIGHT, Motion.TILT_DOWN) else (high, low)
    if across:
        return _inside(first, y, wide, tall), _inside(last, y, wide, tall)
    return _inside(x, first, wide, tall), _inside(x, last, wide, tall)


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
    if wide < 0.62 and motion not in (Motion.PAN_LEFT, Motion.PAN_RIGHT):
        return Motion.PAN_RIGHT if motion in (Motion.PUSH_IN, Motion.TILT_DOWN, Motion.STILL) else Motion.PAN_LEFT
    if tall < 0.62 and motion not in (Motion.TILT_UP, Motion.TILT_DOWN):
        return Motion.TILT_DOWN if motion in (Motion.PULL_OUT, Motion.PAN_LEFT) else Motion.TILT_UP
    return motion


def _cover(aspect: float, picture_aspect: float) -> tuple[float, float]:
    """The largest view of the frame's shape, in shares of the picture."""
    ratio = aspect / picture_aspect
    return (1.0, 1 / ratio) if ratio > 1 else (ratio, 1.0)


def _middle(focus: Focus | None) -> tuple[float, float]:
    if focus is None:
        return 0.5, 0.46
    left, top, width, height = focus
    return left + width / 2, top + height / 2


def _inside(x: float, y: float, wide: float, tall: float) -> View:
    """The view around that place, moved as far as it takes to stay in the picture; faces stand over the middle."""
    y += (0.5 - _FACE_AT) * tall
    return View(min(max(x, wide / 2), 1 - wide / 2), min(max(y, tall / 2), 1 - tall / 2), wide, tall)
