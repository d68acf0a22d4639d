"""Fields computed at few places and drawn at all of them.

A displacement is smooth, so it is evaluated at nodes some pixels apart; the map between nodes is linear interpolation,
exact for whatever part of it is affine.
"""

from __future__ import annotations

import cv2
import numpy as np

from media.animation.frame import Grid
from media.animation.planes import Bytes, Planes, Region


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

    def warp(self, source: Planes, x: Grid, y: Grid, *, cubic: bool = False) -> Planes:
        """Sample ``source`` where the nodes point to, for every pixel of the region."""
        nodes = np.dstack([x, y])
        luma = self._sample(source.luma, nodes, 1, cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR)
        # A chroma sample lies between two luma samples: position p of luma is (p - 0.5) / 2 of chroma.
        half = nodes * np.float32(0.5) - np.float32(0.25)
        return Planes(luma, self._sample(source.chroma, half, 2, cv2.INTER_LINEAR))

    def dense(self, u: Grid, v: Grid) -> tuple[Grid, Grid]:
        """Values at the nodes, for every pixel of the region."""
        made = self._between(np.dstack([u, v]), 1)
        return made[..., 0], made[..., 1]

    def _between(self, nodes: Grid, scale: int) -> Grid:
        step = self.spacing // scale
        size = (nodes.shape[1] * step, nodes.shape[0] * step)
        dense = cv2.resize(nodes, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(
            dense[step : step + self.region.height // scale, step : step + self.region.width // scale], np.float32
        )

    def _sample(self, plane: Bytes, nodes: Grid, scale: int, interpolation: int) -> Bytes:
        inside = self._between(nodes, scale)
        made = cv2.remap(plane, inside, np.empty(0), interpolation, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(made, np.uint8)
