"""Where lips end inside: the contours of the mesh moved onto the photo's own edges.

What a lip looks like is learnt from the lip itself, between its contours, so that shaded, painted and brown lips are
lips; what is between them is what looks otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation.frame import Grid
from media.animation.mouth.lips import ACROSS, Lips, with_inner
from media.types import Bgr

Plane = Grid

_STIFFNESS, _TRUST, _FAITH = (
    0.4,
    0.004,
    0.012,
)  # of a path: to be straight, and near what a rough guess or the mesh says
_LOOKS = ((0.0, 1.0), (0.015, 1.0), (-0.015, 1.0), (0.0, 1.7), (0.008, 1.4), (-0.008, 1.4))
"""By how much, in face units, the photo is moved for a look, and by how many pixels it is smoothed."""
_SURELY_PARTED = 0.06
_STEP = 0.5  # rows
_REACH = 8.0
_DEPTH = 5  # rows of lip and of what is between the lips that an edge is told by
_MIDDLE = np.abs(ACROSS) < 0.6
_LIP, _MOST_COLUMNS = 0.12, 0.6
_TEETH_SEEN, _DARK_SEEN = 0.028, 0.055
"""How thick teeth or darkness between lips must be for them to be parted: the line between closed ones is thinner."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A patch of the face in L*a*b* (bytes as floats), its left and top in face units, and pixels of a unit."""

    lab: Plane
    left: float
    top: float
    density: float

    @classmethod
    def of(cls, patch: Bgr, left: float, top: float, density: float, blur: float) -> Sampled:
        """The patch, smoothed by ``blur`` pixels."""
        lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), blur), cv2.COLOR_BGR2LAB)
        return cls(lab.astype(np.float32), left, top, density)

    def at(self, u: Plane, v: Plane) -> Plane:
        """The colours there, the nearest ones beyond the edge."""
        x, y = (
            np.asarray((at - edge) * self.density - 0.5, np.float32) for at, edge in ((u, self.left), (v, self.top))
        )
        return np.asarray(cv2.remap(self.lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def parted(lips: Lips, patch: Bgr, left: float, top: float, density: float) -> Lips:
    """``lips`` with inner edges where the photo has them; closed ones that show teeth or darkness are parted.

    ``patch`` is the face around the mouth, from (left, top) in face units, ``density`` pixels a unit. The mean of
    several looks, moved and smoothed a little, so that a change nobody sees changes little.
    """
    looks = [_look(lips, Sampled.of(patch, left, top + shift, density, blur)) for shift, blur in _LOOKS]
    if not lips.gap and sum(look is None for look in looks) > len(looks) // 2:
        return lips
    u = ACROSS * np.float32(lips.half_width) + np.float32(lips.x)
    base = lips.base(u)
    outer_upper, upper, lower, outer_lower = (edge - base for edge in lips.edges(u))
    high, low = np.mean([look or (upper, lower) for look in looks], axis=0).astype(np.float32)
    if lips.gap:  # the less the mesh parts them, the less its edges may move: no step between closed and parted
        sure = np.float32(min(1.0, lips.gap / _SURELY_PARTED))
        high, low = upper + sure * (high - upper), lower + sure * (low - lower)
    return with_inner(lips, high, low, outer_upper, outer_lower)


def _look(lips: Lips, seen: Sampled) -> tuple[Plane, Plane] | None:
    """How far below the line of the corners the inner edges are; None for closed lips."""
    u = (ACROSS * np.float32(lips.half_width) + np.float32(lips.x))[:, None]
    outer_upper, upper, lower, outer_lower = (edge[:, None] for edge in lips.edges(u[:, 0]))
    share = np.linspace(0.25, 0.6, 6, dtype=np.float32)[None, :]
    colours = [
        np.median(
            seen.at(np.broadcast_to(u, (len(u), 6)), edge + share * (inner - edge))[_MIDDLE].reshape(-1, 3), axis=0
        )
        for edge, inner in ((outer_upper, upper), (outer_lower, lower))
    ]
    trust = _FAITH
    if not lips.gap:
        trust = _TRUST
        found = _between(lips, seen, u, colours)
        if found is None:
            return None
        upper, lower = found
    rows = np.arange(-_REACH, _REACH + _STEP, _STEP, dtype=np.float32)
    reach = np.arange(-_REACH - _DEPTH, _REACH + _DEPTH + _STEP, _STEP, dtype=np.float32)[None, :]
    width, base, taper = round(_DEPTH / _STEP), lips.base(u[:, 0]), np.clip((1 - np.abs(ACROSS)) / 0.1, 0, 1)
    traced = []
    for edge, down, colour in ((upper, 1, colours[0]), (lower, -1, colours[1])):
        like = _alike(seen.at(np.broadcast_to(u, (len(u), reach.shape[1])), edge + reach / seen.density), colour)
        running = np.cumsum(np.pad(like, ((0, 0), (1, 0))), axis=1)
        before = running[:, width : width + len(rows)] - running[:, : len(rows)]
        after = running[:, 2 * width : 2 * width + len(rows)] - running[:, width : width + len(rows)]
        moved = best_path(down * (before - after) / width, rows, trust) / np.float32(seen.density)
        traced.append(edge[:, 0] - base + taper * moved)
    high, low = traced
    return np.minimum(high, low), np.maximum(high, low)


def _between(lips: Lips, seen: Sampled, u: Plane, colours: list[Plane]) -> tuple[Plane, Plane] | None:
    """The edges of what is seen between lips that the mesh takes for closed."""
    rows = np.arange(-_REACH, _REACH + 1, dtype=np.float32)[None, :] / np.float32(seen.density)
    line = lips.inner(u)[0]
    found = seen.at(np.broadcast_to(u, (len(u), rows.shape[1])), line + rows)
    above, below = colours
    darker, paler = np.minimum(above[0], below[0]), np.maximum(above[0], below[0])
    least_red = np.minimum(above[1], below[1])
    dark = found[..., 0] < 0.55 * darker
    teeth = (found[..., 1] < least_red - 4) & (found[..., 0] > 0.9 * darker) & (found[..., 0] < 2.2 * paler)
    inside = teeth | dark
    first, last = np.array([_run(column) for column in inside]).T
    # What has no lip above or below it is no opening: a shadow, a moustache, an outline drawn around the lips.
    columns = np.arange(len(u))
    held = [
        _alike(found[columns, np.clip(at, 0, inside.shape[1] - 1)][:, None], colour)[:, 0] > _LIP
        for at, colour in ((first - 3, above), (last + 3, below))
    ]
    known = inside.any(axis=1) & held[0] & held[1] & (first > 1) & (last < inside.shape[1] - 2)
    if known[_MIDDLE].mean() < _MOST_COLUMNS:
        return None
    places = np.arange(inside.shape[1])[None, :]
    run = (places >= first[:, None]) & (places <= last[:, None])
    thick = [float(np.median((part & run).sum(axis=1)[known & _MIDDLE])) / seen.density for part in (teeth, inside)]
    if thick[0] < _TEETH_SEEN and thick[1] < _DARK_SEEN:
        return None
    ends = np.array([-1.0, *ACROSS[known], 1.0])

    def curve(at: NDArray[np.int64]) -> Plane:
        depth = np.concatenate([[0.0], rows[0][at[known]], [0.0]])
        smooth = np.convolve(np.pad(np.interp(ACROSS, ends, depth), 2, mode="edge"), np.ones(5) / 5, mode="valid")
        return np.asarray(line + smooth[:, None].astype(np.float32))

    return curve(first), curve(last)


def _run(column: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last place of the unbroken run of ``column`` that is closest to its middle; (0, 0) without one."""
    found = np.flatnonzero(column)
    if not len(found):
        return 0, 0
    first = last = int(found[np.argmin(np.abs(found - len(column) // 2))])
    while first > 0 and column[first - 1]:
        first -= 1
    while last < len(column) - 1 and column[last + 1]:
        last += 1
    return first, last


def _alike(lab: Plane, colour: Plane) -> Plane:
    """1 where a colour is the lip's, towards 0 where it is another."""
    away = (lab - colour) / np.array((22.0, 8.0, 10.0), np.float32)
    return np.asarray(np.exp(-0.5 * np.square(away).sum(axis=2)), np.float32)


def best_path(score: Plane, offsets: Plane, trust: float = _TRUST) -> Plane:
    """The offset for each column with the highest total score, bends and distance from the model paid for (Viterbi)."""
    bend = -_STIFFNESS * np.square((offsets[:, None] - offsets[None, :]) * np.float32(0.5))
    value = score - np.float32(trust) * np.square(offsets)
    total = value[0]
    came_from = []
    for column in value[1:]:
        reached = total[None, :] + bend
        before = reached.argmax(axis=1)
        came_from.append(before)
        total = reached[np.arange(len(offsets)), before] + column
    at = int(total.argmax())
    path = [at]
    for before in reversed(came_from):
        at = int(before[at])
        path.append(at)
    traced = offsets[np.asarray(path[::-1])]
    kernel = np.array([0.25, 0.5, 0.25], np.float32)
    return np.convolve(np.pad(traced, 1, mode="edge"), kernel, mode="valid")
