"""Where the cheeks end beside the mouth: what lies beyond is not skin, and a mouth that narrows must not bend it."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from media.animation.frame import FaceFrame, Grid
from media.animation.mesh import sample
from media.animation.mouth.lips import Lips
from media.animation.planes import Planes

_CHEEK = (0.3, 0.55), (0.45, 0.7)  # u to each side and v of skin that even a turned or bearded face shows
_ROWS = (-0.1, 0.35)  # from the mouth down to the jaw
_STEP = 0.02
_FARTHEST = 1.1
_RUN = 4  # steps without skin: wider than a line, a mole or an earring
_FOREIGN = 26.0  # at the luma of light skin; less where less light is
_LIGHT = 170.0
_LUMA_WEIGHT = 0.3  # shadow makes a cheek darker but not another colour


def outline(still: Planes, frame: FaceFrame, lips: Lips) -> tuple[float, float]:
    """How far left and right of the middle of ``lips`` the skin ends, in face units; infinity where no end is seen."""
    (near, far), (top, bottom) = _CHEEK
    sides = [_colours(still, frame, _steps(side * near, side * far), _steps(top, bottom)) for side in (-1, 1)]
    skin = np.median(np.concatenate([colours.reshape(-1, 3) for colours in sides]), axis=0)
    rows = _steps(lips.y + _ROWS[0], lips.y + _ROWS[1])
    return _end(still, frame, lips, skin, rows, -1), _end(still, frame, lips, skin, rows, 1)


def _end(still: Planes, frame: FaceFrame, lips: Lips, skin: Grid, rows: Grid, side: int) -> float:
    out = _steps(lips.half_width + 0.06, _FARTHEST)
    away = np.abs(_colours(still, frame, lips.x + side * out, rows) - skin)
    least = _FOREIGN * min(1.0, max(0.35, float(skin[0]) / _LIGHT))
    foreign = away[..., 1] + away[..., 2] + _LUMA_WEIGHT * away[..., 0] > least
    run = np.asarray(sliding_window_view(foreign, _RUN, axis=1).min(axis=2))
    ends = np.where(run.max(axis=1), out[run.argmax(axis=1)], math.inf)
    return float(np.median(ends))


def _steps(start: float, stop: float) -> Grid:
    """From ``start`` to ``stop``, an even number of places ``_STEP`` apart."""
    count = 2 * max(1, round(abs(stop - start) / _STEP / 2))
    return np.linspace(start, stop, count, dtype=np.float32)


def _colours(still: Planes, frame: FaceFrame, u: Grid, v: Grid) -> Grid:
    """Luma and chromas at every u of every v."""
    found = sample(still, *frame.to_picture(*np.meshgrid(u, v)))
    chroma = found.chroma.repeat(2, axis=0).repeat(2, axis=1)
    return np.dstack([found.luma, chroma]).astype(np.float32)
