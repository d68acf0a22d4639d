"""The lips of a photo as four curves through two corners, in face units (see :mod:`media.animation`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from media.animation.frame import FaceFrame, Grid
from media.faces.landmarks import opening_of
from media.types import Landmarks

Plane = Grid

ACROSS = np.linspace(-1, 1, 33, dtype=np.float32)
"""Places from the left corner to the right one at which curves are known."""


@dataclass(frozen=True, slots=True)
class Lips:
    """The mouth as found. Corners lie ``half_width`` left and right of (x, y), the right one ``tilt`` lower per unit.

    Curves hang from the line between the corners, positive down, in the middle of the mouth: the lower edge of the
    upper lip at ``upper``, the upper edge of the lower lip at ``upper + gap``; ``above`` and ``below`` are how thick
    the lips are there. ``gap`` is 0 for closed lips.
    """

    x: float
    y: float
    half_width: float
    tilt: float
    upper: float
    gap: float
    above: float
    below: float
    upper_shift: tuple[float, ...] = ()
    lower_shift: tuple[float, ...] = ()

    def across(self, u: Plane) -> Plane:
        """-1 at the left corner, 1 at the right one."""
        return (u - np.float32(self.x)) / np.float32(self.half_width)

    def base(self, u: Plane) -> Plane:
        """The line through the corners."""
        return np.float32(self.y) + np.float32(self.tilt) * (u - np.float32(self.x))

    def edges(self, u: Plane) -> tuple[Plane, Plane, Plane, Plane]:
        """Outer upper, inner upper, inner lower and outer lower curve at ``u``; all meet outside the corners."""
        inner_upper, inner_lower = self.inner(u)
        thick = np.maximum(0, 1 - np.square(self.across(u))) ** 0.8
        return (
            inner_upper - np.float32(self.above) * thick,
            inner_upper,
            inner_lower,
            inner_lower + np.float32(self.below) * thick,
        )

    def inner(self, u: Plane) -> tuple[Plane, Plane]:
        """Inner upper and inner lower curve at ``u``."""
        bow = np.maximum(0, 1 - np.square(self.across(u)))
        upper_shift, lower_shift = self.shifts(u)
        upper = self.base(u) + np.float32(self.upper) * bow
        return upper + upper_shift, upper + np.float32(self.gap) * bow + lower_shift

    def shifts(self, u: Plane) -> tuple[Plane | np.float32, Plane | np.float32]:
        """How much lower than the parabolas the inner edge of the upper and of the lower lip lies at ``u``."""
        if not self.upper_shift:
            return np.float32(0), np.float32(0)
        at = np.clip(self.across(u) * np.float32(_HALF_TABLE) + np.float32(_HALF_TABLE), 0, 2 * _HALF_TABLE)
        index = at.astype(np.int32)
        return _table(self.upper_shift)[index], _table(self.lower_shift)[index]


_HALF_TABLE = 400


@lru_cache(maxsize=16)
def _table(shifts: tuple[float, ...]) -> Plane:
    """Values between the places of ``shifts``, fine enough to be looked up instead of interpolated."""
    places = np.linspace(-1, 1, 2 * _HALF_TABLE + 1)
    return np.interp(places, np.linspace(-1, 1, len(shifts)), shifts).astype(np.float32)


_CLOSED, _OPEN = 0.06, 0.14
"""Inner lips apart over the distance of their corners: closed below the one, as seen from the other on."""
_CORNER = 0.4  # of the way from the outer corner of the red to the inner one


def lips_of(marks: Landmarks, frame: FaceFrame) -> Lips:
    """The curves through the contours of the lips; what hardly parts in the mesh is closed."""
    outer, inner = (
        np.column_stack(frame.to_face(*contour[:, :2].astype(np.float32).T))
        for contour in (marks.outer_lips, marks.inner_lips)
    )
    left, right = (outer[at] + np.float32(_CORNER) * (inner[at] - outer[at]) for at in (0, 10))
    across = right - left
    half_width = float(np.hypot(*across)) / 2
    lips = Lips(
        x=float(left[0] + right[0]) / 2,
        y=float(left[1] + right[1]) / 2,
        half_width=half_width,
        tilt=float(across[1] / across[0]),
        upper=0.0,
        gap=0.0,
        above=0.0,
        below=0.0,
    )

    def depths(contour: Plane) -> Plane:
        """How far below the line of the corners a curve lies at each of ``ACROSS``."""
        u, below = lips.across(contour[:, 0]), contour[:, 1] - lips.base(contour[:, 0])
        return np.asarray(np.interp(ACROSS, [-1.0, *u[1:-1], 1.0], [0.0, *below[1:-1], 0.0]), np.float32)

    top, bottom = depths(outer[:11]), depths(outer[[0, *range(19, 9, -1)]])
    upper, lower = depths(inner[:11]), depths(inner[[0, *range(19, 9, -1)]])
    share = float(np.clip((opening_of(marks) - _CLOSED) / (_OPEN - _CLOSED), 0, 1))
    middle = (upper + lower) / 2
    upper, lower = middle + np.float32(share) * (upper - middle), middle + np.float32(share) * (lower - middle)
    return with_inner(lips, upper, lower, top, bottom)


def with_inner(lips: Lips, upper: Plane, lower: Plane, top: Plane, bottom: Plane) -> Lips:
    """``lips`` whose four edges lie this far below the line of the corners at each of ``ACROSS``: inner edges of the
    upper and of the lower lip, outer edges above and below."""
    middle = len(ACROSS) // 2
    bow = 1 - np.square(ACROSS)
    return replace(
        lips,
        upper=float(upper[middle]),
        gap=float(lower[middle] - upper[middle]),
        above=float(max(0.02, upper[middle] - top[middle])),
        below=float(max(0.03, bottom[middle] - lower[middle])),
        upper_shift=tuple((upper - upper[middle] * bow).tolist()),
        lower_shift=tuple((lower - lower[middle] * bow).tolist()),
    )
