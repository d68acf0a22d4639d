"""Enlarging a photo two or four times, sharper than interpolation and without inventing anything.

Two demands are met in turn: reduced again, the result must be the photo (iterative back-projection; Irani & Peleg,
"Improving resolution by image registration", 1991), and it must be simple in small cosine blocks (iterated denoising
with a falling threshold; Guleryuz, "Nonlinear approximation based image recovery", 2006). Noise is removed first,
because the first demand would keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from media.enhance.noise import denoise
from media.errors import TooLarge
from media.images.measures import noise_sigma
from media.images.photos import decode, write_jpeg
from media.images.planes import Plane, from_planes, to_planes
from media.types import Bgr, Made

MOST_PIXELS = 8192 * 8192
_THRESHOLDS = {2: (12.0, 8.0, 6.0, 4.0, 3.0), 4: (20.0, 16.0, 12.0, 8.0, 6.0, 4.0, 3.0)}
"""Block thresholds by factor, in levels (0 to 255), from coarse to fine."""
_LEAST_NOISE, _LEAST_CHROMA_NOISE = 4.5, 2.0
"""Below this, what measures as noise may be fine print or fabric, and is kept."""


def upscale(image: Bgr, factor: Literal[2, 4], *, progress: Callable[[float], None] | None = None) -> Bgr:
    """``image`` (BGR) ``factor`` times as wide and high. Deterministic.

    Luma is restored as the module says; chroma, where the eye sees less, is interpolated and back-projected.
    Raises ``TooLarge`` when the result would exceed ``MOST_PIXELS``.
    """
    height, width = image.shape[:2]
    if height * width * factor * factor > MOST_PIXELS:
        raise TooLarge(
            f"{width} x {height} pixels, {factor} times enlarged, are too many.", advice="Choose a smaller factor."
        )
    luma, *chroma = (
        _without_noise(plane, least)
        for plane, least in zip(to_planes(image), (_LEAST_NOISE, _LEAST_CHROMA_NOISE, _LEAST_CHROMA_NOISE), strict=True)
    )
    grown = [_restored(luma, factor, progress)]
    grown += [_interpolated(plane, factor, rounds=2) for plane in chroma]
    bgr = from_planes(grown[0], grown[1], grown[2])
    return np.asarray(np.clip(bgr + 0.5, 0, 255).astype(np.uint8))


def _without_noise(plane: Plane, least: float) -> Plane:
    noise = noise_sigma(plane)
    return denoise(plane, noise) if noise > least else plane


def _interpolated(plane: Plane, factor: int, *, rounds: int) -> Plane:
    size = (plane.shape[1] * factor, plane.shape[0] * factor)
    grown = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS), np.float32)
    return _back_projected(plane, grown, rounds)


def _back_projected(plane: Plane, grown: Plane, rounds: int) -> Plane:
    """``grown`` changed until its reduction is ``plane`` (nearly: the correction is smooth)."""
    small, large = (plane.shape[1], plane.shape[0]), (grown.shape[1], grown.shape[0])
    for _ in range(rounds):
        missing = plane - cv2.resize(grown, small, interpolation=cv2.INTER_AREA)
        grown = np.asarray(grown + cv2.resize(missing, large, interpolation=cv2.INTER_CUBIC), np.float32)
    return grown


def _restored(plane: Plane, factor: int, progress: Callable[[float], None] | None) -> Plane:
    grown = _interpolated(plane, factor, rounds=3)
    thresholds = _THRESHOLDS[factor]
    for done, threshold in enumerate(thresholds):
        if progress is not None:
            progress(done / len(thresholds))
        grown = _back_projected(plane, denoise(grown, threshold, passes=1), rounds=2)
    if progress is not None:
        progress(1.0)
    return grown


def upscale_file(
    source: Path, out: Path, *, factor: Literal[2, 4], progress: Callable[[float], None] | None = None
) -> Made:
    """Enlarge the photo ``source`` into the JPEG ``out``. Raises as ``decode``, ``upscale`` and ``write_jpeg``."""
    return write_jpeg(upscale(decode(source), factor, progress=progress), out)
