"""Which part of a photo becomes the picture, and at what size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from media.animation.frame import FaceFrame
from media.errors import BadMedia
from media.images.photos import resize
from media.types import Bgr, Box, Face
from media.video.reframe import crop_box

_SHORT, _LONG = 720, 1280  # sides of a picture nobody chose a size for
_MOST_ENLARGED = 2.0
_LEAST, _MOST = 64, 3840
_FACE_SHARE = 0.16  # a smaller face is brought closer when the photo is cropped anyway
_CLOSEST = 2.5


@dataclass(frozen=True, slots=True)
class Framing:
    """A part of the photo and the size it is shown at."""

    crop: Box
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the photo."""
        return self.width / self.crop.width

    def picture(self, photo: Bgr) -> Bgr:
        """The photo, cut and resized."""
        crop = self.crop
        part = photo[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
        if self.scale < 0.5:  # halving first is not seen after Lanczos and saves most of the time
            steps = int(np.floor(np.log2(1 / self.scale)))
            size = (max(self.width, part.shape[1] >> steps), max(self.height, part.shape[0] >> steps))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        return resize(np.ascontiguousarray(part), self.width, self.height)

    def frame(self, frame: FaceFrame) -> FaceFrame:
        """The face's frame in the picture."""
        return frame.moved(self.scale, self.crop.x * self.scale, self.crop.y * self.scale)


def frame_photo(photo: Bgr, face: Face, width: int | None, height: int | None) -> Framing:
    """What :func:`media.animation.talking.render` shows for the asked size; see there.

    Raises ``BadMedia`` for absurd sizes.
    """
    tall, wide = photo.shape[:2]
    for side in (width, height):
        if side is not None and not _LEAST <= side <= _MOST:
            raise BadMedia(f"a side of {side} pixels is not between {_LEAST} and {_MOST}", code="BAD_PARAMETER")
    if width is not None and height is not None:
        crop = crop_box(wide, tall, width / height, face.box)
        return Framing(_closer(crop, face.box, width), _even(width), _even(height))
    if width is not None:
        scale = width / wide
    elif height is not None:
        scale = height / tall
    else:
        scale = min(_MOST_ENLARGED, max(_SHORT / min(wide, tall), 1e-6), _LONG / max(wide, tall))
    return Framing(Box(0, 0, wide, tall), _even(wide * scale), _even(tall * scale))


def _closer(crop: Box, face: Box, width: int) -> Box:
    """Cut further towards a face that would be tiny, no more than pixels allow."""
    factor = min(_FACE_SHARE * crop.width / face.width, _CLOSEST, crop.width * _CLOSEST / width)
    if factor <= 1:
        return crop
    inner = crop_box(round(crop.width / factor), round(crop.height / factor), crop.width / crop.height)
    x = face.x + face.width / 2 - inner.width / 2
    y = face.y + face.height / 2 - 0.42 * inner.height
    left = min(max(crop.x, round(x)), crop.x + crop.width - inner.width)
    top = min(max(crop.y, round(y)), crop.y + crop.height - inner.height)
    return Box(left, top, inner.width, inner.height)


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)
