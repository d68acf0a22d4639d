"""What a recipe works on: pixels, and how opaque they are once something has made them transparent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.images.photos import decode
from media.types import Bgr

Opacity = NDArray[np.float32]
"""(height, width) float32, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``opacity`` is None where all of it is opaque."""

    pixels: Bgr
    opacity: Opacity | None = None

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.pixels.shape[0])

    def bgra(self) -> NDArray[np.uint8]:
        """Four channels, for a format that has transparency."""
        opacity = np.ones(self.pixels.shape[:2], np.float32) if self.opacity is None else self.opacity
        return np.dstack([self.pixels, (opacity * 255 + 0.5).astype(np.uint8)])


def transparent(source: Path) -> Picture:
    """A picture from a file with its transparency, where it has any. Raises as ``media.images.photos.decode``.

    Foreign bytes come in by one door, which shows transparent parts on a ground; seen on black and on white, colour and
    opacity follow.
    """
    on_black = decode(source, background=(0, 0, 0))
    on_white = decode(source, background=(255, 255, 255))
    if np.array_equal(on_black, on_white):
        return Picture(on_black)
    lighter = (on_white.astype(np.float32) - on_black).max(axis=2)
    opacity = np.clip(1 - lighter / 255, 0, 1).astype(np.float32)
    colour = np.clip(on_black / np.maximum(opacity, 1 / 255)[..., None], 0, 255)
    return Picture((colour + 0.5).astype(np.uint8), opacity)


def laid_over(below: Picture, above: Bgr, opacity: Opacity, left: int, top: int) -> Picture:
    """``above`` put on ``below`` with its top left corner there; what reaches over the edge is cut off."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(below.width, left + above.shape[1]), min(below.height, top + above.shape[0])
    if x1 <= x0 or y1 <= y0:
        return below
    part = (slice(y0, y1), slice(x0, x1))
    source = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    share = opacity[source][..., None]
    pixels = below.pixels.copy()
    mixed = above[source] * share + pixels[part] * (1 - share)
    pixels[part] = (mixed + 0.5).astype(np.uint8)
    if below.opacity is None:
        return Picture(pixels)
    kept = below.opacity.copy()
    kept[part] = np.maximum(kept[part], share[..., 0])
    return Picture(pixels, kept)
