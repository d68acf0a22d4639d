"""Captions as pictures that are mixed into frames of video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from media.images.planes import frame_planes


@dataclass(frozen=True, slots=True)
class Overlay:
    """A caption made ready for yuv420p: what is added to each plane, and what is kept of it."""

    left: int
    top: int
    ink: tuple[NDArray[np.uint16], ...]
    kept: tuple[NDArray[np.uint16], ...]

    @classmethod
    def of(cls, image: Image.Image, left: int, top: int, width: int, height: int) -> Overlay | None:
        """Of an RGBA picture whose top left corner stands there: cut to the frame, aligned to the chroma grid; None
        where nothing of it is visible."""
        box = image.getchannel("A").getbbox()
        if box is None:
            return None
        x0, y0 = max(0, left + box[0]) & ~1, max(0, top + box[1]) & ~1
        x1, y1 = min(width, left + box[2] + 1) & ~1, min(height, top + box[3] + 1) & ~1
        if x1 <= x0 or y1 <= y0:
            return None
        cut = np.asarray(image.crop((x0 - left, y0 - top, x1 - left, y1 - top)), np.float32) / 255
        red, green, blue, alpha = (cut[..., channel] for channel in range(4))
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        planes = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
        whole = (alpha.shape[1], alpha.shape[0])
        sizes = (whole, *((whole[0] // 2, whole[1] // 2),) * 2)
        return cls(
            x0,
            y0,
            tuple(_fixed(plane * alpha, size) for plane, size in zip(planes, sizes, strict=True)),
            tuple(_fixed(1 - alpha, size) for size in sizes),
        )

    def blend(self, frame: Any) -> None:
        """Mix it into the frame."""
        for plane, ink, kept, scale in zip(frame_planes(frame), self.ink, self.kept, (1, 2, 2), strict=True):
            high, wide = ink.shape
            spot = plane[self.top // scale : self.top // scale + high, self.left // scale : self.left // scale + wide]
            spot[:] = (spot * kept + ink) >> 8


def _fixed(plane: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint16]:
    """In 256ths, the mean of what lies under each pixel of ``size``."""
    return np.round(cv2.resize(plane, size, interpolation=cv2.INTER_AREA) * 256).astype(np.uint16)


def glowing(image: Image.Image, reach: float) -> Image.Image:
    """The same over a soft dark glow, which keeps letters readable on a busy picture."""
    glow = image.getchannel("A").filter(ImageFilter.GaussianBlur(reach))
    under = Image.new("RGBA", image.size, (0, 0, 0, 0))
    under.putalpha(glow.point([round(value * 0.55) for value in range(256)]))
    return Image.alpha_composite(under, image)
