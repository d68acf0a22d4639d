"""Where lips, eyes, brows and jaw of a face are: contours by the face mesh and the iris network.

Points are told by their numbers in MediaPipe's face mesh, as published with its connections. What stands here in
order runs from the viewer's left to the right, or around from there by way of what is above.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from media.faces.looks import Points, Window
from media.faces.networks import network
from media.types import Bgr, Box, Landmarks

OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
LEFT_BROW, RIGHT_BROW = (70, 63, 105, 66, 107), (336, 296, 334, 293, 300)
OVAL = (
    *(234, 127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356),
    *(454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93),
)
NOSE = (48, 2, 278)
"""Left wing, base and right wing."""

LEAST_PRESENCE = 0.5
"""What the mesh must say of a face, 0 to 1, for its points to be believed."""

_PARTS = (OUTER_LIPS, INNER_LIPS, LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, OVAL, NOSE)
_ENDS = tuple(int(end) for end in np.cumsum([len(part) for part in _PARTS]))
_NUMBERS = np.array([number for part in _PARTS for number in part])

_IRIS_EYE = (0, 9, 10, 11, 12, 13, 14, 15, 8, 7, 6, 5, 4, 3, 2, 1)
"""The iris network's contour in the order of ``LEFT_EYE``."""

_ROOM, _EYE_ROOM = 1.5, 2.3  # a window's side over the face's, and over an eye's width, as the networks were trained
_LOOKS = 3  # until the window fits the face it shows
_JITTERS = ((0.0, 0.0, 1.0, 0.0), (0.025, -0.02, 1.05, 0.03), (-0.025, 0.02, 0.96, -0.03))


def look(photo: Bgr, window: Window) -> Landmarks | None:
    """The face near ``window``; None where the mesh sees none.

    The mean of what is seen through a window that fits, two that were moved a little, and their mirrors; ``spread`` is
    how far these lie apart at the lips and eyes.
    """
    mesh = network("face_landmark")

    def seen(through: Window) -> tuple[Points, float]:
        points, presence = mesh.run(through.picture(photo, mesh.side))
        return through.to_photo(points.reshape(-1, 3)[_NUMBERS], mesh.side), _sigmoid(float(presence[0]))

    for _ in range(_LOOKS):
        points, presence = seen(window)
        window = _around(points)
    if presence < LEAST_PRESENCE:
        return None
    found, sure = zip(*(seen(through) for through in _varied(window)), strict=True)
    looks = np.stack([points[_MIRRORED] if at % 2 else points for at, points in enumerate(found)])
    return _of(photo, looks, float(np.median(sure)))


def _varied(window: Window) -> Iterable[Window]:
    """Windows and their mirrors in turns, so that a mirrored photo gives mirrored points."""
    for right, down, larger, turned in _JITTERS:
        moved = window.moved(right, down, larger=larger, turned=turned)
        yield moved
        yield replace(moved, mirrored=True)


def _mirrored() -> Points:
    """For every place of ``_NUMBERS`` the one that is there in a mirror."""
    places = {int(number): place for place, number in enumerate(_NUMBERS)}
    pairs: dict[int, int] = {}
    half = len(OUTER_LIPS) // 2
    for closed in (OUTER_LIPS, INNER_LIPS):
        pairs |= {closed[at]: closed[(half - at) % len(closed)] for at in range(len(closed))}
    pairs |= {OVAL[at]: OVAL[(16 - at) % len(OVAL)] for at in range(len(OVAL))}
    pairs |= {LEFT_EYE[at]: RIGHT_EYE[(8 - at) % 16] for at in range(16)}
    pairs |= dict(zip(LEFT_BROW, reversed(RIGHT_BROW), strict=True)) | dict(zip(NOSE, reversed(NOSE), strict=True))
    pairs |= {other: one for one, other in pairs.items()}
    return np.array([places[pairs[int(number)]] for number in _NUMBERS])


_MIRRORED = _mirrored()


def _around(points: Points) -> Window:
    """The window for a face whose points these are: eyes level, its own bounds in the middle."""
    left, right = _part(points, LEFT_EYE).mean(axis=0), _part(points, RIGHT_EYE).mean(axis=0)
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    level = points[:, :2] @ turn
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = turn @ ((low + high) / 2)
    return Window(float(x), float(y), _ROOM * float((high - low).max()), angle)


def _of(photo: Bgr, looks: Points, presence: float) -> Landmarks:
    points = looks.mean(axis=0)
    parts = [_part(points, part) for part in _PARTS]
    apart = float(np.linalg.norm(parts[3].mean(axis=0) - parts[2].mean(axis=0)))
    away = np.linalg.norm(looks[:, : _ENDS[3], :2] - points[: _ENDS[3], :2], axis=2)
    left_eye, left_pupil = _eye(photo, parts[2], mirrored=False)
    right_eye, right_pupil = _eye(photo, parts[3], mirrored=True)
    return Landmarks(
        outer_lips=parts[0],
        inner_lips=parts[1],
        left_eye=left_eye,
        right_eye=right_eye,
        left_pupil=left_pupil,
        right_pupil=right_pupil,
        left_brow=parts[4],
        right_brow=parts[5],
        oval=parts[6],
        nose=parts[7],
        presence=presence,
        spread=float(np.percentile(away, 80)) / max(apart, 1e-6),
    )


def _eye(photo: Bgr, contour: Points, *, mirrored: bool) -> tuple[Points, Points]:
    """Contour and pupil by the iris network, which knows eyes that lie to the viewer's left of the nose."""
    iris = network("iris_landmark")
    (x, y), across = contour[[0, 8], :2].mean(axis=0), contour[8] - contour[0]
    side = _EYE_ROOM * math.hypot(across[0], across[1])
    window = Window(float(x), float(y), side, math.atan2(across[1], across[0]), mirrored)
    lids, pupil = iris.run(window.picture(photo, iris.side))
    seen = window.to_photo(lids.reshape(-1, 3)[list(_IRIS_EYE)], iris.side)
    # Through a mirror the outer corner, where the contour begins, is to the viewer's right.
    ordered = seen[[(8 - at) % 16 for at in range(16)]] if mirrored else seen
    depth = contour[:, 2:]
    return np.column_stack([ordered[:, :2], depth]), np.array(
        [*window.to_photo(pupil.reshape(-1, 3)[:1], iris.side)[0, :2], float(depth.mean())]
    )


def _part(points: Points, part: tuple[int, ...]) -> Points:
    at = _PARTS.index(part)
    return np.asarray(points[_ENDS[at] - len(part) : _ENDS[at]])


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -100.0), 100.0)))


# What they say


def yaw_of(marks: Landmarks) -> float:
    """-1 (a right angle to the viewer's left) to 1, from the depths of both sides of the face: the head has turned away
    from the nearer one."""
    across = marks.oval[16] - marks.oval[0]
    return math.atan2(float(across[2]), math.hypot(float(across[0]), float(across[1]))) / (math.pi / 2)


def opening_of(marks: Landmarks) -> float:
    """How far the inner edges of the lips are apart in the middle, over the distance of their corners."""
    upper, lower = marks.inner_lips[5], marks.inner_lips[15]
    return _apart(upper, lower) / max(_apart(marks.inner_lips[0], marks.inner_lips[10]), 1e-6)


def eyes_apart(marks: Landmarks) -> float:
    """Pixels between the pupils if the head looked at the camera: depth is part of the distance of the eyes."""
    return float(np.linalg.norm(marks.right_eye[:, :3].mean(axis=0) - marks.left_eye[:, :3].mean(axis=0)))


def _apart(one: Points, other: Points) -> float:
    return math.hypot(float(one[0] - other[0]), float(one[1] - other[1]))


# A glance at a face in motion


@dataclass(frozen=True, slots=True)
class Glance:
    """A face as one look of the mesh shows it: where it is, in pixels, how far its lips are apart over their width, and
    the window in which to look for it in the next picture."""

    box: Box
    opening: float
    window: Window


def glance(photo: Bgr, window: Window) -> Glance | None:
    """The face near ``window`` in one look, a ninth of the work of :func:`look`; None where the mesh sees none."""
    mesh = network("face_landmark")
    seen, presence = mesh.run(window.picture(photo, mesh.side))
    if _sigmoid(float(presence[0])) < LEAST_PRESENCE:
        return None
    points = window.to_photo(seen.reshape(-1, 3)[_NUMBERS], mesh.side)
    inner, oval = _part(points, INNER_LIPS), _part(points, OVAL)
    (left, top), (right, bottom) = oval[:, :2].min(axis=0), oval[:, :2].max(axis=0)
    box = Box(round(left), round(top), max(1, round(right - left)), max(1, round(bottom - top)))
    return Glance(box, _apart(inner[5], inner[15]) / max(_apart(inner[0], inner[10]), 1e-6), _around(points))
