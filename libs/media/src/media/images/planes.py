"""A BGR picture as luma and chroma planes (BT.601, full range, floats, so nothing is rounded); and those of a frame."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.types import Bgr

Plane = NDArray[np.float32]
"""(height, width) float32, 0 to 255; chroma is 128 where there is no colour."""


def to_planes(image: Bgr) -> tuple[Plane, Plane, Plane]:
    """Luma, red and blue chroma of ``image``."""
    scaled = image.astype(np.float32) * np.float32(1 / 255)
    y, cr, cb = cv2.split(cv2.cvtColor(scaled, cv2.COLOR_BGR2YCrCb))
    return _levels(y), _levels(cr), _levels(cb)


def _levels(plane: object) -> Plane:
    return np.asarray(plane, np.float32) * np.float32(255)


def from_planes(y: Plane, cr: Plane, cb: Plane) -> NDArray[np.float32]:
    """The BGR picture of the planes as float32; values outside 0 to 255 are kept."""
    merged = cv2.merge((y, cr, cb)) * np.float32(1 / 255)
    return np.asarray(cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR), np.float32) * np.float32(255)


def frame_planes(frame: Any) -> list[NDArray[np.uint8]]:
    """The three planes of a yuv420p frame as arrays that share its memory."""
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]
