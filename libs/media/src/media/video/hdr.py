"""From high dynamic range to what every screen shows: a table from BT.2020 with PQ or HLG to BT.709.

FFmpeg's own tone mapping needs a library that its wheels lack, and its new scaler takes three seconds to make such
a table. This one is made in milliseconds and used by the filter ``lut3d``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""Transfer functions of high dynamic range, as code points of ITU-T H.273."""

_SIDE = 33
_WHITE_NITS = 203.0  # what ITU-R BT.2408 calls the white of a sheet of paper
_PEAK_NITS = 1000.0
_GAMMA = 2.4
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
_LUMA = np.array([0.2627, 0.6780, 0.0593])

Values = NDArray[np.float64]


@cache
def table(transfer: int) -> str:
    """The table for ``PQ`` or ``HLG`` in the format of a ``.cube`` file.

    Up to about half of paper white nothing changes; what is brighter is pressed together as ITU-R BT.2390 has it, so
    that 1000 nits become white; colours that BT.709 does not have are drawn towards grey of the same brightness.
    """
    steps = np.linspace(0, 1, _SIDE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    coded = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    nits = _from_pq(coded) if transfer == PQ else _from_hlg(coded)
    brightest = np.maximum(nits.max(axis=1, keepdims=True), 1e-6)
    shown = nits * (_pressed(brightest) / brightest) / _WHITE_NITS
    narrow = _inside(shown @ _TO_709.T, shown @ _LUMA)
    values = np.clip(narrow, 0, 1) ** (1 / _GAMMA)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in values)
    return f"LUT_3D_SIZE {_SIDE}\n{rows}\n"


def _from_pq(coded: Values) -> Values:
    power = coded ** (1 / _M2)
    return np.asarray(10_000 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1))


def _to_pq(nits: Values) -> Values:
    power = (nits / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def _from_hlg(coded: Values) -> Values:
    scene = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - _C) / _A) + _B) / 12)
    bright = np.maximum(scene @ _LUMA, 1e-9)[:, None]
    return np.asarray(_PEAK_NITS * scene * bright**0.2)


def _pressed(nits: Values) -> Values:
    """The curve of BT.2390 between the peak of the source and the white of the screen."""
    peak, white = _to_pq(np.array(_PEAK_NITS)), _to_pq(np.array(_WHITE_NITS))
    coded, most = np.minimum(_to_pq(nits) / peak, 1.0), white / peak
    knee = 1.5 * most - 0.5
    t = (coded - knee) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    return _from_pq(np.where(coded > knee, bent, coded) * peak)


def _inside(colours: Values, luma: Values) -> Values:
    """Colours with a negative part, drawn towards their grey until it is none."""
    grey = luma[:, None]
    least = colours.min(axis=1, keepdims=True)
    share = np.where(least < 0, grey / np.maximum(grey - least, 1e-9), 1.0)
    return np.asarray(grey + (colours - grey) * share)
