"""Numbers about one face: sharpness, exposure, turn, occlusion; shares between 0 and 1 unless said otherwise."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.detect import Grey
from media.faces.features import ALIGNED, EYE_Y, SPAN, Mouth, skin_colour
from media.types import Bgr, Landmarks


def sharpness(grey: Grey) -> float:
    """1 minus the blur effect of Crete et al. (2007): how much of the variation between neighbours a strong blur takes
    away. A crisp picture loses most of it (towards 1); one that was already soft loses little (towards 0).
    """
    if min(grey.shape) < 12:
        return 0.0
    plane = grey.astype(np.float32)
    kept = [_kept_variation(plane, axis) for axis in (0, 1)]
    return float(np.clip(1.0 - max(kept), 0.0, 1.0))


def _kept_variation(plane: NDArray[np.float32], axis: int) -> float:
    blurred = cv2.blur(plane, (1, 9) if axis == 0 else (9, 1), borderType=cv2.BORDER_REFLECT_101)
    before = np.abs(np.diff(plane, axis=axis))[2:-2, 2:-2]
    lost = np.maximum(0.0, before - np.abs(np.diff(blurred, axis=axis))[2:-2, 2:-2])
    total = float(before.sum())
    return 1.0 if total <= 0 else (total - float(lost.sum())) / total


def skin(image: Bgr, marks: Landmarks) -> tuple[float, float, float]:
    """L*, a* and b* (CIE 1976, D65) of the face without eyes and mouth, the median."""
    low = np.maximum(marks.oval[:, :2].min(axis=0).astype(int), 0)
    high = marks.oval[:, :2].max(axis=0).astype(int) + 1
    part = image[low[1] : high[1], low[0] : high[0]]
    if part.size == 0:
        return 0.0, 0.0, 0.0
    inside = np.zeros(part.shape[:2], np.uint8)
    for contour, value in ((marks.oval, 1), (marks.outer_lips, 0), (marks.left_eye, 0), (marks.right_eye, 0)):
        cv2.fillPoly(inside, [np.round(contour[:, :2] - low).astype(np.int32)], value)
    lab = cv2.cvtColor(part.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[inside > 0]
    lightness, a, b = np.median(lab, axis=0).tolist() if len(lab) else (0.0, 0.0, 0.0)
    return lightness, a, b


def exposure(aligned: Bgr) -> float:
    """Median luma of cheeks and nose over 255."""
    grey = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    return float(np.median(grey[EYE_Y + 15 : EYE_Y + 75, 50:190]) / 255)


def yaw(aligned: Bgr, mouth: Mouth) -> float:
    """-1 (turned fully to the viewer's left) to 1, from where the face ends beside the eyes' middle and how far the
    mouth has moved: in a turned head the near cheek is wider than the far one.
    """
    lab = cv2.cvtColor(aligned, cv2.COLOR_BGR2LAB).astype(np.float32)
    skin = skin_colour(lab)
    away = np.abs(cv2.GaussianBlur(lab, (0, 0), 2) - skin[0]) / (np.array((60.0, 14.0, 16.0)) + skin[1])
    outside = away.max(axis=2) > 1.0
    middle = ALIGNED[0] // 2
    sides = []
    for row in range(EYE_Y + 20, EYE_Y + 70, 4):
        left = _first(outside[row, :middle][::-1], middle)
        right = _first(outside[row, middle:], middle)
        sides.append((left - right) / max(1, left + right))
    shifted = (mouth.x - middle) / (0.35 * SPAN)
    return float(np.clip(1.3 * np.median(sides) + 0.35 * shifted, -1.0, 1.0))


def _first(outside: NDArray[np.bool_], limit: int) -> int:
    """Where three pixels in a row leave the face, not before the nose ends."""
    run = outside[25:-2] & outside[26:-1] & outside[27:]
    return 25 + int(np.argmax(run)) if run.any() else limit


def occlusion(aligned: Bgr, mouth: Mouth) -> float:
    """Share of cheeks, chin and eye region whose colour is far from the face's own skin, or as dark as sunglasses."""
    lab = cv2.GaussianBlur(cv2.cvtColor(aligned, cv2.COLOR_BGR2LAB), (0, 0), 3).astype(np.float32)
    rows, columns = np.mgrid[0 : ALIGNED[1], 0 : ALIGNED[0]]
    x, y = (columns - ALIGNED[0] / 2) / (0.72 * SPAN), (rows - (EYE_Y + 0.52 * SPAN)) / (0.92 * SPAN)
    lower = (x * x + y * y < 1) & (rows > EYE_Y + 25)
    lips = min(0.6 * mouth.width, 0.45 * SPAN), min(0.7 * mouth.height, 0.24 * SPAN)
    lower &= (np.abs(columns - mouth.x) > lips[0]) | (np.abs(rows - mouth.y) > lips[1])
    nose = np.median(lab[EYE_Y + 15 : EYE_Y + 50, 100:140].reshape(-1, 3), axis=0)
    far = np.abs(lab[..., 1:] - nose[1:]).max(axis=2) > 14
    far |= lab[..., 0] < 0.35 * nose[0]
    eyes = (np.abs(rows - EYE_Y) < 18) & (np.abs(np.abs(columns - ALIGNED[0] / 2) - SPAN / 2) < 28)
    dark = lab[..., 0] < 0.4 * nose[0]
    covered_eyes = float(np.clip((dark[eyes].mean() - 0.45) / 0.4, 0, 1))
    return float(np.clip(far[lower].mean() + 0.5 * covered_eyes, 0.0, 1.0))
