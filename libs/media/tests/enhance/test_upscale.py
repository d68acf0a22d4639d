"""Enlarging: closer to the original than Lanczos on every packaged sample picture, and faithful to what went in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image
from skimage.metrics import structural_similarity

from media.enhance.upscale import upscale, upscale_file
from media.errors import TooLarge
from media.images.photos import decode
from media.types import Bgr

SAMPLES = Path(skimage.__file__).parent / "data"
NAMES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "camera.png",
    "brick.png",
    "coins.png",
    "page.png",
    "text.png",
)
LEAST_GAIN = {2: (0.006, 0.012), 4: (0.008, 0.025)}
"""By factor: SSIM above Lanczos on each picture, and in the mean."""


def _reduced(image: Bgr, width: int, height: int) -> Bgr:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _lanczos(image: Any, width: int, height: int) -> Any:
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def _similarity(one: Any, other: Any) -> float:
    grey = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (one, other)]
    return float(structural_similarity(*grey, data_range=255))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("factor", [2, 4])
def test_closer_to_the_original_than_lanczos(factor: Literal[2, 4]) -> None:
    gains = {}
    for name in NAMES:
        original = decode(SAMPLES / name)
        original = original[: original.shape[0] // 4 * 4, : original.shape[1] // 4 * 4]
        height, width = original.shape[:2]
        small = _reduced(original, width // factor, height // factor)
        ours, lanczos = upscale(small, factor), _lanczos(small, width, height)
        gains[name] = _similarity(ours, original) - _similarity(lanczos, original)
    least, mean = LEAST_GAIN[factor]
    assert min(gains.values()) >= least, gains
    assert np.mean(list(gains.values())) >= mean, gains


def test_reduced_again_it_is_the_photo_and_runs_repeat(portrait_path: Path) -> None:
    small = _reduced(decode(portrait_path), 128, 128)
    grown = upscale(small, 2)
    assert np.abs(_reduced(grown, 128, 128).astype(int) - small).mean() < 1
    assert np.array_equal(grown, upscale(small, 2))


def test_flat_colour_stays_flat() -> None:
    flat = np.full((40, 56, 3), (200, 30, 90), np.uint8)
    grown = upscale(flat, 4)
    assert grown.shape == (160, 224, 3)
    assert np.abs(grown.astype(int) - flat[0, 0]).max() <= 1


def test_noise_is_not_enlarged() -> None:
    dice = np.random.default_rng(2)
    noisy = np.clip(120 + dice.normal(0, 12, (96, 96, 3)), 0, 255).astype(np.uint8)
    assert upscale(noisy, 2).std() < 0.6 * noisy.std()


def test_too_many_pixels_are_refused() -> None:
    with pytest.raises(TooLarge):
        upscale(np.zeros((4096, 4096, 3), np.uint8), 4)


def test_file_and_progress(portrait_path: Path, job_dir: Path) -> None:
    seen: list[float] = []
    made = upscale_file(portrait_path, job_dir / "large.jpg", factor=2, progress=seen.append)
    assert (made.width, made.height) == (1024, 1024)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
