"""Steps that decide which part of the picture is seen, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin
from typing import Any

import cv2
import numpy as np

from media.errors import NotUsable
from media.images.background import reframe
from media.recipes.picture import Picture
from media.recipes.steps import Crop, Flip, Rotate, Straighten

LEAST_SIDE = 16
"""Pixels: less is no picture."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def crop(picture: Picture, step: Crop) -> Picture:
    """The part. Raises ``NotUsable`` where nothing of it, or next to nothing, is inside the picture."""
    if step.aspect is not None:
        return _to_aspect(picture, step.aspect)
    left, top = round(step.left * picture.width), round(step.top * picture.height)
    right = min(picture.width, round((step.left + step.width) * picture.width))
    bottom = min(picture.height, round((step.top + step.height) * picture.height))
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        raise NotUsable(
            f"The crop keeps {max(0, right - left)} x {max(0, bottom - top)} pixels.",
            code="BAD_RECIPE",
            advice=f"Keep at least {LEAST_SIDE} pixels on each side.",
        )
    return _both(picture, lambda plane: np.ascontiguousarray(plane[top:bottom, left:right]))


def _to_aspect(picture: Picture, aspect: str) -> Picture:
    wide, _, high = aspect.partition(":")
    ratio = float(wide) / float(high)
    width = min(picture.width, round(picture.height * ratio))
    height = min(picture.height, round(picture.width / ratio))
    if picture.opacity is None:
        return Picture(reframe(picture.pixels, width, height))
    # Together, so that colour and opacity are cut alike.
    left, top = (picture.width - width) // 2, round(0.4 * (picture.height - height))
    return _both(picture, lambda plane: np.ascontiguousarray(plane[top : top + height, left : left + width]))


def rotate(picture: Picture, step: Rotate) -> Picture:
    """The picture turned."""
    return _both(picture, lambda plane: cv2.rotate(plane, _TURNS[step.degrees]))


def flip(picture: Picture, step: Flip) -> Picture:
    """The picture mirrored."""
    return _both(picture, lambda plane: cv2.flip(plane, 1 if step.direction == "horizontal" else 0))


def straighten(picture: Picture, step: Straighten) -> Picture:
    """The picture turned a little, cut to the largest upright rectangle inside."""
    if step.degrees == 0:
        return picture
    width, height = inner(picture.width, picture.height, step.degrees)
    turn: Any = cv2.getRotationMatrix2D(((picture.width - 1) / 2, (picture.height - 1) / 2), -step.degrees, 1.0)
    turn[:, 2] += np.array([width - picture.width, height - picture.height]) / 2
    return _both(
        picture,
        lambda plane: cv2.warpAffine(
            plane, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ),
    )


def inner(width: int, height: int, degrees: float) -> tuple[int, int]:
    """Sides of the largest upright rectangle inside a rectangle that was turned by -45 to 45 degrees."""
    turn = abs(radians(degrees))
    sine, cosine = sin(turn), cos(turn)
    long, short = max(width, height), min(width, height)
    if short <= 2 * sine * cosine * long:
        # Two corners lie on the longer sides, the others on the line through their middles.
        half = 0.5 * short
        found = (half / sine, half / cosine)
        wide, high = found if width >= height else found[::-1]
    else:
        double = cosine * cosine - sine * sine
        wide = (width * cosine - height * sine) / double
        high = (height * cosine - width * sine) / double
    return max(1, int(wide)), max(1, int(high))


def _both(picture: Picture, change: Callable[[Any], Any]) -> Picture:
    pixels = np.asarray(change(picture.pixels), np.uint8)
    if picture.opacity is None:
        return Picture(pixels)
    return Picture(pixels, np.asarray(change(picture.opacity), np.float32).clip(0, 1))
