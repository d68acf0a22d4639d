"""What one network sees through one window of a photo: a square, turned, reduced where the photo is larger."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from media.faces.features import warp_from
from media.types import Bgr

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the photo: middle and side in pixels, turned clockwise by ``angle`` (radians), perhaps mirrored."""

    x: float
    y: float
    side: float
    angle: float = 0.0
    mirrored: bool = False

    def moved(self, right: float = 0.0, down: float = 0.0, *, larger: float = 1.0, turned: float = 0.0) -> Window:
        """The window shifted by shares of its side along its own axes, scaled and turned."""
        cos, sin = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        return replace(
            self,
            x=self.x + right * cos - down * sin,
            y=self.y + right * sin + down * cos,
            side=self.side * larger,
            angle=self.angle + turned,
        )

    def picture(self, photo: Bgr, pixels: int) -> Bgr:
        """What is seen through it, ``pixels`` a side; beyond the photo its edge goes on."""
        return warp_from(photo, self._matrix(pixels), (pixels, pixels))

    def to_photo(self, points: Points, pixels: int) -> Points:
        """Places of the photo where ``points`` (x, y and perhaps z) of such a picture are; z on the scale of x."""
        matrix = self._matrix(pixels)
        flat = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        return np.column_stack([flat, points[:, 2:] * (self.side / pixels)])

    def _matrix(self, pixels: int) -> Points:
        step = self.side / pixels
        cos, sin, half = math.cos(self.angle) * step, math.sin(self.angle) * step, (pixels - 1) / 2
        right = -1.0 if self.mirrored else 1.0
        turn = np.array([[right * cos, -sin], [right * sin, cos]])
        return np.column_stack([turn, np.array([self.x, self.y]) - turn @ [half, half]])
