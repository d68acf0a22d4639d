"""Pictures as the encoder wants them: one full plane of luma, one half-size plane of both chromas.

The face is warped and painted on these planes directly: half the samples of BGR, and nothing to convert per frame.
Values are 8-bit limited range, BT.709 (ITU-R BT.709-6, section 3: Y = 0.2126 R + 0.7152 G + 0.0722 B).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from media.types import Bgr

Bytes = NDArray[np.uint8]
P = TypeVar("P", bound=np.generic)

_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_LUMA = np.array([_KB, _KG, _KR]) * 219 / 255
_BLUE = np.array([1 - _KB, -_KG, -_KR]) / (2 * (1 - _KB)) * 224 / 255
_RED = np.array([-_KB, -_KG, 1 - _KR]) / (2 * (1 - _KR)) * 224 / 255
_MATRIX = np.column_stack([np.stack([_LUMA, _BLUE, _RED]), [16.0, 128.0, 128.0]])


@dataclass(frozen=True, slots=True)
class Planes:
    """Luma (height, width) and interleaved chroma (height / 2, width / 2, 2); both sides of the picture are even."""

    luma: Bytes
    chroma: Bytes

    @classmethod
    def of(cls, image: Bgr) -> Planes:
        """Convert a BGR picture; chroma is the mean of each square of four pixels."""
        luma = cv2.transform(image, _MATRIX[:1])
        half = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
        chroma = cv2.transform(half, _MATRIX[1:])
        return cls(np.ascontiguousarray(luma), np.ascontiguousarray(chroma))

    def split(self) -> Canvas:
        """A copy with each chroma in a plane of its own, which is drawn faster."""
        blue, red = cv2.split(self.chroma)
        return Canvas(self.luma.copy(), np.asarray(blue, np.uint8), np.asarray(red, np.uint8))

    def part(self, region: Region) -> Planes:
        """The part inside ``region``, not copied."""
        return Planes(region.of(self.luma), region.of(self.chroma, 2))

    def to_bgr(self) -> Bgr:
        """Back to BGR, for looking at."""
        size = (self.luma.shape[1], self.luma.shape[0])
        chroma = cv2.resize(self.chroma, size, interpolation=cv2.INTER_LINEAR)
        yuv = np.dstack([self.luma, chroma]).astype(np.float32) - np.array([16, 128, 128], np.float32)
        inverse = np.linalg.inv(_MATRIX[:, :3])
        return np.asarray(np.clip(np.rint(yuv @ inverse.T), 0, 255), np.uint8)


def colour_of(bgr: NDArray[np.floating]) -> tuple[float, float, float]:
    """One BGR colour (0 to 255) as luma and both chromas."""
    y, u, v = (_MATRIX[:, :3] @ np.asarray(bgr, np.float64) + _MATRIX[:, 3]).tolist()
    return y, u, v


@dataclass(frozen=True, slots=True)
class Canvas:
    """A frame to draw on: luma and the two half-size chroma planes, each its own array (yuv420p)."""

    luma: Bytes
    blue: Bytes
    red: Bytes

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        """A canvas in memory of its own."""
        half = (height // 2, width // 2)
        return cls(np.zeros((height, width), np.uint8), np.zeros(half, np.uint8), np.zeros(half, np.uint8))

    def put(self, region: Region, planes: Planes) -> None:
        """Copy ``planes``, which are as large as ``region``, there."""
        region.of(self.luma)[:] = planes.luma
        region.of(self.blue, 2)[:] = planes.chroma[..., 0]
        region.of(self.red, 2)[:] = planes.chroma[..., 1]

    def copy(self, other: Canvas, regions: Iterable[Region]) -> None:
        """Take over ``regions`` of ``other``, a canvas of the same size."""
        for region in regions:
            region.of(self.luma)[:] = region.of(other.luma)
            region.of(self.blue, 2)[:] = region.of(other.blue, 2)
            region.of(self.red, 2)[:] = region.of(other.red, 2)

    @property
    def whole(self) -> Region:
        """All of it."""
        return Region(0, 0, self.luma.shape[1], self.luma.shape[0])

    def to_bgr(self) -> Bgr:
        """As BGR, for looking at."""
        return Planes(self.luma, np.dstack([self.blue, self.red])).to_bgr()


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a picture with even edges: left, top, right, bottom in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, left: float, top: float, right: float, bottom: float, width: int, height: int) -> Region:
        """The smallest even rectangle around the given one, inside a picture of ``width`` x ``height``."""
        return cls(
            max(0, int(np.floor(left / 2)) * 2),
            max(0, int(np.floor(top / 2)) * 2),
            min(width, int(np.ceil(right / 2)) * 2),
            min(height, int(np.ceil(bottom / 2)) * 2),
        )

    def moved(self, right: int, down: int) -> Region:
        """The same rectangle, that much further right and down (both even)."""
        return Region(self.left + right, self.top + down, self.right + right, self.bottom + down)

    @property
    def empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.right <= self.left or self.bottom <= self.top

    def around_hole(self, hole: Region) -> tuple[Region, ...]:
        """What is left of this rectangle without ``hole``, as at most four rectangles."""
        top, bottom = min(max(hole.top, self.top), self.bottom), max(min(hole.bottom, self.bottom), self.top)
        strips = (
            Region(self.left, self.top, self.right, top),
            Region(self.left, bottom, self.right, self.bottom),
            Region(self.left, top, min(hole.left, self.right), bottom),
            Region(max(hole.right, self.left), top, self.right, bottom),
        )
        return tuple(strip for strip in strips if not strip.empty)

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    def of(self, plane: NDArray[P], scale: int = 1) -> NDArray[P]:
        """The part of ``plane`` (reduced ``scale`` times) inside."""
        return plane[self.top // scale : self.bottom // scale, self.left // scale : self.right // scale]
