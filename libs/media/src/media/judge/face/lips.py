"""Whether the lips of a face are still there while it speaks: what lay along each edge is looked for near it.

Hair, a shadow or a moustache over a lip are as good as its colour: what was there at first must come along with the
edge. Places in units, see ``follow``.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.judge.face.follow import DENSITY, LEFT, TOP, Look

Pairs = tuple[tuple[int, int], ...]
Values = NDArray[np.float32]

UPPER: Pairs = ((39, 81), (37, 82), (0, 13), (267, 312), (269, 311))
"""Outer and inner edge of the upper lip, from left to right; the lower one's below."""
LOWER: Pairs = ((181, 178), (84, 87), (17, 14), (314, 317), (405, 402))

_SKIN = 0.06  # beyond the lip, what belongs to its look
_EDGE = 0.04  # the very edge is wet, or in shadow
_STEP = 0.0125
_PLACES = 12
_SHIFTS = np.array([-0.03, -0.015, 0.0, 0.015, 0.03])
_STRETCHES = np.array([0.8, 0.9, 1.0, 1.1])
_PLAIN, _VARIED = 5.0, 10.0  # levels: a lip that differs from the skin by less says little, and by so much all
_CHROMA = np.float32(2.0)


class LipLook:
    """One lip as it was at first; ``outwards`` is -1 for the upper one and 1 for the lower one."""

    def __init__(self, first: Look, pairs: Pairs, outwards: int) -> None:
        self._inner, self._outwards = [pair[1] for pair in pairs], outwards
        outer = first.points[[pair[0] for pair in pairs]]
        reach = float(np.linalg.norm(outer - first.points[self._inner], axis=1).mean()) + _SKIN
        places = np.linspace(_EDGE, reach, _PLACES)
        start = _EDGE * _STRETCHES[0] + _SHIFTS[0]
        steps = np.arange(start, reach * _STRETCHES[-1] + _SHIFTS[-1] + _STEP, _STEP)
        self._distances = steps
        tried = (_STRETCHES[:, None, None] * places + _SHIFTS[None, :, None]).reshape(-1, _PLACES)
        self._tried = np.clip(np.round((tried - start) / _STEP).astype(int), 0, len(steps) - 1)
        at_first = np.clip(np.round((places - start) / _STEP).astype(int), 0, len(steps) - 1)
        seen = self._profile(first)[at_first]
        self._seen = seen - seen.mean(axis=(0, 1))
        self._size = float(np.sqrt(np.square(self._seen).sum()))
        varied = seen - seen.mean(axis=0)
        self.contrast = float(np.sqrt(np.square(varied).sum(axis=2).mean()))
        """Levels that lip and skin differ by."""

    def kept(self, look: Look) -> float:
        """How much of it is still there, 0 to 1; of a lip that hardly differs from the skin nothing is missed."""
        found = self._profile(look)[self._tried]
        found -= found.mean(axis=(1, 2), keepdims=True)
        sizes = np.sqrt(np.square(found).sum(axis=(1, 2, 3)))
        alike = np.tensordot(found, self._seen, axes=3) / np.maximum(sizes * self._size, 1e-6)
        sure = float(np.clip((self.contrast - _PLAIN) / (_VARIED - _PLAIN), 0, 1))
        return 1 - sure * (1 - max(0.0, float(alike.max())))

    def _profile(self, look: Look) -> Values:
        """Luma and chromas, at each distance from the inner edge, for every place along it."""
        inner = look.points[self._inner]
        x = np.broadcast_to(inner[:, 0], (len(self._distances), len(inner)))
        y = inner[:, 1] + self._outwards * self._distances[:, None]
        across, down = (((at - low) * DENSITY - 0.5).astype(np.float32) for at, low in ((x, LEFT), (y, TOP)))
        luma = cv2.remap(look.luma, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        half = cv2.remap(
            look.chroma, (across - 0.5) / 2, (down - 0.5) / 2, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(np.dstack([luma, _CHROMA * half]), np.float32)
