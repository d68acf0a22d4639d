"""All that is noted of a face while a film of it goes by; numbers only, so that memory does not grow with pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from media.judge.face.follow import Follower, Planes
from media.judge.face.rest import Rest, Seen
from media.types import Box, Face

EVERY = ((4.0, 1), (12.0, 2), (math.inf, 3))
"""The mesh looks at one picture of so many, in films of less than so many seconds."""
_SPARSE = 5  # pixels from one sample of the background or of the skin to the next
_ROOM = (0.75, 0.6, 1.3)  # what a head takes beside, above and below the box of its face, in widths of it
_STEEP = 3.0  # levels a pixel: where the background shows whether it moves
_FEWEST = 60


@dataclass(slots=True)
class Watch:
    """One face of a film: ``face`` as found in ``planes``, the first picture noted at ``time``."""

    rest: Rest
    times: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    lost: int = 0
    light: list[float] = field(default_factory=list)
    sway: list[tuple[float, float]] = field(default_factory=list)
    unit: float = 1.0
    _follower: Follower | None = None
    _skin: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    _behind: _Behind | None = None
    _every: int = 1
    _count: int = 0

    @classmethod
    def of(cls, face: Face, planes: Planes, seconds: float) -> Watch | None:
        """For a film of ``seconds``; None for a face that the mesh does not follow."""
        if face.landmarks is None:
            return None
        follower = Follower(face.landmarks, planes)
        first = follower.look(planes)
        if first is None:
            return None
        box = face.box
        skin = Box(box.x + box.width // 5, box.y, 3 * box.width // 5, 3 * box.height // 5)
        unit = float(np.hypot(face.right_eye.x - face.left_eye.x, face.right_eye.y - face.left_eye.y))
        every = next(pictures for least, pictures in EVERY if seconds < least)
        behind = _Behind.of(planes.luma, box)
        return cls(Rest(first), unit=unit, _follower=follower, _skin=skin, _behind=behind, _every=every)

    def add(self, time: float, planes: Planes) -> None:
        """Note the picture at ``time``."""
        skin = self._skin
        part = planes.luma[skin.y : skin.y + skin.height : _SPARSE, skin.x : skin.x + skin.width : _SPARSE]
        self.light.append(float(part.mean()) if part.size else 0.0)
        if self._behind is not None:
            self.sway.append(self._behind.shift(planes.luma))
        self._count += 1
        if (self._count - 1) % self._every or self._follower is None:
            return
        look = self._follower.look(planes)
        if look is None:
            self.lost += 1
            return
        self.times.append(time)
        self.seen.append(self.rest.see(look))


@dataclass(frozen=True, slots=True)
class _Behind:
    """Steep places of what is behind the head, and how a shift would change them (Lucas and Kanade 1981, one step)."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    before: NDArray[np.float32]
    solve: NDArray[np.float64]

    @classmethod
    def of(cls, luma: NDArray[np.uint8], box: Box) -> _Behind | None:
        soft = luma[::_SPARSE, ::_SPARSE]
        rows, columns = np.mgrid[2 : luma.shape[0] - 2 : _SPARSE, 2 : luma.shape[1] - 2 : _SPARSE]
        beside, above, below = (round(share * box.width) for share in _ROOM)
        head = (columns > box.x - beside) & (columns < box.x + box.width + beside)
        head &= (rows > box.y - above) & (rows < box.y + box.height + below)
        # Whoever sits upright breathes below the head.
        head |= rows > box.y + box.height
        rows, columns = rows[~head], columns[~head]
        if not len(rows) or soft.size == 0:
            return None
        across = (luma[rows, columns + 2].astype(np.float64) - luma[rows, columns - 2]) / 4
        down = (luma[rows + 2, columns].astype(np.float64) - luma[rows - 2, columns]) / 4
        steep = np.hypot(across, down) > _STEEP
        if steep.sum() < _FEWEST:
            return None
        rows, columns = rows[steep], columns[steep]
        slopes = np.column_stack([across[steep], down[steep]])
        solve = np.linalg.pinv(slopes)
        return cls(rows, columns, luma[rows, columns].astype(np.float32), solve)

    def shift(self, luma: NDArray[np.uint8]) -> tuple[float, float]:
        """How far it has moved right and down, in pixels; of use while that is little."""
        x, y = (self.solve @ (self.before - luma[self.rows, self.columns])).tolist()
        return x, y
