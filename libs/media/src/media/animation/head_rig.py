"""How the whole head moves: a small shift, roll, turn and nod of everything inside a soft outline, and breath below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media.animation.frame import Grid

# The head in face units, hair included: centre, half axes, and how far out (in half axes) the motion has faded.
_CENTRE = (0.0, 0.25)
_AXES = (1.25, 1.65)
_FADED = 1.45
_PIVOT = 1.75  # the top of the neck: rolls turn around it
_BREATH = (1.7, 2.4, 3.3)  # shoulders: breath starts, is full, has faded
_BROWS_END = 0.35  # below, raised brows move nothing by a thousandth of a pixel


@dataclass(frozen=True, slots=True)
class HeadPose:
    """One frame of a :class:`media.animation.motion.HeadTrack`."""

    right: float = 0.0
    down: float = 0.0
    roll: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    breath: float = 0.0
    brow: float = 0.0


def distance(one: HeadPose, other: HeadPose) -> float:
    """More than any place lies apart in two poses, in face units: the sum of what each motion can do."""
    return (
        abs(one.right - other.right)
        + abs(one.down - other.down)
        + 2.5 * abs(one.roll - other.roll)
        + abs(one.turn - other.turn)
        + abs(one.nod - other.nod)
        + abs(one.breath - other.breath)
        + 0.022 * abs(one.brow - other.brow)
    )


def reach() -> tuple[float, float, float, float]:
    """Left, top, right and bottom of everything a head moves, in face units."""
    return (
        _CENTRE[0] - _AXES[0] * _FADED,
        _CENTRE[1] - _AXES[1] * _FADED,
        _CENTRE[0] + _AXES[0] * _FADED,
        max(_CENTRE[1] + _AXES[1] * _FADED, _BREATH[2]),
    )


def motion_mask(u: Grid, v: Grid) -> Grid:
    """How much of the head's motion a place shares, 1 on the face to 0 on the background."""
    radius = np.hypot(
        (u - np.float32(_CENTRE[0])) / np.float32(_AXES[0]), (v - np.float32(_CENTRE[1])) / np.float32(_AXES[1])
    )
    return _eased((np.float32(_FADED) - radius) / np.float32(_FADED - 1))


def before_motion(u: Grid, v: Grid, pose: HeadPose, mask: Grid | np.float32) -> tuple[Grid, Grid]:
    """Where (u, v) was before the head moved. ``mask`` is :func:`motion_mask` there."""
    below = v - np.float32(_PIVOT)
    depth = np.maximum(0, 1 - np.square(u / np.float32(1.05)) - np.square((v - np.float32(0.45)) / np.float32(1.25)))
    du = np.float32(pose.right) - np.float32(pose.roll) * below + np.float32(pose.turn) * depth
    dv = np.float32(pose.down) + np.float32(pose.roll) * u + np.float32(pose.nod) * depth
    old_u, old_v = u - mask * du, v - mask * dv
    if pose.breath and v.max() > _BREATH[0]:
        old_v += np.float32(pose.breath) * _chest(u, v)
    if pose.brow and v.min() < _BROWS_END:
        old_v += np.float32(0.022 * pose.brow) * _brows(u, v)
    return old_u, old_v


def _chest(u: Grid, v: Grid) -> Grid:
    start, full, end = _BREATH
    down = _eased((v - np.float32(start)) / np.float32(full - start))
    return down * _eased((np.float32(end) - v) / np.float32(end - full)) * _eased(np.float32(2.2) - np.abs(u))


def _brows(u: Grid, v: Grid) -> Grid:
    down, across = (v + np.float32(0.32)) / np.float32(0.16), (np.abs(u) - np.float32(0.48)) / np.float32(0.38)
    return np.asarray(np.exp(-np.square(down) - np.square(across)), np.float32)


def after_motion(u: Grid, v: Grid, pose: HeadPose) -> tuple[Grid, Grid]:
    """Where places on the face are once the head has moved; the inverse of :func:`before_motion` to first order."""
    back_u, back_v = before_motion(u, v, pose, np.float32(1.0))
    return 2 * u - back_u, 2 * v - back_v


def _eased(share: Grid) -> Grid:
    share = share.clip(0, 1)
    return np.asarray(share * share * (np.float32(3) - np.float32(2) * share), np.float32)
