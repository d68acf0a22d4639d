"""Whether something lies over a mouth: a mask, a microphone, a hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import eyes_apart
from media.types import Bgr, Landmarks

_COLOURED = 2.5, 5.0  # levels of chroma between eyes and cheeks: no colours, and colours
_HUES = 2.0, 4.0  # and across the hue of the cheeks
_LIPS_TINT = 1.0, 1.8  # and between what lies where lips should be and what is around it: skin, and lips
_UNIT = 64.0  # pixels between the eyes that a face is looked at with, at most


@dataclass(frozen=True, slots=True)
class _Colours:
    """L*, a* and b* of what lies where lips should be, of what is around and below it and of the cheeks; whether all of
    it is one colour, and whether the photo shows colours at all (0 to 1)."""

    lip: NDArray[np.float32]
    around: NDArray[np.float32]
    below: NDArray[np.float32]
    skin: NDArray[np.float32]
    blank: bool
    coloured: float


def torn_open(image: Bgr, marks: Landmarks) -> float:
    """1 where the mesh puts lips on the dark red inside of a mouth that is wider open than it believes, else 0."""
    seen = _colours(image, marks)
    return 0.0 if seen is None else _hollow(seen)


def mouth_covered(image: Bgr, marks: Landmarks) -> float:
    """0 for lips that are seen, 1 for what cannot be lips.

    Lips are no less red than the cheeks and hardly ever half as light; what lies over a mouth lies around it too, in a
    colour that no skin has beside these cheeks, or shows nothing at all where lips would be, or only more skin.
    """
    seen = _colours(image, marks)
    if seen is None:
        return 0.0
    lip, around, skin = seen.lip, seen.around, seen.skin
    hand = seen.coloured * (1 - _ramp(float(np.linalg.norm((lip - around)[1:])), *_LIPS_TINT))
    return max(
        hand,
        _ramp(skin[1] - lip[1], 3, 8),
        _ramp(abs(around[1] - skin[1]), 15, 22),
        _ramp(abs(around[2] - skin[2]), 20, 32),
        _ramp(float(skin[0] - lip[0]), 40, 52) * (1 - _hollow(seen)),
        float(seen.blank),
    )


def _hollow(seen: _Colours) -> float:
    """Whether what is below the lips is as dark as a mouth and no less red than skin: lipstick ends with the lips."""
    dark = _ramp(float(seen.skin[0] - seen.below[0]), 25, 40)
    return seen.coloured * dark * _ramp(float(seen.below[1] - seen.skin[1]), 0, 4)


def _colours(image: Bgr, marks: Landmarks) -> _Colours | None:
    low = np.maximum(marks.oval[:, :2].min(axis=0).astype(int) - 2, 0)
    high = np.minimum(marks.oval[:, :2].max(axis=0).astype(int) + 3, image.shape[1::-1])
    if (high - low).min() < 8:
        return None
    scale = min(1.0, _UNIT / max(eyes_apart(marks), 1.0))
    size = np.maximum(np.round((high - low) * scale), 8).astype(int)
    part = cv2.resize(image[low[1] : high[1], low[0] : high[0]], size.tolist(), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(part, (0, 0), 0.8).astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(soft, cv2.COLOR_BGR2LAB), np.float32)

    def places(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((np.atleast_2d(points)[:, :2] - low) * size / (high - low))

    def filled(contour: NDArray[np.float64], grow: float = 0.0) -> NDArray[np.uint8]:
        mask = np.zeros(lab.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(places(contour)).astype(np.int32)], 1)
        reach = 2 * round(grow * unit) + 1
        return np.asarray(cv2.dilate(mask, np.ones((reach, reach), np.uint8)), np.uint8)

    unit = eyes_apart(marks) * scale
    mouth = filled(marks.outer_lips, 0.1) & filled(marks.oval)
    beside = (mouth > 0) & (filled(marks.outer_lips, 0.03) == 0)
    lips = (filled(marks.outer_lips) > 0) & (filled(marks.inner_lips) == 0)
    cheeks = np.zeros(lab.shape[:2], np.uint8)
    eyes = [eye.mean(axis=0) for eye in (marks.left_eye, marks.right_eye)]
    down = (marks.nose[1] - (eyes[0] + eyes[1]) / 2) / 2
    for eye in eyes:
        x, y = places(eye + down)[0].round().astype(int).tolist()
        cv2.circle(cheeks, (x, y), max(2, round(0.12 * unit)), 1, -1)
    under = np.zeros(lab.shape[:2], np.uint8)
    x, y = places(marks.outer_lips[15] + 0.2 * down)[0].round().astype(int).tolist()
    cv2.circle(under, (x, y), max(2, round(0.06 * unit)), 1, -1)
    if not (lips.any() and under.any() and beside.any() and cheeks.any()):
        return None
    areas = (lips, beside, under > 0, cheeks > 0)
    lip, around, below, skin = (np.median(lab[area], axis=0) for area in areas)
    light = np.percentile(lab[mouth > 0][:, 0], (8, 92))
    blank = light[1] - light[0] < 3 and np.linalg.norm(lip - around) < 1
    eyes_seen = (filled(marks.left_eye) > 0) | (filled(marks.right_eye) > 0)
    coloured = _in_colours(lab[eyes_seen], lab[(filled(marks.oval) > 0) & (mouth == 0)], skin)
    return _Colours(lip, around, below, skin, bool(blank), coloured)


def _in_colours(eyes: NDArray[np.float32], face: NDArray[np.float32], skin: NDArray[np.float32]) -> float:
    """1 where skin has several hues, or eyes have another one than skin: there lips differ as well. 0 for grey, sepia
    and bronze."""
    tint = float(np.linalg.norm((np.median(eyes, axis=0) - skin)[1:])) if len(eyes) else 0.0
    hues = face[:, 1:] @ (np.array([-skin[2], skin[1]]) / max(math.hypot(*skin[1:]), 1.0))
    return max(_ramp(tint, *_COLOURED), _ramp(float(np.ptp(np.percentile(hues, (10, 90)))), *_HUES))


def _ramp(value: float, nothing: float, full: float) -> float:
    return float(np.clip((value - nothing) / (full - nothing), 0.0, 1.0))
