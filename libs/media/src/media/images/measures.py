"""What is wrong with a picture, measured without its original: noise, JPEG quality, blur, light, colour cast.

Planes are float32 in 0 to 255 unless said otherwise. All measures are deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from media.images.blocks import BLOCK, forward
from media.types import Bgr

Plane = NDArray[np.float32]

_LUMA_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
"""ITU-T T.81 table K.1."""


_LEAST_WINDOWS = 16
"""Fewer 16 x 16 windows than this cannot tell noise from fine texture."""


def luma(image: Bgr) -> Plane:
    """BT.601 luma of ``image``."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32)


def noise_sigma(plane: Plane) -> float:
    """Deviation of white noise in ``plane``.

    The mask of Immerkaer, "Fast noise variance estimation" (1996) answers to noise and hardly to structure; the
    quietest tenth of 16 x 16 windows that are not clipped is taken, since texture only adds to what noise gives.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    side = 16
    height, width = (length // side * side for length in plane.shape)
    if min(height, width) == 0:
        return 0.0
    answer = np.abs(cv2.filter2D(plane, cv2.CV_32F, mask))[:height, :width]
    means = _window_means(answer, side)
    clipped = _window_means(((plane <= 1) | (plane >= 254)).astype(np.float32)[:height, :width], side)
    usable = means[clipped < 0.02]
    if usable.size < _LEAST_WINDOWS <= means.size // 4:
        # Something clips everywhere in a large picture: strong noise does, and hides behind what it clips.
        usable = means[clipped < 0.5]
    if usable.size < _LEAST_WINDOWS:
        return 0.0
    quiet = float(np.quantile(usable, 0.1))
    return quiet * float(np.sqrt(np.pi / 2)) * 1.07


def _window_means(plane: Plane, side: int) -> Plane:
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def luma_table(quality: int) -> NDArray[np.float32]:
    """The 8 x 8 luma steps that the IJG library uses for ``quality`` 1 to 100."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.asarray(np.clip(np.floor((_LUMA_TABLE * scale + 50) / 100), 1, 255), np.float32)


def jpeg_quality(plane: Plane) -> int:
    """The quality at which ``plane`` was last compressed as JPEG on its present grid; 100 when no trace is found.

    Compressed coefficients sit on multiples of their steps (Fan & de Queiroz, "Identification of bitmap compression
    history", 2003). For each quality the share of low frequency coefficients near a multiple is compared with chance.
    """
    coefficients = _sampled_blocks(plane)
    if len(coefficients) < 16:
        return 100
    best, best_score = 100, 0.25
    low = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2), (0, 3), (3, 0)]
    for quality in range(5, 93):
        table = luma_table(quality)
        scores = []
        for row, column in low:
            step = float(table[row, column])
            values = coefficients[:, row, column]
            values = values[np.abs(values) > 0.5 * step]
            if step < 4 or len(values) < 12:
                continue
            off = np.abs(values / step - np.rint(values / step)) * step
            chance = min(1.0, 2 * 1.2 / step)
            scores.append((float((off < 1.2).mean()) - chance) / (1 - chance))
        score = float(np.median(scores)) if len(scores) >= 3 else 0.0
        if score > best_score + 0.02:
            best, best_score = quality, score
    return best


def _sampled_blocks(plane: Plane) -> Plane:
    """DCT coefficients of up to about 4,000 blocks spread over the plane, unclipped ones, as (n, 8, 8)."""
    height, width = (length // BLOCK * BLOCK for length in plane.shape)
    if min(height, width) == 0:
        return np.zeros((0, BLOCK, BLOCK), np.float32)
    rows = np.arange(height // BLOCK)
    step = max(1, height * width // (64 * 4000))
    strips = [plane[row * BLOCK : (row + 1) * BLOCK, :width] for row in rows[::step]]
    picked = np.ascontiguousarray(np.concatenate(strips))
    blocks = _as_blocks(picked)
    clipped = (blocks.min(axis=(1, 2)) <= 0) | (blocks.max(axis=(1, 2)) >= 255)
    unclipped: Plane = _as_blocks(forward(picked - np.float32(128)))[~clipped]
    return unclipped


def _as_blocks(plane: Plane) -> Plane:
    rows, columns = plane.shape
    blocks = plane.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).transpose(0, 2, 1, 3)
    return np.asarray(blocks.reshape(-1, BLOCK, BLOCK), np.float32)


def blockiness(plane: Plane) -> float:
    """How much stronger the steps across the 8 x 8 grid are than those beside it: 0 none, 1 twice as strong.

    After Wang, Bovik & Evans, "Blind measurement of blocking artifacts in images" (2000), in the pixel domain.
    """
    if min(plane.shape) < 3 * BLOCK:
        return 0.0
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(plane, axis=axis)).mean(axis=1 - axis)
        phase = np.arange(len(steps)) % BLOCK
        across = float(steps[phase == BLOCK - 1].mean())
        beside = float(np.median([float(steps[phase == at].mean()) for at in range(BLOCK - 1)]))
        ratios.append((across - beside) / max(beside, 0.25))
    return max(0.0, float(np.mean(ratios)))


def blur_sigma(plane: Plane) -> float:
    """Deviation in pixels of the Gaussian that would explain the softness of the sharpest edges of a clean ``plane``;
    0 without edges. Crisp photos measure 0.3 to 0.6. Remove noise first: it looks like the sharpest of edges.

    After Zhuo & Sim, "Defocus map estimation from a single image" (2011): a known second blur weakens a sharp edge more
    than one that was soft before. The sharpest fifth of strong edges counts, for a blurred background is no fault.
    """
    second = 1.0
    before = _gradient(plane)
    after = _gradient(np.asarray(cv2.GaussianBlur(plane, (0, 0), second), np.float32))
    strong = (before > max(6.0, float(np.quantile(before[::4, ::4], 0.93)))) & _ridge(before)
    ratio = before[strong] / np.maximum(after[strong], 1e-3)
    if len(ratio) < 30:
        return 0.0
    sharp = float(np.quantile(ratio, 0.8))
    return float(second / np.sqrt(max(sharp**2 - 1, 1e-2)))


def _gradient(plane: Plane) -> Plane:
    return np.asarray(
        cv2.magnitude(cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=1 / 8)),
        np.float32,
    )


def _ridge(size: Plane) -> NDArray[np.bool_]:
    """Where the gradient is the largest of its 3 x 3 neighbourhood."""
    return np.asarray(size >= cv2.dilate(size, np.ones((3, 3), np.uint8)))


class Light(NamedTuple):
    """Luma quantiles (0 to 255): the darkest and brightest hundredth, the middle, and the spread between 5 and 95 %."""

    black: float
    middle: float
    white: float
    spread: float


def light(plane: Plane) -> Light:
    """The light of ``plane``, from at most about a quarter million pixels."""
    step = max(1, round((plane.size / 250_000) ** 0.5))
    low, dark, middle, bright, high = np.quantile(plane[::step, ::step], (0.01, 0.05, 0.5, 0.95, 0.99))
    return Light(float(low), float(middle), float(high), float(bright - dark))


def tiles(image: Bgr, side: int) -> Iterator[Bgr]:
    """Up to nine ``side`` x ``side`` views spread over a large picture; the picture itself when it is small."""
    height, width = image.shape[:2]
    if height <= 3 * side or width <= 3 * side:
        yield image
        return
    for y in (0.12, 0.5, 0.88):
        for x in (0.12, 0.5, 0.88):
            top, left = round(y * (height - side)) // BLOCK * BLOCK, round(x * (width - side)) // BLOCK * BLOCK
            yield image[top : top + side, left : left + side]
