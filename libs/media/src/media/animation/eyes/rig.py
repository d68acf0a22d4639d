"""A blink: the upper lid comes down over the eye, skin above its fold and lashes at its edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media.animation.eyes.fit import Eye
from media.animation.frame import Grid

_LID_SKIN = 0.13  # how far above the lid its skin is taken from
_LOWER_SHARE = -0.1  # shut lids meet a little below the edge of the lower one
_LASHES = 0.02
_LASH_WIDTH = 0.016
_LASH_STRENGTH = 0.8
_PAINTED = 0.3  # shut this much, all of the lid below its fold is painted
_SHADE = 0.08
_FOLD, _BESIDE = 0.06, 0.3  # over which the lid's skin fades into what is above and beside it


@dataclass(frozen=True, slots=True)
class LidLayers:
    """How a lid is drawn over an eye, each 0 to 1 at each place, soft where it ends.

    ``cover``: it hides the eye; ``brightness`` of its skin; ``painted``: it is
    :class:`media.animation.eyes.lid_skin.LidSkin` rather than skin of the photo; ``lashes`` lie over all of it, a line
    along the edge, feathered downwards.
    """

    cover: Grid
    brightness: Grid
    painted: Grid
    lashes: Grid


@dataclass(frozen=True, slots=True)
class Lid:
    """An eye shut by ``shut`` (0 to 1). The upper lid is a layer over the picture; the lower one is left alone."""

    eye: Eye
    shut: float

    def _across(self, u: Grid) -> Grid:
        """-1 at the left corner, 1 at the right one."""
        return (u - np.float32(self.eye.x)) / np.float32(self.eye.half_width)

    def edge(self, u: Grid) -> Grid:
        """Where the edge of the upper lid is now."""
        return self._lowered_edge(*self.eye.lids(u))

    def sources(self, u: Grid, v: Grid) -> tuple[Grid, Grid]:
        """Where a place on the upper lid comes from: skin above the eye, stretched over it, lashes at its edge."""
        upper, _ = self.eye.lids(u)
        edge = self.edge(u)
        moved = edge - upper - np.float32(_LASHES * min(1.0, 2 * self.shut))
        # Slope 1 at the edge keeps lashes their length: the skin above them stretches instead.
        lowered = self._lowered(v, edge, moved)
        return u, v - moved * np.square(lowered) * (np.float32(3) - np.float32(2) * lowered)

    def layers(self, u: Grid, v: Grid, softness: np.float32) -> LidLayers:
        """What is drawn of the lid at each place; ``softness`` is the width of an edge in face units."""
        upper, lower = self.eye.lids(u)
        edge = self._lowered_edge(upper, lower)
        across = np.abs(self._across(u))
        away = v - edge
        lowered = self._lowered(v, edge, edge - upper)
        ready = np.float32(min(1.0, self.shut / _PAINTED))

        over = (np.float32(0.5) - away / softness).clip(0, 1)
        above = ((v - (upper - np.float32(_LID_SKIN))) / np.float32(_FOLD)).clip(0, 1)
        beside = ((np.float32(1.12) - across) / np.float32(_BESIDE)).clip(0, 1)
        corners = np.maximum(0, 1 - np.square(across))
        below_fold = (lowered / np.float32(0.45)).clip(0, 1)
        width = max(np.float32(_LASH_WIDTH), np.float32(0.7) * softness)
        line = np.exp(-np.square(away / np.where(away < 0, width, np.float32(1.7) * width)))
        ends = np.maximum(0, 1 - np.square(np.square(across)))
        return LidLayers(
            cover=over * above * beside,
            # A lowered lid faces away from the light above.
            brightness=1 - np.float32(_SHADE * self.shut) * np.square(lowered) * corners,
            painted=below_fold * below_fold * (np.float32(3) - np.float32(2) * below_fold) * ready,
            lashes=line * ends * np.float32(_LASH_STRENGTH) * ready,
        )

    def _lowered_edge(self, upper: Grid, lower: Grid) -> Grid:
        return upper + np.float32(self.shut) * (lower - upper) * np.float32(1 - _LOWER_SHARE)

    def _lowered(self, v: Grid, edge: Grid, moved: Grid) -> Grid:
        """0 where the lid folds under the brow, 1 at its edge."""
        return np.asarray((1 - (edge - v) / (np.float32(_LID_SKIN) + moved)).clip(0, 1))
