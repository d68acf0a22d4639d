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
            _sampled(source.luma, inside.of(luma), part.of(canvas.luma))
            half = inside.of(chroma, 2)
            _sampled(source.blue, half, part.of(canvas.blue, 2))
            _sampled(source.red, half, part.of(canvas.red, 2))

    def dense(self, *values: Grid) -> tuple[Grid, ...]:
        """Values at the nodes (at most four grids), for every pixel of the region."""
        return tuple(np.ascontiguousarray(plane) for plane in cv2.split(self._between(np.dstack(values), 1)))

    def _maps(self, x: Grid, y: Grid) -> tuple[Grid, Grid]:
        """Where each pixel of the region comes from, in luma and in chroma."""
        nodes = np.dstack([x, y])
        # A chroma sample lies between two luma samples: position p of luma is (p - 0.5) / 2 of chroma.
        return self._between(nodes, 1), self._between(nodes * np.float32(0.5) - np.float32(0.25), 2)

    def _between(self, nodes: Grid, scale: int) -> Grid:
        step = self.spacing // scale
        size = (nodes.shape[1] * step, nodes.shape[0] * step)
        dense = cv2.resize(nodes, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(
            dense[step : step + self.region.height // scale, step : step + self.region.width // scale], np.float32
        )


def sample(source: Planes, x: Grid, y: Grid) -> Planes:
    """``source`` at each place given: (x, y) are of luma, and as many as the result has pixels (even sides)."""
    places = np.dstack([x, y])
    half = cv2.resize(places, (x.shape[1] // 2, x.shape[0] // 2), interpolation=cv2.INTER_AREA)
    chroma = np.asarray(half * np.float32(0.5) - np.float32(0.25), np.float32)
    return Planes(_sampled(source.luma, places), _sampled(source.chroma, chroma))


def _sampled(plane: Bytes, places: Grid, onto: Bytes | None = None) -> Bytes:
    made = cv2.remap(plane, places, np.empty(0), cv2.INTER_LINEAR, dst=onto, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)
