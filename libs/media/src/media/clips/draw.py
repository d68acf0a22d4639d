"""Drawing a picture of a clip from one of the film, plane by plane."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from media.clips.layouts import Framed
from media.images.planes import frame_planes
from media.types import Box
from media.video.reframe import crop_box, fit_size, same_aspect

_SMALLER = 1.4
"""What is reduced by more than this is averaged; else it is read between pixels: a slow camera does not jump then."""
_BLUR_REDUCTION = 16


def drawn(source: Any, shot: Framed, look: float, width: int, height: int) -> Any:
    """A yuv420p picture of ``width`` x ``height``: what ``shot`` shows of ``source`` at ``look``, counted from its
    first one, with places between two looks between their views."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for target, plane, scale in zip(frame_planes(frame), frame_planes(source), (1, 2, 2), strict=True):
        if shot.covered < width * height:
            _blurred(target, plane, (source.width, source.height), (width, height), over=not shot.panels)
        for panel in shot.panels:
            at = min(max(look, 0.0), len(panel.views) - 1.0)
            low = int(at)
            high = min(low + 1, len(panel.views) - 1)
            view = panel.views[low] + (panel.views[high] - panel.views[low]) * (at - low)
            box = panel.box
            spot = target[box.y // scale : (box.y + box.height) // scale, box.x // scale : (box.x + box.width) // scale]
            spot[:] = _shown(plane, view / scale, spot.shape[1], spot.shape[0])
    return frame


def _shown(plane: NDArray[np.uint8], view: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
    left, top, wide, high = (float(value) for value in view)
    across, down = wide / width, high / height
    if across > _SMALLER:
        x, y = max(0, round(left)), max(0, round(top))
        cut = plane[y : y + max(1, round(high)), x : x + max(1, round(wide))]
        return np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    matrix = np.array([[across, 0, left + (across - 1) / 2], [0, down, top + (down - 1) / 2]])
    flags = (cv2.INTER_CUBIC if across < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    made = cv2.warpAffine(plane, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)


def _blurred(
    target: NDArray[np.uint8], plane: NDArray[np.uint8], of: tuple[int, int], into: tuple[int, int], *, over: bool
) -> None:
    """A blurred copy of ``plane`` that fills ``target``, with the whole of it ``over`` that."""
    (from_width, from_height), (width, height) = of, into
    scale = width // target.shape[1]
    if over and same_aspect(from_width, from_height, width, height):
        target[:] = cv2.resize(plane, target.shape[::-1], interpolation=cv2.INTER_AREA)
        return
    kept = crop_box(from_width, from_height, width / height)
    behind = _cut(plane, kept, scale)
    small = max(2, target.shape[1] // _BLUR_REDUCTION), max(2, target.shape[0] // _BLUR_REDUCTION)
    soft = cv2.GaussianBlur(cv2.resize(behind, small, interpolation=cv2.INTER_AREA), (0, 0), 2)
    target[:] = cv2.resize(soft, target.shape[::-1], interpolation=cv2.INTER_CUBIC)
    if not over:
        return
    fit_width, fit_height = fit_size(from_width, from_height, width, height)
    wide, high = fit_width // scale, fit_height // scale
    left, top = (width - fit_width) // 4 * 2 // scale, (height - fit_height) // 4 * 2 // scale
    enlarged = cv2.INTER_AREA if wide < plane.shape[1] else cv2.INTER_CUBIC
    target[top : top + high, left : left + wide] = cv2.resize(plane, (wide, high), interpolation=enlarged)


def _cut(plane: NDArray[np.uint8], box: Box, scale: int) -> NDArray[np.uint8]:
    return plane[box.y // scale : (box.y + box.height) // scale, box.x // scale : max(1, (box.x + box.width) // scale)]
