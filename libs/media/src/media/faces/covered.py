"""Whether something lies over a mouth: a mask, a microphone, a hand."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import eyes_apart
from media.types import Bgr, Landmarks

_UNIT = 64.0  # pixels between the eyes that a face is looked at with, at most


def mouth_covered(image: Bgr, marks: Landmarks) -> float:
    """0 for lips that are seen, 1 for what cannot be lips.

    Lips are no less red than the cheeks and hardly ever half as light; what lies over a mouth lies around it too, in a
    colour that no skin has beside these cheeks, or shows nothing at all where lips would be.
    """
    low = np.maximum(marks.oval[:, :2].min(axis=0).astype(int) - 2, 0)
    high = np.minimum(marks.oval[:, :2].max(axis=0).astype(int) + 3, image.shape[1::-1])
    if (high - low).min() < 8:
        return 0.0
    scale = min(1.0, _UNIT / max(eyes_apart(marks), 1.0))
    size = np.maximum(np.round((high - low) * scale), 8).astype(int)
    part = cv2.resize(image[low[1] : high[1], low[0] : high[0]], size.tolist(), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.GaussianBlur(part, (0, 0), 0.8).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)

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
    if not (lips.any() and beside.any() and cheeks.any()):
        return 0.0
    lip, around, skin = (np.median(lab[area], axis=0) for area in (lips, beside, cheeks > 0))
    light = np.percentile(lab[mouth > 0][:, 0], (8, 92))
    blank = light[1] - light[0] < 3 and np.linalg.norm(lip - around) < 1
    return max(
        _ramp(skin[1] - lip[1], 3, 8),
        _ramp(abs(around[1] - skin[1]), 15, 22),
        _ramp(abs(around[2] - skin[2]), 20, 32),
        _ramp(skin[0] - lip[0], 40, 52),
        float(blank),
    )


def _ramp(value: float, nothing: float, full: float) -> float:
    return float(np.clip((value - nothing) / (full - nothing), 0.0, 1.0))
