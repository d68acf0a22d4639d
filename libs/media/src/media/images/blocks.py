"""The cosine transform of a plane in blocks of 8 x 8: what JPEG keeps, noise is judged by, and denoising works in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

BLOCK = 8


def _dct_matrix() -> Plane:
    k, n = np.mgrid[0:BLOCK, 0:BLOCK]
    matrix = np.sqrt(2 / BLOCK) * np.cos(np.pi * (2 * n + 1) * k / (2 * BLOCK))
    matrix[0] /= np.sqrt(2)
    single: Plane = matrix.astype(np.float32)
    return single


DCT = _dct_matrix()


def forward(strip: Plane) -> Plane:
    """Blockwise orthonormal DCT-II of a (rows, columns) array whose sides are multiples of 8; same shape."""
    rows, columns = strip.shape
    down = np.matmul(DCT, strip.reshape(rows // BLOCK, BLOCK, columns))
    both: Plane = (down.reshape(-1, BLOCK) @ DCT.T).reshape(rows, columns)
    return both


def inverse(coefficients: Plane) -> Plane:
    """Undo ``forward``."""
    rows, columns = coefficients.shape
    up = np.matmul(DCT.T, coefficients.reshape(rows // BLOCK, BLOCK, columns))
    both: Plane = (up.reshape(-1, BLOCK) @ DCT).reshape(rows, columns)
    return both
