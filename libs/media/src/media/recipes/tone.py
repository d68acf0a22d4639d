"""Colour and light.

Exposure and white balance act on light itself, so in linear values; contrast acts on what is seen. Both are curves of
one channel, looked up. Highlights and shadows follow the light of a place's surroundings, so that texture stays.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.images.measures import luma
from media.recipes.steps import Adjust
from media.types import Bgr

_LUMINANCE = np.array([0.0722, 0.7152, 0.2126], np.float32)
"""Of linear blue, green and red (ITU-R BT.709)."""
_WARM, _GREEN = 0.35, 0.3
"""Stops that red rises, and blue falls, at the warmest; that green falls at the most magenta."""
_STEEP = 7.0
_REACH = 0.02
"""Deviation of what counts as surroundings, in shares of the longer side."""
_STOPS = 0.9


def adjust(image: Bgr, step: Adjust) -> Bgr:
    """``image`` in other colour and light. A step that changes nothing gives it back as it is."""
    if step.exposure or step.contrast or step.temperature or step.tint:
        image = np.asarray(cv2.LUT(image, _curves(step)), np.uint8)
    if step.highlights or step.shadows:
        image = _relit(image, step.highlights, step.shadows)
    if step.saturation:
        grey = luma(image)[..., None]
        image = _bytes(grey + (image - grey) * np.float32(1 + step.saturation))
    return image


def _curves(step: Adjust) -> NDArray[np.uint8]:
    """For each value of blue, green and red what becomes of it, (1, 256, 3)."""
    seen = np.linspace(0, 1, 256, dtype=np.float64)
    linear = np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)
    gains = np.exp2([-_WARM * step.temperature, -_GREEN * step.tint, _WARM * step.temperature], dtype=np.float64)
    # Warmer or cooler, but not brighter.
    gains /= float(gains @ _LUMINANCE)
    light = linear[:, None] * gains * 2.0**step.exposure
    if step.exposure > 0:
        light = _shouldered(light, 2.0**step.exposure, min(1.0, step.exposure))
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    shown = _contrasted(np.clip(shown, 0, 1), step.contrast)
    return (shown * 255 + 0.5).astype(np.uint8)[None]


def _shouldered(light: NDArray[np.float64], brightest: float, amount: float) -> NDArray[np.float64]:
    """Light above the knee pressed together, so that what gets brighter does not all become white."""
    knee = 1 - 0.4 * amount
    room = 1 - knee

    def pressed(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(
            np.where(value > knee, knee + room * (1 - np.exp(-np.maximum(value - knee, 0) / room)), value)
        )

    return pressed(light) / float(pressed(np.array([brightest]))[0])


def _contrasted(seen: NDArray[np.float64], contrast: float) -> NDArray[np.float64]:
    if contrast < 0:
        return np.asarray(0.5 + (seen - 0.5) * (1 + 0.7 * contrast))
    curve = 1 / (1 + np.exp(-_STEEP * (seen - 0.5)))
    low, high = 1 / (1 + np.exp(_STEEP / 2)), 1 / (1 + np.exp(-_STEEP / 2))
    return np.asarray(seen + contrast * ((curve - low) / (high - low) - seen))


def _relit(image: Bgr, highlights: float, shadows: float) -> Bgr:
    height, width = image.shape[:2]
    small = max(1, max(height, width) // 256)
    light = cv2.resize(luma(image), (max(1, width // small), max(1, height // small)), interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(light, (0, 0), max(1.0, _REACH * max(light.shape))) / np.float32(255)
    dark = np.clip(1 - light / 0.55, 0, 1) ** 1.2
    bright = np.clip((light - 0.45) / 0.55, 0, 1) ** 1.2
    gain = np.exp2(np.float32(_STOPS) * (np.float32(shadows) * dark + np.float32(highlights) * bright))
    return _bytes(image * cv2.resize(gain.astype(np.float32), (width, height))[..., None])


def _bytes(values: NDArray[np.float32]) -> Bgr:
    return np.asarray((np.clip(values, 0, 255) + 0.5).astype(np.uint8))
