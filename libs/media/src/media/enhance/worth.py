"""Whether a correction is worth it: what a person would see as better or worse in the same face, before and after.

A correction that harms is weakened, then left out; one that nobody would see is left out too. Faces are those found in
the original, so that a measure never moves because a face was found elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.measures import skin
from media.images.measures import luma
from media.images.planes import Plane
from media.types import Bgr, Face

WEAKER = (1.0, 0.6, 0.35)
"""Shares of a correction that are tried, the whole first."""

_MOST_SATURATED, _LEAST_SATURATED = 1.3, 0.75  # of the skin's chroma over its lightness
_MOST_HUE = 12.0  # degrees that the skin's hue may turn
_MOST_CRUSHED = 0.02  # of the face that may become black, or white
_MOST_CONTRAST = 1.35  # of light over the face, beside its mean
_MOST_STAIRS, _FEW_STAIRS = 1.6, 0.2
_BLACK, _WHITE = 18.0, 250.0
_DARK_SKIN, _DARK_PICTURE = 42.0, 190.0  # L* of a face, and the brightest luma of a picture, in too little light
_SEEN = 0.35  # levels of mean change that can be seen


@dataclass(frozen=True, slots=True)
class Looks:
    """One picture as far as it is judged: the skin's L*, hue (degrees) and chroma, light over the face beside its mean,
    shares of it that are black and white, how much of the variation is between neighbours, and its brightest luma."""

    lightness: float
    hue: float
    chroma: float
    contrast: float
    black: float
    white: float
    stairs: float
    brightest: float

    @classmethod
    def of(cls, picture: NDArray[np.floating], face: Face | None) -> Looks:
        """How ``picture`` looks at ``face``, or as a whole where there is none."""
        seen = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
        marks = face.landmarks if face else None
        part = seen if face is None else _around(seen, face)
        plane = luma(part)
        fine, coarse = (plane - cv2.GaussianBlur(plane, (0, 0), sigma) for sigma in (0.8, 4.0))
        lightness, a, b = skin(seen, marks) if marks is not None else (float(np.median(plane)) / 2.55, 0.0, 0.0)
        return cls(
            lightness,
            math.degrees(math.atan2(b, a)) if marks is not None else 0.0,
            math.hypot(a, b),
            float(plane.std() / max(1.0, float(plane.mean()))),
            float((plane < _BLACK).mean()),
            float((plane > _WHITE).mean()),
            float(np.square(fine).mean() / max(1e-3, float(np.square(coarse).mean()))),
            float(np.percentile(luma(seen)[::4, ::4], 99)),
        )

    @property
    def in_low_light(self) -> bool:
        """Whether face and picture are dark: dark skin in good light is not."""
        return self.lightness < _DARK_SKIN and self.brightest < _DARK_PICTURE


def harm(before: Looks, after: Looks) -> str | None:
    """What a person would dislike about the change, in words; None when there is nothing."""
    saturation = (after.chroma / max(after.lightness, 1)) / max(before.chroma / max(before.lightness, 1), 1e-3)
    if before.chroma > 5 and not _LEAST_SATURATED <= saturation <= _MOST_SATURATED:
        return "the skin would look painted" if saturation > 1 else "the skin would look pale"
    if before.chroma > 5 and after.chroma > 5 and abs(after.hue - before.hue) > _MOST_HUE:
        return "the skin would change its colour"
    if after.black - before.black > _MOST_CRUSHED:
        return "shadows would be crushed"
    if after.white - before.white > _MOST_CRUSHED:
        return "bright places would be lost"
    if after.contrast > _MOST_CONTRAST * before.contrast:
        return "the light on the face would become harsh"
    if after.stairs > max(_FEW_STAIRS, _MOST_STAIRS * before.stairs):
        return "edges would become jagged"
    return None


def kept(
    before: Plane, change: Callable[[Plane], Plane], face: Face | None, allowed: Callable[[Looks, Looks], str | None]
) -> tuple[Plane, str | None]:
    """``before`` with as much of ``change`` as does no harm, and None; or ``before`` and why nothing was changed."""
    whole = change(before)
    if float(np.abs(whole - before).mean()) < _SEEN:
        return before, "nobody would see a difference"
    looked, why = Looks.of(before, face), None
    for share in WEAKER:
        after = before + np.float32(share) * (whole - before)
        why = allowed(looked, Looks.of(after, face))
        if why is None:
            return after, None
    return before, why


def _around(seen: Bgr, face: Face) -> Bgr:
    """The rectangle of the face's skin."""
    box = face.box
    inset = round(0.12 * box.width)
    part = seen[box.y + inset : box.y + box.height, box.x + inset : box.x + box.width - inset]
    return part if part.size else seen
