"""Where faces may be, by BlazeFace: one look at the whole picture."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from media.faces.looks import Points, Window
from media.faces.networks import network
from media.types import Bgr

_CELLS = 48  # a side, with one anchor in the middle of each
_COORDINATES = 16  # middle, size, six points of which the first two are the eyes
_LEAST_SCORE = 0.25  # the mesh has the last word
_ROOM = 1.5  # the mesh looks at the box times this
QUARTERS = (0.0, math.pi / 2, -math.pi / 2, math.pi)
"""Angles at which every head is upright enough for BlazeFace in one of them, the usual one first."""


def propose(image: Bgr, angle: float) -> list[Window]:
    """Windows for the face mesh, the surest first, of heads turned clockwise by about ``angle`` (radians).

    The picture and its mirror are looked at: of a face that one shows unclearly the other is often sure.
    """
    height, width = image.shape[:2]
    seen: list[tuple[float, Window]] = []
    for mirrored in (False, True):
        seen += _seen(image, Window((width - 1) / 2, (height - 1) / 2, max(height, width), angle, mirrored))
    found: list[Window] = []
    for _, window in sorted(seen, key=lambda one: -one[0]):
        if all(math.hypot(window.x - one.x, window.y - one.y) > 0.3 * max(window.side, one.side) for one in found):
            found.append(window)
    return found


def _seen(image: Bgr, whole: Window) -> Iterable[tuple[float, Window]]:
    """What BlazeFace sees through ``whole``, with its scores."""
    blaze = network("face_detection_full_range")
    boxes, logits = blaze.run(whole.picture(image, blaze.side))
    scores = 1 / (1 + np.exp(-np.clip(logits, -100, 100)))
    sure = np.flatnonzero(scores >= _LEAST_SCORE)
    cells = blaze.side / _CELLS
    anchors = np.column_stack([sure % _CELLS, sure // _CELLS]) * cells + cells / 2
    for box, anchor, score in zip(boxes.reshape(-1, _COORDINATES)[sure], anchors, scores[sure], strict=True):
        yield float(score), _window(box, anchor, whole, blaze.side)


def _window(box: Points, anchor: Points, whole: Window, pixels: int) -> Window:
    """A detection turned so that its eyes are level."""
    middle, left, right = (whole.to_photo((box[at : at + 2] + anchor)[None], pixels)[0] for at in (0, 4, 6))
    if whole.mirrored:
        left, right = right, left
    side = _ROOM * max(box[2], box[3]) * whole.side / pixels
    return Window(float(middle[0]), float(middle[1]), side, math.atan2(right[1] - left[1], right[0] - left[0]))
