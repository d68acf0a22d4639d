"""How a face looks at first, and how far a later look at it has gone from there. Places in units, see ``follow``."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from media.judge.face.follow import DENSITY, LEFT, RIGHT, TOP, Look, Patch, Points
from media.judge.face.lips import LOWER, UPPER, LipLook

Mask = NDArray[np.bool_]

_BESIDE = 0.12  # units from the edge of a lip to skin
_LIGHTER, _DARKER, _SHARPER = 12.0, 12.0, 13.0  # levels beyond what was there before
_NEAR = 0.1  # units to the sides in which the same may stand
_SHUTTING = 0.25  # how far an eye differs before there is a lid to be looked at
_LIT = 110.0  # luma of skin on which so much darker is seen; on darker skin less is


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look says, against the first.

    ``gap``, ``width``: opening and width of the mouth, in units. ``upper_kept``, ``lower_kept``: how much of each lip
    is there, 0 to 1; ``lower_colour``: whether it has its colour, 1 as at first, 0 as skin. ``hollow``: share of the
    opening that is skin. ``bright``, ``dark``, ``edges``: area, over that of the mouth, where something paler, darker
    or sharper stands outside the lips than anything near there at first. ``eyes``: how far each differs, over its own
    contrast, and ``eyes_below`` its lower half; ``lids``: for each, how far its colour is from the skin's beside it,
    levels, 0 while they are open. ``alike``: correlation of the upper face's texture. ``hue``: levels the skin's
    chromas have moved.
    """

    gap: float
    width: float
    lower_colour: float
    hollow: float
    bright: float
    dark: float
    edges: float
    eyes: tuple[float, float]
    eyes_below: tuple[float, float]
    upper_kept: float
    lower_kept: float
    lids: tuple[float, float]
    alike: float
    hue: float


class Rest:
    """The first look at a face, as the measure of later ones."""

    def __init__(self, first: Look) -> None:
        self.first = first
        points = first.points
        self._soft = _soft(first.luma)
        self._oval = _inside(points[list(OVAL)], first.luma.shape, grow=-0.04)
        self._mouth_area = max(1.0, float(_inside(points[list(OUTER_LIPS)], first.luma.shape).sum()))
        # What lips and teeth look like is no measure of what skin may.
        mouth = _inside(points[list(OUTER_LIPS)], first.luma.shape, grow=0.03)
        reach = _brush(_NEAR, 0.2)
        self._highest = cv2.dilate(np.where(mouth, 0, self._soft), reach) + np.float32(_LIGHTER)
        light = min(1.0, float(np.median(self._soft[self._oval])) / _LIT)
        self._lowest = cv2.erode(np.where(mouth, 255, self._soft), reach) - np.float32(_DARKER * light)
        self._sharpest = cv2.dilate(np.where(mouth, 0, _edges(self._soft)), reach) + np.float32(_SHARPER)
        self._eyes = [_inside(points[list(eye)], first.luma.shape, grow=0.01) for eye in (LEFT_EYE, RIGHT_EYE)]
        self._eyes_below = [_lower_half(eye) for eye in self._eyes]
        around = [cv2.dilate(eye.astype(np.uint8), _brush(0.1, 0.1)) > 0 for eye in self._eyes]
        rings = [
            cv2.dilate(eye.astype(np.uint8), _brush(0.06, 0.1)) - cv2.dilate(eye.astype(np.uint8), _brush(0.02, 0.05))
            for eye in self._eyes
        ]
        self._lid_skins = [_colour(first, ring > 0, 60.0) for ring in rings]
        self._varied = [float(self._soft[eye].std()) for eye in self._eyes]
        upper = self._oval & _rows(first.luma.shape, -0.5, 0.55) & ~around[0] & ~around[1]
        self._upper_half = upper[::2, ::2]
        # The lower edge of the chin moves with the jaw, and what is under it comes into sight.
        line, chin, gap = float(points[13, 1]), float(points[152, 1]), _gap(points)
        rows = _rows(first.luma.shape, float(points[2, 1]) - 0.05, line + 0.6 * (chin - line) - gap)
        # What lies beyond the cut comes into sight where it ends.
        known = _columns(first.luma.shape, LEFT + _NEAR, RIGHT - _NEAR)
        self._below = np.asarray(self._oval & rows & known)
        self._skins = [
            _colours(first, points[[pair[0] for pair in pairs]] + [0.0, down])
            for pairs, down in ((UPPER, -_BESIDE), (LOWER, _BESIDE))
        ]
        self._lips = LipLook(first, UPPER, -1), LipLook(first, LOWER, 1)
        self._lower_axis = (_colours(first, _middles(points, LOWER)) - self._skins[1]).mean(axis=0)
        self.contrast = float(np.linalg.norm(self._lower_axis))
        """Levels between the lower lip and the skin below it."""
        self.width = float(points[291, 0] - points[61, 0])
        self.middle = float(points[[61, 291], 0].mean())
        self._coarse = _coarse(first.luma)
        self._chroma = np.median(first.chroma[self._upper_half], axis=0)

    def see(self, look: Look) -> Seen:
        """How ``look`` differs."""
        points = look.points
        soft = _soft(look.luma)
        free = self._below & ~self._of_mouth(points)
        away = soft - self._soft
        upper = self._upper_half
        eyes = self._eye(away, 0, self._eyes), self._eye(away, 1, self._eyes)
        shut = min(eyes) > _SHUTTING
        return Seen(
            gap=_gap(points),
            width=float(points[291, 0] - points[61, 0]),
            lower_colour=self._lower_colour(look),
            hollow=self._hollow(look),
            bright=float((free & (soft > self._highest)).sum()) / self._mouth_area,
            dark=float((free & (soft < self._lowest)).sum()) / self._mouth_area,
            edges=float((free & (_edges(soft) > self._sharpest)).sum()) / self._mouth_area,
            eyes=eyes,
            eyes_below=(self._eye(away, 0, self._eyes_below), self._eye(away, 1, self._eyes_below)),
            upper_kept=self._lips[0].kept(look),
            lower_kept=self._lips[1].kept(look),
            lids=(self._lid(look, 0), self._lid(look, 1)) if shut else (0.0, 0.0),
            alike=_correlation(_coarse(look.luma)[upper], self._coarse[upper]),
            hue=float(np.linalg.norm(np.median(look.chroma[upper], axis=0) - self._chroma)),
        )

    def _of_mouth(self, points: Points) -> Mask:
        """Where the lips and what is between them may be: the contour seen, no wider than lips get."""
        outer = points[list(OUTER_LIPS)].copy()
        reach = 0.5 * 1.03 * self.width
        outer[:, 0] = np.clip(outer[:, 0], self.middle - reach, self.middle + reach)
        return _inside(outer, self._soft.shape, grow=0.045)

    def _lower_colour(self, look: Look) -> float:
        seen = _colours(look, _middles(look.points, LOWER)).mean(axis=0) - self._skins[1].mean(axis=0)
        return float(seen @ self._lower_axis) / max(float(self._lower_axis @ self._lower_axis), 1.0)

    def _lid(self, look: Look, eye: int) -> float:
        away = _colour(look, self._eyes[eye], 50.0) - self._lid_skins[eye]
        return float(np.abs(away * [0.2, 1.0, 1.0]).max())

    def _eye(self, away: Patch, eye: int, parts: list[Mask]) -> float:
        return float(np.abs(away[parts[eye]]).mean()) / max(self._varied[eye], 4.0)

    def _hollow(self, look: Look) -> float:
        inner = _inside(look.points[list(INNER_LIPS)], look.luma.shape)[::2, ::2]
        if inner.sum() < 12:
            return 0.0
        skin = np.concatenate(self._skins).mean(axis=0)
        luma = cv2.resize(look.luma, inner.shape[::-1], interpolation=cv2.INTER_AREA)[inner]
        near = (np.abs(luma - skin[0]) < 14) & (np.abs(look.chroma[inner] - skin[1:]).max(axis=1) < 7)
        return float(near.mean())


def _gap(points: Points) -> float:
    return float(np.mean(points[[178, 14, 402], 1] - points[[81, 13, 311], 1]))


def _middles(points: Points, pairs: tuple[tuple[int, int], ...]) -> Points:
    outer, inner = zip(*pairs, strict=True)
    return (points[list(outer)] + points[list(inner)]) / 2


def _colours(look: Look, places: Points) -> NDArray[np.float64]:
    """Luma and chromas at ``places``, means of a few pixels."""
    x = np.clip(((places[:, 0] - LEFT) * DENSITY).astype(int), 2, look.luma.shape[1] - 3)
    y = np.clip(((places[:, 1] - TOP) * DENSITY).astype(int), 2, look.luma.shape[0] - 3)
    luma = [look.luma[b - 1 : b + 2, a - 1 : a + 2].mean() for a, b in zip(x, y, strict=True)]
    return np.column_stack([luma, look.chroma[y // 2, x // 2]])


def _colour(look: Look, where: Mask, percentile: float) -> NDArray[np.float64]:
    """The percentile of luma and the medians of chromas there."""
    if not where.any():
        return np.zeros(3)
    return np.array(
        [np.percentile(look.luma[where], percentile), *np.median(look.chroma[where[::2, ::2]], axis=0).tolist()]
    )


def _inside(outline: Points, shape: tuple[int, ...], grow: float = 0.0) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round((outline - [LEFT, TOP]) * DENSITY - 0.5).astype(np.int32)], 1)
    if grow:
        change = cv2.dilate if grow > 0 else cv2.erode
        mask = np.asarray(change(mask, _brush(abs(grow), abs(grow))), np.uint8)
    return np.asarray(mask > 0)


def _lower_half(mask: Mask) -> Mask:
    rows = np.flatnonzero(mask.any(axis=1))
    half = mask.copy()
    if len(rows):
        half[: (rows[0] + rows[-1]) // 2 + 1] = False
    return half if half.any() else mask


def _rows(shape: tuple[int, ...], top: float, bottom: float) -> Mask:
    places = TOP + (np.arange(shape[0]) + 0.5) / DENSITY
    return np.broadcast_to(((places > top) & (places < bottom))[:, None], shape[:2])


def _columns(shape: tuple[int, ...], left: float, right: float) -> Mask:
    places = LEFT + (np.arange(shape[1]) + 0.5) / DENSITY
    return np.broadcast_to(((places > left) & (places < right))[None, :], shape[:2])


def _brush(right: float, down: float) -> NDArray[np.uint8]:
    size = (2 * round(right * DENSITY) + 1, 2 * round(down * DENSITY) + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_RECT, size), np.uint8)


def _soft(luma: Patch) -> Patch:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 1.2), np.float32)


def _coarse(luma: Patch) -> Patch:
    """At half the size, without what is so fine that it differs wherever the head is (hair, hatching)."""
    half = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(half, (0, 0), 1.5), np.float32)


def _edges(soft: Patch) -> Patch:
    return np.asarray(cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)) / 4)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
