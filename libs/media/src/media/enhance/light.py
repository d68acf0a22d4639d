"""Colour cast, exposure and local contrast: gentle, bounded corrections of a photo's light.

Images here are float32 BGR in 0 to 255, shape (height, width, 3); nothing is clipped before the end.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.images.guided import guided
from media.images.measures import Light
from media.types import Bgr

Picture = NDArray[np.float32]

MOST_GAIN = 1.35
_NEUTRAL_CHROMA = 0.1


def neutral_gains(image: Bgr) -> Picture:
    """Gains for blue, green and red that make grey things grey; ones where too little is grey to tell.

    Of several starting points (as it is; the mean, the bright parts made grey) the one under which most pixels are
    nearly grey is refined by those pixels (Huo et al., "Robust automatic white balance algorithm using gray color
    points in images", 2006). Another start than "as it is" must find clearly more grey: an orange suit stays orange.
    """
    step = max(1, round((image.shape[0] * image.shape[1] / 60_000) ** 0.5))
    pixels = cv2.blur(image, (3, 3))[::step, ::step].reshape(-1, 3).astype(np.float32)
    usable = pixels[(pixels.max(axis=1) < 250) & (pixels.mean(axis=1) > 30)]
    if len(usable) < 500:
        return np.ones(3, np.float32)
    bright = usable[usable.mean(axis=1) >= np.quantile(usable.mean(axis=1), 0.9)]
    starts = [np.ones(3, np.float32), _to_grey(usable.mean(axis=0)), _to_grey(bright.mean(axis=0))]
    shares = [_near_grey(usable * start).mean() * bias for start, bias in zip(starts, (1.0, 0.5, 0.5), strict=True)]
    gains = starts[int(np.argmax(shares))].copy()
    for _ in range(8):
        seen = usable * gains
        near = _near_grey(seen)
        if near.mean() < 0.05:
            return np.ones(3, np.float32)
        weight = seen[near].mean(axis=1)
        gains *= _to_grey((seen[near] * weight[:, None]).sum(axis=0)) ** 0.8
    gains = np.clip(gains, 1 / MOST_GAIN, MOST_GAIN)
    return np.asarray(gains / float(gains @ np.array((0.114, 0.587, 0.299), np.float32)), np.float32)


def _to_grey(colour: Picture) -> Picture:
    return np.asarray(colour.mean() / np.maximum(colour, 1.0), np.float32)


def _near_grey(pixels: Picture) -> NDArray[np.bool_]:
    return np.asarray(np.ptp(pixels, axis=1) < 2 * _NEUTRAL_CHROMA * pixels.mean(axis=1))


def exposure_curve(seen: Light, face_luma: float | None, strength: float) -> NDArray[np.float32]:
    """256 output values: stretches a picture that never reaches white or black, then lifts or lowers its middle, the
    face's where there is one, towards a normal value. The identity for a photo that is exposed well.
    """
    levels = np.arange(256, dtype=np.float64)
    flat = float(np.clip((150 - seen.spread) / 30, 0, 1))
    black = strength * flat * float(np.clip((seen.black - 25) / 40, 0, 1)) * 0.9 * seen.black
    missing = strength * float(np.clip((175 - seen.white) / 50, 0, 1))
    gain = (1 - missing) + missing * 245 / max(40.0, seen.white - black)
    gain = max(gain, 1.0) if seen.white < 175 else (seen.white / max(40.0, seen.white - black))
    stretched = np.maximum(0.0, levels - black) * gain
    middle = face_luma if face_luma is not None else seen.middle
    middle = float(np.clip((middle - black) * gain, 4, 251)) / 255
    low, high = (0.40, 0.86) if face_luma is not None else (0.2, 0.82)
    target = float(np.clip(middle, low, high))
    gamma = float(np.clip(np.log(target) / np.log(middle), 0.55, 1.6)) if target != middle else 1.0
    gamma = 1 + min(1.0, strength) * (gamma - 1)
    bright = np.minimum(stretched / 255, 1.0)
    return np.asarray(255 * bright**gamma, np.float32)


def apply_curve(image: Picture, curve: NDArray[np.float32]) -> Picture:
    """``curve`` on every channel, interpolated between its 256 values so that no level is lost."""
    low = np.clip(image, 0, 254.999)
    base = low.astype(np.int32)
    return np.asarray(curve[base] + (curve[base + 1] - curve[base]) * (low - base), np.float32)


def local_contrast(luma: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """``luma`` with differences to its wide surroundings raised by ``amount`` (0.1 is gentle), held back at strong
    edges so that no halo appears (a guided filter is the surroundings; He, Sun & Tang, 2010)."""
    base = guided(luma, luma, max(4, max(luma.shape) // 60), 255.0**2 * 0.01)
    return np.asarray(luma + np.float32(amount) * (luma - base), np.float32)
