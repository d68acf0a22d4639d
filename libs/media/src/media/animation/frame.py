"""The face's own coordinates and the picture's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import eyes_apart
from media.types import Bgr, Face

Grid = NDArray[np.floating[Any]]
"""Coordinates or weights, one for each node or pixel; float32 throughout."""


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """Where a face is in a picture: origin in pixels, pixels per face unit, and the roll as cosine and sine."""

    x: float
    y: float
    scale: float
    cos: float
    sin: float

    @classmethod
    def of(cls, face: Face) -> FaceFrame:
        """From pupil positions; a distance no frontal face could have is replaced by what the box suggests.

        The unit of a turned head is the distance that its eyes have in depth.
        """
        dx, dy = face.right_eye.x - face.left_eye.x, face.right_eye.y - face.left_eye.y
        apart = math.hypot(dx, dy)
        usual = 0.42 * face.box.width
        scale = apart if 0.55 * usual < apart < 1.6 * usual else usual
        if face.landmarks is not None:
            scale = eyes_apart(face.landmarks)
        angle = math.atan2(dy, dx)
        return cls(
            (face.left_eye.x + face.right_eye.x) / 2,
            (face.left_eye.y + face.right_eye.y) / 2,
            scale,
            math.cos(angle),
            math.sin(angle),
        )

    def moved(self, scale: float, x: float, y: float) -> FaceFrame:
        """The same face in a picture whose pixels are ``scale`` times the old ones minus (x, y)."""
        # Pixel centres: the middle of old pixel 0 is at (scale - 1) / 2 of the new grid.
        half = (scale - 1) / 2
        return FaceFrame(self.x * scale + half - x, self.y * scale + half - y, self.scale * scale, self.cos, self.sin)

    def to_face(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """Face coordinates of picture positions."""
        dx, dy = (x - np.float32(self.x)), (y - np.float32(self.y))
        cos, sin = np.float32(self.cos / self.scale), np.float32(self.sin / self.scale)
        return dx * cos + dy * sin, dy * cos - dx * sin

    def to_picture(self, u: Grid, v: Grid) -> tuple[Grid, Grid]:
        """Picture positions of face coordinates."""
        cos, sin = np.float32(self.cos * self.scale), np.float32(self.sin * self.scale)
        return u * cos - v * sin + np.float32(self.x), u * sin + v * cos + np.float32(self.y)

    def face_of(self, x: float, y: float) -> tuple[float, float]:
        """Face coordinates of one place in the picture."""
        u, v = self.to_face(np.array([x], np.float32), np.array([y], np.float32))
        return float(u[0]), float(v[0])

    def patch(self, image: Bgr, left: float, top: float, right: float, bottom: float, density: float) -> Bgr:
        """The face rectangle as an upright picture with ``density`` pixels per face unit, averaged where reduced."""
        shrink = self.scale / density
        source, frame = image, self
        if shrink > 1.5:
            source, frame = self._reduced(image, (left, top, right, bottom), shrink)
        width, height = round((right - left) * density), round((bottom - top) * density)
        step = frame.scale / density
        half = 0.5 / density
        ax, ay = frame.to_picture(np.array([left + half], np.float32), np.array([top + half], np.float32))
        matrix = np.array(
            [[step * frame.cos, -step * frame.sin, ax[0]], [step * frame.sin, step * frame.cos, ay[0]]], np.float64
        )
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_LINEAR if step > 0.9 else cv2.INTER_CUBIC)
        made = cv2.warpAffine(source, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(made, np.uint8)

    def _reduced(
        self, image: Bgr, rectangle: tuple[float, float, float, float], shrink: float
    ) -> tuple[Bgr, FaceFrame]:
        left, top, right, bottom = rectangle
        u = np.array([left, right, left, right], np.float32)
        v = np.array([top, top, bottom, bottom], np.float32)
        xs, ys = self.to_picture(u, v)
        x0, y0 = max(0, math.floor(xs.min()) - 8), max(0, math.floor(ys.min()) - 8)
        x1 = min(image.shape[1], math.ceil(xs.max()) + 8)
        y1 = min(image.shape[0], math.ceil(ys.max()) + 8)
        crop = image[y0 : max(y0 + 1, y1), x0 : max(x0 + 1, x1)]
        size = (max(1, round(crop.shape[1] / shrink)), max(1, round(crop.shape[0] / shrink)))
        small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        by = size[0] / crop.shape[1]
        return small, self.moved(by, x0 * by, y0 * by)
