"""Carrying out a recipe, whole or as a quick look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from media.enhance.noise import denoise
from media.enhance.sharpen import crispen
from media.enhance.upscale import upscale
from media.errors import NotUsable
from media.images.measures import noise_sigma
from media.images.photos import decode, fit_within, write_jpeg, write_png
from media.images.planes import from_planes, to_planes
from media.recipes import backgrounds, geometry, overlays, tone
from media.recipes.picture import Picture, transparent
from media.recipes.steps import (
    Adjust,
    Background,
    Crop,
    Denoise,
    Flip,
    Logo,
    Rotate,
    Sharpen,
    Step,
    Straighten,
    Text,
    Upscale,
)
from media.types import Bgr, Made

PREVIEW_PIXELS = 1_000_000
"""A preview has no more."""
_QUALITY, _PREVIEW_QUALITY = 95, 85
_CHECKED = (236, 255)
_QUICK_GRIDS = 4


def apply(
    image: Bgr,
    steps: Sequence[Step],
    *,
    logo: Picture | None = None,
    behind: Bgr | None = None,
    quick: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Picture:
    """What the steps, one after the other, make of ``image``, which stays as it is. Deterministic.

    ``quick``: as a preview, which is told noise and edges of persons less finely, and is not enlarged. Raises
    ``NotUsable`` (``BAD_RECIPE`` and others) naming what cannot be done, ``TooLarge``.
    """
    picture = Picture(image)
    for number, step in enumerate(steps):
        if progress is not None:
            progress(number / len(steps))
        picture = _done(picture, step, logo, behind, quick=quick)
    if progress is not None:
        progress(1.0)
    return picture


def _done(picture: Picture, step: Step, logo: Picture | None, behind: Bgr | None, *, quick: bool) -> Picture:
    change: Callable[[Bgr], Bgr]
    match step:
        case Crop():
            return geometry.crop(picture, step)
        case Rotate():
            return geometry.rotate(picture, step)
        case Flip():
            return geometry.flip(picture, step)
        case Straighten():
            return geometry.straighten(picture, step)
        case Background():
            return backgrounds.change(picture, step, behind, quick=quick)
        case Text():
            return overlays.write(picture, step)
        case Logo():
            return overlays.stamp(picture, step, logo)
        case Adjust():
            change = partial(tone.adjust, step=step)
        case Sharpen():
            change = partial(_sharpened, amount=step.amount)
        case Denoise():
            change = partial(_calmed, strength=step.strength, quick=quick)
        case Upscale():
            return picture if quick else _enlarged(picture, step)
    return Picture(change(picture.pixels), picture.opacity)


def _sharpened(image: Bgr, amount: float) -> Bgr:
    luma, red, blue = to_planes(image)
    crisp = from_planes(crispen(luma, amount, radius=max(0.8, max(image.shape[:2]) / 1600)), red, blue)
    return np.asarray((np.clip(crisp, 0, 255) + 0.5).astype(np.uint8))


def _calmed(image: Bgr, strength: float, *, quick: bool) -> Bgr:
    """Colour grain is coarser and seen less: it is removed in a copy of half the size, and not at all in a preview."""
    luma, *chroma = to_planes(image)
    size = (image.shape[1], image.shape[0])
    noise = strength * max(1.0, noise_sigma(luma))
    calm = [denoise(luma, noise, passes=1, grids=_QUICK_GRIDS) if quick else denoise(luma, noise)]
    for plane in chroma:
        half = np.asarray(
            cv2.resize(plane, (max(8, size[0] // 2), max(8, size[1] // 2)), interpolation=cv2.INTER_AREA), np.float32
        )
        less = half if quick else denoise(half, strength * max(1.0, noise_sigma(half)), passes=1)
        calm.append(np.asarray(cv2.resize(less, size, interpolation=cv2.INTER_CUBIC), np.float32))
    bgr = from_planes(calm[0], calm[1], calm[2])
    return np.asarray((np.clip(bgr, 0, 255) + 0.5).astype(np.uint8))


def _enlarged(picture: Picture, step: Upscale) -> Picture:
    large = upscale(picture.pixels, step.factor)
    if picture.opacity is None:
        return Picture(large)
    size = (large.shape[1], large.shape[0])
    grown = np.asarray(cv2.resize(picture.opacity, size, interpolation=cv2.INTER_CUBIC), np.float32)
    return Picture(large, grown.clip(0, 1))


def apply_file(
    source: Path,
    folder: Path,
    steps: Sequence[Step],
    pictures: Mapping[str, Path],
    *,
    progress: Callable[[float], None] | None = None,
) -> Made:
    """Write what the steps make of the photo ``source`` into ``folder``: as JPEG, or as PNG where parts of it have
    become transparent. ``pictures``: by their roles ``logo`` and ``background``.

    Raises as :func:`apply` and ``media.images.photos.decode``.
    """
    logo, behind = _others(pictures)
    made = apply(decode(source), steps, logo=logo, behind=behind, progress=progress)
    if made.opacity is not None:
        return write_png(made.bgra(), folder / "edited.png")
    return write_jpeg(made.pixels, folder / "edited.jpg", quality=_QUALITY)


def preview_file(source: Path, out: Path, steps: Sequence[Step], pictures: Mapping[str, Path]) -> Made:
    """Write a quick look at what the steps make of the photo to ``out``, a JPEG of at most ``PREVIEW_PIXELS``;
    transparent parts show as a chequered ground. Raises as :func:`apply_file`.
    """
    image = decode(source, enough=round(PREVIEW_PIXELS**0.5))
    scale = min(1.0, (PREVIEW_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5)
    small = fit_within(image, int(image.shape[1] * scale), int(image.shape[0] * scale))
    logo, behind = _others(pictures)
    made = apply(small, steps, logo=logo, behind=behind, quick=True)
    return write_jpeg(_on_checks(made), out, quality=_PREVIEW_QUALITY)


def _others(pictures: Mapping[str, Path]) -> tuple[Picture | None, Bgr | None]:
    """The logo, and what is put behind."""
    if unknown := sorted(pictures.keys() - {"logo", "background"}):
        raise NotUsable(f"A recipe has no picture in the role {unknown[0]}.", code="BAD_RECIPE")
    logo, behind = pictures.get("logo"), pictures.get("background")
    return None if logo is None else transparent(logo), None if behind is None else decode(behind)


def _on_checks(picture: Picture) -> Bgr:
    if picture.opacity is None:
        return picture.pixels
    side = max(8, picture.width // 48)
    rows, columns = np.indices((picture.height, picture.width)) // side
    checks = np.where((rows + columns) % 2 == 0, *_CHECKED).astype(np.float32)[..., None]
    share = picture.opacity[..., None]
    return np.asarray((picture.pixels * share + checks * (1 - share) + 0.5).astype(np.uint8))
