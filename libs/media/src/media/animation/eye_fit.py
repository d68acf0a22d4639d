"""Where the eyelids are: an upper and a lower curve around each pupil, and whether there is an open eye at all.

Inside an open eye almost nothing looks like skin: iris and lashes are darker, the white is paler and less coloured.
The curves are the pair that holds most of that with least skin. Face units, see :mod:`media.animation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation.frame import FaceFrame, Grid
from media.types import Bgr, Face

_DENSITY = 120.0
_HALF = (0.36, 0.26)


@dataclass(frozen=True, slots=True)
class Eye:
    """An open eye: its middle, half width, and how far the lids reach above and below the line of its corners.

    ``tilt`` is how much lower the right corner lies per unit.
    """

    x: float
    y: float
    half_width: float
    above: float
    below: float
    tilt: float

    def lids(self, u: Grid) -> tuple[Grid, Grid]:
        """The edge of the upper and of the lower lid at ``u``; both on the line of the corners beyond them."""
        across = (u - np.float32(self.x)) / np.float32(self.half_width)
        bow = np.maximum(0, 1 - np.square(across))
        line = np.float32(self.y) + np.float32(self.tilt) * (u - np.float32(self.x))
        return line - np.float32(self.above) * bow, line + np.float32(self.below) * bow


def fit_eyes(image: Bgr, face: Face, frame: FaceFrame) -> tuple[Eye, ...]:
    """Both eyes, or none: a face whose eyes are shut, hidden or too small does not blink."""
    found = [
        _fit(image, frame, pupil)
        for pupil in ((face.left_eye.x, face.left_eye.y), (face.right_eye.x, face.right_eye.y))
    ]
    eyes = tuple(eye for eye in found if eye is not None)
    return eyes if len(eyes) == 2 and frame.scale >= 14 else ()


def _fit(image: Bgr, frame: FaceFrame, pupil: tuple[float, float]) -> Eye | None:
    u, v = frame.face_of(*pupil)
    patch = frame.patch(image, u - _HALF[0], v - _HALF[1], u + _HALF[0], v + _HALF[1], _DENSITY)
    strange = _strangeness(patch)
    grid_u = (np.arange(patch.shape[1], dtype=np.float32) + 0.5) / np.float32(_DENSITY) - np.float32(_HALF[0])
    grid_v = (np.arange(patch.shape[0], dtype=np.float32) + 0.5) / np.float32(_DENSITY) - np.float32(_HALF[1])
    mesh_u, mesh_v = np.meshgrid(grid_u, grid_v)
    best, reached = None, -np.inf
    for half_width in (0.19, 0.22, 0.25):
        for x in (-0.04, 0.0, 0.04):
            for y in (-0.02, 0.01, 0.04):
                for above in (0.05, 0.075, 0.1):
                    for below in (0.03, 0.05, 0.075):
                        eye = Eye(x, y, half_width, above, below, 0.0)
                        value = _agreement(eye, mesh_u, mesh_v, strange)
                        if value > reached:
                            best, reached = eye, value
    if best is None or reached < 0.22:
        return None
    return Eye(u + best.x, v + best.y, best.half_width, best.above, best.below, best.tilt)


def _strangeness(patch: Bgr) -> Grid:
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), 1.0), cv2.COLOR_BGR2LAB).astype(np.float32)
    below: NDArray[np.float32] = lab[-10:].reshape(-1, 3)
    skin = np.median(below, axis=0)
    dark = np.clip((0.82 * skin[0] - lab[..., 0]) / (0.35 * skin[0]), 0, 1)
    pale = np.clip((0.55 * (skin[1] - 128) - (lab[..., 1] - 128)) / 6, 0, 1) * (lab[..., 0] > 0.6 * skin[0])
    return np.asarray(np.maximum(dark, 0.8 * pale), np.float32)


def _agreement(eye: Eye, u: Grid, v: Grid, strange: Grid) -> float:
    upper, lower = eye.lids(u)
    inside = (v > upper) & (v < lower)
    around = (v > upper - 0.05) & (v < lower + 0.05) & (np.abs(u - eye.x) < eye.half_width + 0.04) & ~inside
    size = float(inside.sum()) / float(u.size)
    usual = (
        ((eye.half_width - 0.225) / 0.04) ** 2 + ((eye.above - 0.075) / 0.03) ** 2 + ((eye.below - 0.05) / 0.025) ** 2
    )
    return float(strange[inside].mean() - 0.9 * strange[around].mean()) + 0.6 * size - 0.02 * usual
