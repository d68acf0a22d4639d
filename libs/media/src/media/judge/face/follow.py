"""One face followed through a film by the face mesh, each picture cut out with the motion of the head undone.

Places are in *units*: the distance of the eyes, from the middle between them, as the face stood at first. What speech
does not move (corners of the eyes, bridge and wings of the nose) says how the head has moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.landmarks import LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE, eyes_apart
from media.faces.networks import network
from media.types import Landmarks

Plane = NDArray[np.uint8]
Points = NDArray[np.float64]
Patch = NDArray[np.float32]

DENSITY = 80
LEFT, TOP, RIGHT, BOTTOM = -1.0, -0.6, 1.0, 1.8
"""What of the face is cut out, in units."""

_STILL = np.array((33, 133, 362, 263, 168, 6, 197, 195, 5, 98, 327, 2))
_WINDOW = np.array((*OUTER_LIPS, *LEFT_EYE, *RIGHT_EYE, *OVAL))
_ROOM = 1.5  # side of the mesh's window over the face's
_MOST_STEP = 0.25  # units a head moves between two looks: beyond, it is another one
_LEAST_PRESENCE = 0.0  # logit


@dataclass(frozen=True, slots=True)
class Planes:
    """The planes of a picture, 8 bits, chroma at half the size."""

    luma: Plane
    blue: Plane
    red: Plane


@dataclass(frozen=True, slots=True)
class Look:
    """The face in one picture: the mesh's 468 places, and luma and both chromas of the face, ``DENSITY`` pixels a unit
    (chromas half as many)."""

    points: Points
    luma: Patch
    chroma: Patch


class Follower:
    """Follows the face with ``marks`` from the picture in which they were found."""

    def __init__(self, marks: Landmarks, planes: Planes) -> None:
        left, right = marks.left_eye[:, :2].mean(axis=0), marks.right_eye[:, :2].mean(axis=0)
        x, y = (left + right) / 2
        scale = eyes_apart(marks)
        across = (right - left) / np.linalg.norm(right - left) * scale
        self._at = np.array([[across[0], -across[1], x], [across[1], across[0], y]])
        self._middle, self._side = self._window(self._units(np.concatenate([marks.oval, marks.outer_lips])[:, :2]))
        self.first: Points = np.zeros((0, 2))
        for _ in range(2):
            self.first = self._mesh(planes)[0]
            self._middle, self._side = self._window(self.first[_WINDOW])
        self.first = self._mesh(planes)[0]

    def look(self, planes: Planes) -> Look | None:
        """The face in the next picture; None where it is no longer seen."""
        seen, presence = self._mesh(planes)
        step = _similarity(self.first[_STILL], seen[_STILL])
        if presence < _LEAST_PRESENCE or np.abs(step[:, 2]).max() > _MOST_STEP:
            return None
        self._at = _after(self._at, step)
        back = cv2.invertAffineTransform(step)
        return Look(seen @ back[:, :2].T + back[:, 2], *self._cut(planes))

    def cut(self, planes: Planes) -> tuple[Patch, Patch]:
        """Luma and chromas of the face where it was last seen."""
        return self._cut(planes)

    def _units(self, places: Points) -> Points:
        back = cv2.invertAffineTransform(self._at)
        return places @ back[:, :2].T + back[:, 2]

    def _window(self, places: Points) -> tuple[Points, float]:
        low, high = places.min(axis=0), places.max(axis=0)
        return (low + high) / 2, _ROOM * float((high - low).max())

    def _mesh(self, planes: Planes) -> tuple[Points, float]:
        mesh = network("face_landmark")
        step = self._side / mesh.side
        corner = self._middle - self._side / 2 + step / 2
        luma, blue, red = self._sampled(planes, corner, step, (mesh.side, mesh.side))
        stacked = np.concatenate([luma, blue.reshape(-1, mesh.side), red.reshape(-1, mesh.side)])
        picture = np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), np.uint8)
        points, presence = mesh.run(picture)
        return points.reshape(-1, 3)[:, :2] * step + corner, float(presence[0])

    def _cut(self, planes: Planes) -> tuple[Patch, Patch]:
        size = round((RIGHT - LEFT) * DENSITY), round((BOTTOM - TOP) * DENSITY)
        step = 1 / DENSITY
        corner = np.array([LEFT + step / 2, TOP + step / 2])
        luma, blue, red = self._sampled(planes, corner, step, size)
        return luma.astype(np.float32), np.dstack([blue, red]).astype(np.float32)

    def _sampled(
        self, planes: Planes, corner: Points, step: float, size: tuple[int, int]
    ) -> tuple[Plane, Plane, Plane]:
        """The planes from ``corner`` on, a sample each ``step`` units, ``size`` of luma and half of it of chromas."""
        matrix = np.column_stack([self._at[:, :2] * step, self._at[:, :2] @ corner + self._at[:, 2]])
        half = (size[0] // 2, size[1] // 2)
        chroma = matrix.copy()
        chroma[:, 2] = (matrix[:, :2] @ [0.5, 0.5] + matrix[:, 2] - 0.5) / 2
        return (
            _warped(planes.luma, matrix, size),
            _warped(planes.blue, chroma, half),
            _warped(planes.red, chroma, half),
        )


def _warped(plane: Plane, matrix: Points, size: tuple[int, int]) -> Plane:
    """``plane`` sampled by ``matrix`` (from samples to pixels), averaged where it has many more pixels."""
    pixels = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if pixels >= 2:
        times = int(pixels)
        reach = np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]]])
        corners = matrix[:, :2] @ reach + matrix[:, 2:]
        limits = np.array([plane.shape[1], plane.shape[0]])
        low = np.clip(corners.min(axis=1) // times * times, 0, limits - times).astype(int)
        high = np.clip(corners.max(axis=1) + 2 * times, low + times, limits).astype(int)
        high = low + (high - low) // times * times
        wide, tall = ((high - low) // times).tolist()
        part = plane[low[1] : high[1], low[0] : high[0]]
        plane = np.asarray(cv2.resize(part, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
        matrix = np.column_stack([matrix[:, :2], matrix[:, 2] - low + 0.5]) / times
        matrix[:, 2] -= 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _similarity(one: Points, other: Points) -> Points:
    """The turn, size and shift that bring ``one`` closest to ``other`` (least squares)."""
    first, second = one.mean(axis=0), other.mean(axis=0)
    a, b = one - first, other - second
    size = float((a * a).sum())
    cos = float((a * b).sum()) / size
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, second - turn @ first])


def _after(outer: Points, inner: Points) -> Points:
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])
