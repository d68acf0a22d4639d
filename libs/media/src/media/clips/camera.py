"""Where the crop is: it follows a face as a calm camera would, with a bounded acceleration. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Path = NDArray[np.float64]

ACCELERATION = 1.2
"""The most, in widths of the crop a second squared."""
_RESTS = 0.06
"""A face that moves by less than this share of the crop does not move the camera."""
_AHEAD_S = 0.4
_PULL = 3.0


def followed(wanted: Path, size: float, step_s: float) -> Path:
    """A path that keeps to ``wanted`` (one coordinate, one value a look, not a number where it is not known) with an
    acceleration of at most ``ACCELERATION`` times ``size`` a second squared."""
    known = np.flatnonzero(~np.isnan(wanted))
    if not len(known):
        return wanted
    aim = _rested(np.interp(np.arange(len(wanted)), known, wanted[known]), _RESTS * size)
    ahead = round(_AHEAD_S / step_s)
    aim = np.concatenate([aim[ahead:], np.full(min(ahead, len(aim)), aim[-1])])
    at, speed, most = float(aim[0]), 0.0, ACCELERATION * size
    path = np.empty(len(aim))
    for look, goal in enumerate(aim):
        pull = _PULL**2 * (goal - at) - 2 * _PULL * speed
        speed += float(np.clip(pull, -most, most)) * step_s
        at += speed * step_s
        path[look] = at
    return path


def _rested(aim: Path, rest: float) -> Path:
    """The aim, moved only as far as the face leaves a resting zone."""
    made = np.empty_like(aim)
    at = float(np.median(aim[: max(1, len(aim) // 10)]))
    for look, goal in enumerate(aim):
        at = min(max(at, goal - rest), goal + rest)
        made[look] = at
    return made
