"""A picture as 63 bits that stay nearly the same when it is compressed, rescaled or stripped of its metadata.

The hash is Zauner's DCT hash ("Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, as pHash has
it): luma at 32 x 32, its two-dimensional DCT, of which the 8 x 8 lowest frequencies count; each bit says whether a
coefficient is above their median. The first coefficient is the mean brightness, which says nothing, and is left out.
A coefficient has to be clearly above: of a picture that is the same on both sides half of them are about zero, and so
is their median, and which of those are above it is chance. Pictures of the same content differ by a few bits, others by
about half of them; faces cropped alike by at least eleven of them.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.types import Bgr

BITS = 63
EVERY_S = 0.5
"""Of a film, the first picture of each so many seconds counts."""

_SIDE, _KEPT = 32, 8
_LEAST_CONTRAST = 4.0
"""Standard deviation in levels: below, a picture is a plain area and its bits are noise."""
_CLEARLY = 0.02
"""Of the length of all coefficients together."""
_ROUNDING_S = 1e-3


def hash_of(image: Bgr) -> int | None:
    """The hash of a picture; None for a plain area, which looks like every other."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return _hash(np.asarray(cv2.resize(luma, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8))


class Sampler:
    """Looks at the pictures of a film as they pass, and keeps the hash of the first in each ``EVERY_S``."""

    def __init__(self) -> None:
        self._seen: dict[int, int | None] = {}

    def see(self, frame: Any, at: float) -> None:
        """Look at a decoded frame (PyAV's) that is shown ``at`` seconds, if its time has none yet."""
        slot = int((at + _ROUNDING_S) / EVERY_S)
        if at < -_ROUNDING_S or slot in self._seen:
            return
        small = frame.reformat(width=_SIDE, height=_SIDE, format="gray", interpolation="AREA").to_ndarray()
        turns = round(frame.rotation / 90) % 4
        self._seen[slot] = _hash(np.ascontiguousarray(np.rot90(small, turns)))

    def pictures(self) -> tuple[tuple[int, int], ...]:
        """What was kept: the number of the ``EVERY_S``, from 0 on, and the hash; without plain areas."""
        return tuple((slot, found) for slot, found in sorted(self._seen.items()) if found is not None)


def _hash(luma: NDArray[np.uint8]) -> int | None:
    if float(luma.std()) < _LEAST_CONTRAST:
        return None
    lowest = np.asarray(cv2.dct(luma.astype(np.float32)), np.float32)[:_KEPT, :_KEPT].ravel()[1:]
    value = 0
    for above in lowest > np.median(lowest) + _CLEARLY * np.linalg.norm(lowest):
        value = value << 1 | int(above)
    return value
