"""Undoing blur, and a little crispness where it helps a face. Planes are float32 luma, 0 to 255."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.types import Face

Plane = NDArray[np.float32]

MOST_BLUR = 3.2


def deblur(plane: Plane, sigma: float, noise: float) -> Plane:
    """``plane`` as it was before a Gaussian blur of ``sigma`` pixels, as far as ``noise`` (deviation) allows.

    Landweber iterations with the Gaussian as its own adjoint (Landweber 1951), stopped early as regularisation, and
    held inside the range of each pixel's surroundings so that edges get steeper without ringing. Smooth places, where
    only noise and compression would be amplified, stay as they are.
    """
    sigma = min(sigma, MOST_BLUR)
    rounds = 10 if noise < 1.5 else 6 if noise < 4 else 3
    estimate = plane.copy()
    for _ in range(rounds):
        error = plane - _blur(estimate, sigma)
        estimate += np.float32(1.6) * _blur(error, 0.7 * sigma)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(1.6 * sigma) + 1,) * 2)
    low, high = cv2.erode(plane, reach), cv2.dilate(plane, reach)
    slack = np.float32(0.12) * (high - low) + np.float32(1.0)
    # Clipped softly: at the bounds themselves every pixel of an edge would be one of two values, a staircase.
    sharp = _blur(np.clip(estimate, low - slack, high + slack), 0.4 * sigma)
    busy = _blur(np.clip((high - low - np.float32(5)) / np.float32(14), 0, 1), sigma)
    return np.asarray(plane + busy * (sharp - plane), np.float32)


def _blur(plane: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def crispen(plane: Plane, amount: float | Plane, radius: float = 1.0, floor: float = 1.5) -> Plane:
    """Unsharp masking by ``amount`` that leaves differences below ``floor`` (grain) alone and limits large (halo)."""
    detail = plane - _blur(plane, radius)
    size = np.abs(detail)
    kept = np.sign(detail) * np.clip(size - np.float32(floor), 0, 14)
    return np.asarray(plane + amount * kept, np.float32)


def face_weights(shape: tuple[int, int], faces: tuple[Face, ...]) -> Plane:
    """How much each pixel may be sharpened: 1 in general, less on a face's skin, more at its eyes and lips."""
    weights = np.ones(shape, np.float32)
    for face in faces:
        box, side = face.box, face.box.width
        centre = (box.x + box.width // 2, box.y + round(0.55 * box.height))
        cv2.ellipse(weights, centre, (round(0.48 * side), round(0.62 * side)), face.roll, 0, 360, 0.35, -1)
        for eye in (face.left_eye, face.right_eye):
            cv2.circle(weights, (round(eye.x), round(eye.y)), max(2, round(0.12 * side)), 1.25, -1)
        mouth = face.mouth
        middle = (mouth.x + mouth.width // 2, mouth.y + mouth.height // 2)
        cv2.ellipse(weights, middle, (mouth.width // 2 + 1, mouth.height // 2 + 1), face.roll, 0, 360, 1.1, -1)
        weights = _blur(weights, max(1.0, 0.04 * side))
    return weights
