"""Removing noise and compression blocks in shifted 8 x 8 cosine blocks.

A picture is cut into blocks on several shifted grids; in each grid the coefficients that noise explains are removed,
and the results are averaged, sparser blocks weighing more (Coifman & Donoho, "Translation-invariant de-noising", 1995;
Yu & Sapiro, "DCT image denoising", IPOL 2011; weights as in Dabov et al., BM3D, 2007). A second pass weighs what
the first estimate says is signal (empirical Wiener filter). Deblocking does the same and then keeps every coefficient
where the compressed file allows it (projection onto the quantisation constraint set; Zakhor 1992).

Planes are float32, any range; strips keep the working set inside the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from media.images.blocks import BLOCK, Plane, forward, inverse

_STRIP_PIXELS = 32_768
"""Small enough for the processor's cache, and for a matrix library not to spread one product over threads."""
_LOW_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
_NOISE_OF_STEPS = 0.25
"""What quantisation looks like as noise, in units of its mean step at low frequencies (a uniform error has 0.29)."""
_HARD = 2.7
"""Threshold in noise deviations (Yu & Sapiro use 3 for one pass, BM3D 2.7 before a Wiener pass)."""


def shifts(pixels: int) -> tuple[tuple[int, int], ...]:
    """Grid shifts for a plane of that many pixels: 16 for small pictures, fewer for large ones, where a pixel is a
    smaller part of what is seen and time matters."""
    if pixels <= 4_000_000:
        return tuple((y, x) for y in range(0, 8, 2) for x in range((y // 2) % 2, 8, 2))
    return ((0, 0), (2, 3), (4, 6), (6, 1), (1, 5), (3, 2), (5, 7), (7, 4))


def strip_rows(width: int) -> int:
    """How many rows, a multiple of 8, are worked on at once."""
    return max(BLOCK, _STRIP_PIXELS // width // BLOCK * BLOCK)


def average_over_shifts(
    planes: Sequence[Plane],
    change: Callable[[Sequence[Plane]], tuple[Plane, Plane]],
    grid: tuple[tuple[int, int], ...],
) -> Plane:
    """The weighted mean over ``grid`` of what ``change`` makes of coefficient strips.

    ``change`` gets one coefficient strip for each of ``planes`` and returns new coefficients and a weight for each
    block row and block column.
    """
    height, width = planes[0].shape
    padded = [np.pad(plane, ((BLOCK, 2 * BLOCK), (BLOCK, 2 * BLOCK)), mode="reflect") for plane in planes]
    total = np.zeros(padded[0].shape, np.float32)
    weights = np.zeros(padded[0].shape, np.float32)
    columns = (width + 2 * BLOCK) // BLOCK * BLOCK
    strip = strip_rows(width)
    for dy, dx in grid:
        for top in range(dy, height + BLOCK + dy, strip):
            rows = min(strip, (padded[0].shape[0] - top) // BLOCK * BLOCK)
            part = (slice(top, top + rows), slice(dx, dx + columns))
            changed, weight = change([forward(np.ascontiguousarray(plane[part])) for plane in padded])
            spread = np.repeat(np.repeat(weight, BLOCK, axis=0), BLOCK, axis=1)
            total[part] += inverse(changed) * spread
            weights[part] += spread
    inner = (slice(BLOCK, BLOCK + height), slice(BLOCK, BLOCK + width))
    return np.asarray(total[inner] / weights[inner], np.float32)


def _block_sum(values: Plane) -> Plane:
    rows, columns = values.shape
    down = values.reshape(rows // BLOCK, BLOCK, columns).sum(axis=1)
    sums: Plane = down.reshape(rows // BLOCK, columns // BLOCK, BLOCK).sum(axis=2)
    return sums


def denoise(plane: Plane, sigma: float, *, passes: int = 2, grids: int | None = None) -> Plane:
    """``plane`` without white noise of deviation ``sigma`` (same unit as the plane). Fewer ``grids`` than usual are
    quicker, and show a little."""
    if sigma <= 0:
        return plane
    grid = shifts(plane.size)
    if grids is not None:
        grid = grid[:: max(1, len(grid) // grids)]
    threshold = np.float32((_HARD if passes > 1 else 3.0) * sigma)

    def hard(parts: Sequence[Plane]) -> tuple[Plane, Plane]:
        coefficients = parts[0]
        keep = (np.abs(coefficients) > threshold).astype(np.float32)
        keep[::BLOCK, ::BLOCK] = 1.0
        return coefficients * keep, 1.0 / _block_sum(keep)

    pilot = average_over_shifts([plane], hard, grid)
    if passes < 2:
        return pilot
    variance = np.float32(sigma * sigma)

    def wiener(parts: Sequence[Plane]) -> tuple[Plane, Plane]:
        noisy, clean = parts
        power = clean * clean
        gain = power / (power + variance)
        gain[::BLOCK, ::BLOCK] = 1.0
        return noisy * gain, 1.0 / _block_sum(gain * gain)

    return average_over_shifts([plane, pilot], wiener, grid)


def deblock(plane: Plane, table: NDArray[np.float32]) -> Plane:
    """``plane`` (0 to 255) as it may have been before its 8 x 8 blocks were quantised with the steps ``table``.

    Smoothed as if the quantisation were noise, then every coefficient is brought back to where it can have been: within
    0.35 steps of what was stored (half a step is possible, but most were nearer).
    """
    height, width = plane.shape
    smooth = denoise(plane, _NOISE_OF_STEPS * float(np.mean([table[at] for at in _LOW_FREQUENCIES])))
    edge = ((0, -height % BLOCK), (0, -width % BLOCK))
    stored = forward(np.pad(plane, edge, mode="edge"))
    limits = np.tile(np.float32(0.35) * table, (stored.shape[0] // BLOCK, stored.shape[1] // BLOCK))
    possible = np.clip(forward(np.pad(smooth, edge, mode="edge")), stored - limits, stored + limits)
    return inverse(possible)[:height, :width]
