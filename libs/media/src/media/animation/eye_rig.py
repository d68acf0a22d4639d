"""A blink: the upper lid's own skin is drawn down over the eye, lashes in front."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from media.animation.eye_fit import Eye
from media.animation.frame import Grid

_LID_SKIN = 0.13  # how far above the lid its skin is taken from
_LOWER_SHARE = -0.1  # shut lids meet a little below the edge of the lower one
_LASHES = 0.02
_SHADE = 0.16
_CORNERS = 1.15  # the fitted curves end inside the corners


@dataclass(frozen=True, slots=True)
class Lid:
    """An eye shut by ``shut`` (0 to 1). The upper lid is a layer over the picture; the lower one is left alone."""

    eye: Eye
    shut: float

    def _lids(self, u: Grid) -> tuple[Grid, Grid]:
        return replace(self.eye, half_width=self.eye.half_width * _CORNERS).lids(u)

    def edge(self, u: Grid) -> Grid:
        """Where the edge of the upper lid is now."""
        upper, lower = self._lids(u)
        return upper + np.float32(self.shut) * (lower - upper) * np.float32(1 - _LOWER_SHARE)

    def sources(self, u: Grid, v: Grid) -> tuple[Grid, Grid]:
        """Where a place on the upper lid comes from: skin above the eye, stretched over it, lashes at its edge."""
        upper, _ = self._lids(u)
        edge = self.edge(u)
        moved = edge - upper - np.float32(_LASHES * min(1.0, 2 * self.shut))
        # Slope 1 at the edge keeps lashes their length: the skin above them stretches instead.
        lowered = self._lowered(v, edge, moved)
        return u, v - moved * np.square(lowered) * (np.float32(3) - np.float32(2) * lowered)

    def cover(self, u: Grid, v: Grid, softness: Grid | np.float32) -> tuple[Grid, Grid]:
        """1 where the upper lid hides the eye, soft at its edge and at the corners; and how bright it is there."""
        upper, _ = self._lids(u)
        edge = self.edge(u)
        across = np.abs(u - np.float32(self.eye.x)) / np.float32(self.eye.half_width * _CORNERS)
        over = ((edge - v) / softness + np.float32(0.5)).clip(0, 1)
        above = ((v - (upper - np.float32(_LID_SKIN))) / np.float32(0.02)).clip(0, 1)
        beside = ((np.float32(1.12) - across) / np.float32(0.12)).clip(0, 1)
        # A lowered lid faces away from the light above.
        shade = np.square(self._lowered(v, edge, edge - upper)) * np.maximum(0, 1 - np.square(across))
        return over * above * beside, 1 - np.float32(_SHADE * self.shut) * shade

    def _lowered(self, v: Grid, edge: Grid, moved: Grid) -> Grid:
        """0 where the lid folds under the brow, 1 at its edge."""
        return np.asarray(np.clip(1 - (edge - v) / (np.float32(_LID_SKIN) + moved), 0, 1))
