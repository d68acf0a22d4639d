"""Fields computed at few places and drawn at all of them.

A displacement is smooth, so it is evaluated at nodes some pixels apart; the map between nodes is linear interpolation,
exact for whatever part of it is affine.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from media.animation.frame import Grid
from media.animation.planes import Bytes, Canvas, Planes, Region

_Places = tuple[Grid, Grid]
"""Positions across and down in a plane, one of each for every pixel that is drawn."""


class Mesh:
    """Nodes ``spacing`` pixels (even) apart over a region, one row of them beyond each edge."""

    def __init__(self, region: Region, spacing: int) -> None:
        self.region = region
        self.spacing = spacing
        columns = -(-region.width // spacing) + 2
        rows = -(-region.height // spacing) + 2
        # Node i stands for the middle of its cell, as cv2.resize sees it.
        x = region.left + (np.arange(columns, dtype=np.float32) - 1) * spacing + (spacing - 1) / 2
        y = region.top + (np.arange(rows, dtype=np.float32) - 1) * spacing + (spacing - 1) / 2
        self.x, self.y = (np.ascontiguousarray(grid, np.float32) for grid in np.meshgrid(x, y))

    def warp(self, source: Planes, x: Grid, y: Grid) -> Planes:
        """Sample ``source`` where the nodes point to, for every pixel of the region."""
        luma, chroma = self._maps(x, y)
        return Planes(_sampled(source.luma, luma), _sampled(source.chroma, chroma))

    def draw(self, source: Canvas, x: Grid, y: Grid, canvas: Canvas, parts: Sequence[Region]) -> None:
        """Sample ``source`` where the nodes point to, straight onto ``parts`` of ``canvas``, all inside the region."""
        luma, chroma = self._maps(x, y)
        for part in parts:
            inside = part.moved(-self.region.left, -self.region.top)
            _sampled(source.luma, _of(inside, luma), part.of(canvas.luma))
            half = _of(inside, chroma, 2)
            _sampled(source.blue, half, part.of(canvas.blue, 2))
            _sampled(source.red, half, part.of(canvas.red, 2))

    def dense(self, *values: Grid) -> tuple[Grid, ...]:
        """Values at the nodes, for every pixel of the region."""
        return tuple(self._between(value, 1) for value in values)

    def _maps(self, x: Grid, y: Grid) -> tuple[_Places, _Places]:
        """Where each pixel of the region comes from, in luma and in chroma."""
        # A chroma sample lies between two luma samples: position p of luma is (p - 0.5) / 2 of chroma.
        half, shift = np.float32(0.5), np.float32(0.25)
        luma = self._between(x, 1), self._between(y, 1)
        return luma, (self._between(x * half - shift, 2), self._between(y * half - shift, 2))

    def _between(self, nodes: Grid, scale: int) -> Grid:
        step = self.spacing // scale
        size = (nodes.shape[1] * step, nodes.shape[0] * step)
        dense = cv2.resize(nodes, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(
            dense[step : step + self.region.height // scale, step : step + self.region.width // scale], np.float32
        )


def sample(source: Planes, x: Grid, y: Grid) -> Planes:
    """``source`` at each place given: (x, y) are of luma, and as many as the result has pixels (even sides)."""
    size = (x.shape[1] // 2, x.shape[0] // 2)
    half_x, half_y = (
        np.asarray(cv2.resize(places, size, interpolation=cv2.INTER_AREA) * np.float32(0.5) - np.float32(0.25))
        for places in (x, y)
    )
    return Planes(_sampled(source.luma, (x, y)), _sampled(source.chroma, (half_x, half_y)))


def _of(part: Region, places: _Places, scale: int = 1) -> _Places:
    return part.of(places[0], scale), part.of(places[1], scale)


def _sampled(plane: Bytes, places: _Places, onto: Bytes | None = None) -> Bytes:
    made = cv2.remap(plane, *places, cv2.INTER_LINEAR, dst=onto, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)
