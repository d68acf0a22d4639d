"""Where faces may be: cascades over several scales, head rolls and profile views.

The detectors are the boosted cascades that ship inside OpenCV (Viola & Jones 2001; Lienhart & Maydt 2002), so nothing
is downloaded. They answer for faces rolled up to about 15 degrees; others are found by turning the picture.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_loaded = threading.local()

WORK_SIDE = 960
LIFTED_SIDE = 640
TURNED_SIDE = 320
SURE = 12
"""Votes at which an upright face leaves no need to look for profiles and lying heads."""
_SHADOWS_LIFTED: Grey = np.round(255 * np.sqrt(np.arange(256) / 255)).astype(np.uint8)
_TILTS = (-28.0, 28.0)
_TURNS = (-56.0, 56.0, 90.0, -90.0, 180.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A face-like place: centre and side of its square in pixels, roll in degrees clockwise, how it is turned
    (-1 viewer's left, 0 frontal, 1 viewer's right), and how strongly the cascade agrees (votes of its scales)."""

    x: float
    y: float
    side: float
    roll: float
    turned: int
    votes: int


def cascade(name: str) -> cv2.CascadeClassifier:
    """The named cascade, loaded once for each thread because a classifier keeps scratch memory."""
    known: dict[str, cv2.CascadeClassifier] = _loaded.__dict__
    if name not in known:
        folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined]
        known[name] = cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))
    return known[name]


def detect(
    grey: Grey, name: str, *, smallest: int, step: float = 1.1, largest: int = 0
) -> list[tuple[int, int, int, int, int]]:
    """(x, y, width, height, votes) of every hit, most votes first."""
    boxes, votes = cascade(name).detectMultiScale2(
        grey, scaleFactor=step, minNeighbors=2, minSize=(smallest, smallest), maxSize=(largest, largest)
    )
    found = [
        (int(x), int(y), int(width), int(height), int(vote))
        for (x, y, width, height), vote in zip(boxes, votes, strict=True)
    ]
    return sorted(found, key=lambda hit: (-hit[4], hit))


def find_candidates(grey: Grey) -> list[Candidate]:
    """Places that may be faces, strongest first, each place once."""
    found = _frontal(grey, 0.0, WORK_SIDE, share=0.03, votes=3)
    for roll in _TILTS:
        found += _frontal(grey, roll, TURNED_SIDE, share=0.05, votes=5)
    if _unsure(found):  # dark skin and shadow: the cascades learnt from lighter faces than there are
        found += _frontal(_SHADOWS_LIFTED[grey], 0.0, LIFTED_SIDE, share=0.04, votes=5)
    if _unsure(found):
        for roll in _TURNS:
            found += _frontal(grey, roll, TURNED_SIDE, share=0.06, votes=8)
        found += _profiles(grey)
    return _distinct(found)


def _unsure(found: list[Candidate]) -> bool:
    return all(one.votes < SURE for one in found)


def _frontal(grey: Grey, roll: float, side: int, *, share: float, votes: int) -> list[Candidate]:
    small, scale = _reduced(grey, side)
    turned, back = _turned(small, roll)
    smallest = max(24, round(share * max(small.shape)))
    step = 1.15 if roll in _TILTS else 1.1
    hits = detect(turned, "frontalface_alt2", smallest=smallest, step=step)
    return [_candidate(hit, scale, back, roll, 0) for hit in hits if hit[4] >= votes]


def _profiles(grey: Grey) -> list[Candidate]:
    """The profile cascade knows faces looking to the viewer's left; a mirrored picture gives the others."""
    small, scale = _reduced(grey, TURNED_SIDE)
    width = small.shape[1]
    smallest = max(24, round(0.06 * max(small.shape)))
    found = []
    for turned in (-1, 1):
        view = small if turned < 0 else np.ascontiguousarray(small[:, ::-1])
        for x, y, w, h, votes in detect(view, "profileface", smallest=smallest, step=1.12):
            if votes >= 4:
                left = x if turned < 0 else width - x - w
                hit = (left, y, w, h, votes)
                found.append(_candidate(hit, scale, np.array([[1.0, 0, 0], [0, 1, 0]]), 0.0, turned))
    return found


def _reduced(grey: Grey, side: int) -> tuple[Grey, float]:
    scale = min(1.0, side / max(grey.shape))
    if scale == 1.0:
        return grey, 1.0
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _turned(grey: Grey, roll: float) -> tuple[Grey, NDArray[np.float64]]:
    """``grey`` turned so that a head rolled by ``roll`` stands upright, and the 2 x 3 matrix back."""
    height, width = grey.shape
    if roll == 0:
        return grey, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), roll, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, tall = math.ceil(height * sin + width * cos), math.ceil(height * cos + width * sin)
    matrix[:, 2] += ((wide - width) / 2, (tall - height) / 2)
    turned = cv2.warpAffine(grey, matrix, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _candidate(
    hit: tuple[int, int, int, int, int], scale: float, back: NDArray[np.float64], roll: float, turned: int
) -> Candidate:
    x, y, w, h, votes = hit
    centre = back @ np.array([x + w / 2, y + h / 2, 1.0]) / scale
    return Candidate(float(centre[0]), float(centre[1]), w / scale, roll, turned, votes)


def _distinct(found: list[Candidate]) -> list[Candidate]:
    """Each place once. An upright frontal hit speaks for a place before a tilted one, that before a profile."""
    order = sorted(found, key=lambda one: (abs(one.turned), -one.votes + abs(one.roll) * 0.2, one.x, one.y))
    kept: list[Candidate] = []
    for one in order:
        if all(math.hypot(one.x - other.x, one.y - other.y) > 0.5 * max(one.side, other.side) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: -one.votes)
