"""Eyes larger than any person's: drawn ones, whose white goes on beyond the contour that was found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from media.animation.eyes.fit import Eye
from media.animation.frame import FaceFrame, Grid
from media.types import Bgr

_DENSITY = 100.0
_HALF = (0.55, 0.4)
_SKIN = (0.14, 0.3)  # below the lower lid
_LEAST_TINT = 9.0  # chroma of skin beside which white is told by being grey
_STEP = 0.01
_MOST = 0.6  # of its size by which an eye grows: beyond, what is pale is no eye
_WHITE = 0.5
_OVER = 1.12  # a lid fades out where its eye ends, and must not do so over white
_ENDS = np.linspace(-0.02, 0.02, 5, dtype=np.float32)
_SIDES = np.array([-0.7, -0.6, -0.5, 0.5, 0.6, 0.7], np.float32)


def to_the_white(eye: Eye, image: Bgr, frame: FaceFrame) -> Eye:
    """``eye`` with corners and lids moved outwards to where its white ends."""
    left, top = eye.x - _HALF[0], eye.y - _HALF[1]
    patch = frame.patch(image, left, top, eye.x + _HALF[0], eye.y + _HALF[1], _DENSITY)
    pale = _pale(patch, eye, top)

    def white(u: Grid, v: Grid) -> float:
        x, y = ((at - np.float32(low)) * np.float32(_DENSITY) - np.float32(0.5) for at, low in ((u, left), (v, top)))
        found = cv2.remap(pale, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return float(np.asarray(found).mean())

    grown = eye
    for side in (-1, 1):
        most = grown.half_width * _MOST
        reach = 0.0
        while reach < most:
            away = side * (grown.half_width + reach + _STEP)
            end = np.full_like(_ENDS, grown.x + away)
            if white(end, np.float32(grown.y + grown.tilt * away) + _ENDS) < _WHITE:
                break
            reach += _STEP
        if reach >= most:
            return eye
        shift = side * reach / 2
        grown = replace(
            grown, x=grown.x + shift, y=grown.y + grown.tilt * shift, half_width=grown.half_width + reach / 2
        )
    for name, sign in (("above", -1), ("below", 1)):
        most = getattr(grown, name) + _MOST * grown.half_width
        while getattr(grown, name) < most:
            sides = _SIDES * np.float32(grown.half_width) + np.float32(grown.x)
            edge = grown.lids(sides)[0 if sign < 0 else 1]
            if white(sides, edge + np.float32(sign * _STEP)) < _WHITE:
                break
            grown = replace(grown, **{name: getattr(grown, name) + _STEP})
        else:
            return eye
    return grown if grown is eye else replace(grown, half_width=_OVER * grown.half_width)


def _pale(patch: Bgr, eye: Eye, top: float) -> Grid:
    """1 where it is white beside the skin below the eye."""
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), 0.8).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    first, last = (round((eye.y + eye.below + down - top) * _DENSITY) for down in _SKIN)
    middle = lab.shape[1] // 2
    skin = np.median(lab[first:last, middle - 15 : middle + 15].reshape(-1, 3), axis=0)
    tint = float(np.hypot(*skin[1:]))
    pale = lab[..., 0] > 1.25 * skin[0]
    if tint > _LEAST_TINT:
        grey = np.hypot(lab[..., 1], lab[..., 2]) < 0.45 * tint
        pale |= grey & (lab[..., 0] > 0.95 * skin[0])
    return np.asarray(pale, np.float32)
