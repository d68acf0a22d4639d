"""A blink: the upper lid's own skin is drawn down over the eye, lashes in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media.animation.eye_fit import Eye
from media.animation.frame import Grid

_LID_SKIN = 0.13  # how far above the lid its skin is taken from
_LOWER_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Lid:
    """An eye shut by ``shut`` (0 to 1). The upper lid is a layer over the picture; the lower one is left alone."""

    eye: Eye
    shut: float

    def edge(self, u: Grid) -> Grid:
        """Where the edge of the upper lid is now."""
        upper, lower = self.eye.lids(u)
        return upper + np.float32(self.shut) * (lower - upper) * np.float32(1 - _LOWER_SHARE)

    def sources(self, u: Grid, v: Grid) -> tuple[Grid, Grid]:
        """Where a place on the upper lid comes from: skin above the eye, stretched over it."""
        upper, _ = self.eye.lids(u)
        edge = self.edge(u)
        moved = edge - upper
        room = np.float32(_LID_SKIN) + moved
        share = np.clip(1 - (edge - v) / room, 0, 1)
        # Slope 1 at the edge keeps lashes their size; the stretch is spread over the skin above.
        return u, v - moved * share * share * (np.float32(3) - np.float32(2) * share)

    def cover(self, u: Grid, v: Grid, softness: Grid | np.float32) -> Grid:
        """1 where the upper lid hides what was seen, 0 elsewhere, soft at its edge and at the corners."""
        upper, _ = self.eye.lids(u)
        edge = self.edge(u)
        across = np.abs(u - np.float32(self.eye.x)) / np.float32(self.eye.half_width)
        over = np.clip((edge - v) / softness + np.float32(0.5), 0, 1)
        above = np.clip((v - (upper - np.float32(_LID_SKIN))) / np.float32(0.02), 0, 1)
        beside = np.clip((np.float32(1.12) - across) / np.float32(0.12), 0, 1)
        return np.asarray(over * above * beside, np.float32)
