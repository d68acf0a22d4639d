"""What the landmarks of a face say in the words of :mod:`media.faces.preflight`: eyes, mouth, turn, and where the
face is.

Points are told by their number in MediaPipe's face mesh, as published with its connections.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from media.faces.detect import Candidate
from media.faces.features import Eyes, Matrix, Mouth
from media.faces.landmarker import Landmarks

LEFT_IRIS, RIGHT_IRIS = 468, 473
"""Middles of the irises, the viewer's left one first."""
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
"""The outer edge of the lips; the first and the eleventh are the corners."""
INNER_UPPER, INNER_LOWER = 13, 14
LEFT_SIDE, RIGHT_SIDE = 234, 454
"""Where the face ends before the ears."""

_EYES_OF_SIDE, _DOWN_OF_SIDE = 0.41, 0.12  # of the cascades' square: distance of the eyes, its middle below them


def eyes_of(marks: Landmarks) -> Eyes:
    """Both irises."""
    left, right = (marks.points[number] for number in (LEFT_IRIS, RIGHT_IRIS))
    return Eyes((float(left[0]), float(left[1])), (float(right[0]), float(right[1])), 1.0)


def mouth_of(marks: Landmarks, to_photo: Matrix) -> Mouth:
    """The lips in the aligned patch of which ``to_photo`` leads to the photo. How open they are is the distance of
    their inner edges over that of the corners."""
    back = cv2.invertAffineTransform(to_photo)
    lips = marks.points[list(LIPS), :2] @ back[:, :2].T + back[:, 2]
    low, high = lips.min(axis=0), lips.max(axis=0)
    gap, corners = _apart(marks, INNER_UPPER, INNER_LOWER), _apart(marks, LIPS[0], LIPS[10])
    (x, y), (width, height) = ((low + high) / 2).tolist(), (high - low).tolist()
    return Mouth(x, y, width, height, gap / max(corners, 1e-6), 1.0)


def _apart(marks: Landmarks, one: int, other: int) -> float:
    return math.dist(marks.points[one, :2].tolist(), marks.points[other, :2].tolist())


def yaw_of(marks: Landmarks) -> float:
    """-1 (a right angle to the viewer's left) to 1, from the depths of both sides of the face: the head has turned away
    from the nearer one."""
    across = marks.points[RIGHT_SIDE] - marks.points[LEFT_SIDE]
    return math.atan2(float(across[2]), math.hypot(float(across[0]), float(across[1]))) / (math.pi / 2)


def candidate_of(marks: Landmarks) -> Candidate:
    """The square that the cascades would have drawn. Depth is part of the eyes' distance: a turned head keeps it."""
    left, right = marks.points[LEFT_IRIS], marks.points[RIGHT_IRIS]
    side = float(np.linalg.norm(right - left)) / _EYES_OF_SIDE
    roll = math.atan2(float(right[1] - left[1]), float(right[0] - left[0]))
    x, y = ((left + right) / 2)[:2].tolist()
    down = _DOWN_OF_SIDE * side
    return Candidate(x - down * math.sin(roll), y + down * math.cos(roll), side, math.degrees(roll), 0, 0)


def assigned(candidates: Sequence[Candidate], found: Sequence[Landmarks]) -> list[tuple[Candidate, Landmarks | None]]:
    """Every candidate with the landmarks that lie nearest in its square, and landmarks without one with their own."""
    free = list(candidates)
    pairs: list[tuple[Candidate, Landmarks | None]] = []
    for marks in found:
        own = candidate_of(marks)
        near = min(free, key=lambda one: math.hypot(one.x - own.x, one.y - own.y), default=own)
        if near is not own and math.hypot(near.x - own.x, near.y - own.y) < near.side / 2:
            free.remove(near)
            pairs.append((near, marks))
        else:
            pairs.append((own, marks))
    return pairs + [(one, None) for one in free]
