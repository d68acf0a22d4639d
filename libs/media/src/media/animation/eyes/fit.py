"""Where the eyelids are: an upper and a lower curve around each pupil, and whether there is an open eye at all.

Inside an open eye almost nothing looks like skin: iris and lashes are darker, the white is paler and less coloured.
The curves are the pair that holds most of that with least skin. Face units, see :mod:`media.animation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation.frame import FaceFrame, Grid
from media.types import Bgr, Face, Landmarks

_DENSITY = 120.0
_HALF = (0.36, 0.26)
_COLUMNS = np.linspace(-0.92, 0.92, 17, dtype=np.float32)
_RING = np.float32(5.0)
_RIM = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 5))
_USUAL_SIZE = 17 * 10 * 0.225
_LEAST_CONTRAST = 0.2
_LEAST_SCALE = 14  # pixels between the pupils
_LIMITS = {
    "x": (-0.06, 0.06),
    "y": (-0.03, 0.05),
    "half_width": (0.17, 0.29),
    "above": (0.03, 0.13),
    "below": (0.02, 0.11),
    "tilt": (-0.25, 0.25),
}


@dataclass(frozen=True, slots=True)
class Eye:
    """An open eye: its middle, half width, and how far the lids reach above and below the line of its corners.

    ``tilt`` is how much lower the right corner lies per unit.
    """

    x: float
    y: float
    half_width: float
    above: float
    below: float
    tilt: float

    def lids(self, u: Grid) -> tuple[Grid, Grid]:
        """The edge of the upper and of the lower lid at ``u``; both on the line of the corners beyond them."""
        across = (u - np.float32(self.x)) / np.float32(self.half_width)
        bow = np.maximum(0, 1 - np.square(across))
        line = np.float32(self.y) + np.float32(self.tilt) * (u - np.float32(self.x))
        return line - np.float32(self.above) * bow, line + np.float32(self.below) * bow


_USUAL = Eye(x=0.0, y=0.015, half_width=0.225, above=0.07, below=0.055, tilt=0.0)
_SPREAD = Eye(x=0.05, y=0.025, half_width=0.04, above=0.03, below=0.025, tilt=0.12)
_UNUSUAL, _ALIKE = 0.02, 0.08  # what a difference of one spread costs, from the usual eye and from the other one


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Unlikeness to skin as running sums down the columns, and where light falls off or comes back going down."""

    strange: Grid
    darkens: Grid
    lightens: Grid


def fit_eyes(image: Bgr, face: Face, frame: FaceFrame) -> tuple[Eye, ...]:
    """Both eyes, or none: a face whose eyes are shut, hidden or too small does not blink."""
    if face.landmarks is not None:
        return _of_landmarks(face.landmarks, frame)
    pupils = [frame.face_of(pupil.x, pupil.y) for pupil in (face.left_eye, face.right_eye)]
    seen = [
        _evidence(frame.patch(image, u - _HALF[0], v - _HALF[1], u + _HALF[0], v + _HALF[1], _DENSITY))
        for u, v in pupils
    ]
    alone = [_fit(evidence) for evidence in seen]
    # Two eyes of a person are much alike: what one shows unclearly the other tells.
    paired = []
    for eye, other, evidence in zip(alone, alone[::-1], seen, strict=True):
        alike = _between(eye, replace(other, x=-other.x, tilt=-other.tilt))
        paired.append(_climb(alike, evidence, 0.005, alike, _ALIKE))
    clear = all(_contrast(eye, evidence) >= _LEAST_CONTRAST for eye, evidence in zip(paired, seen, strict=True))
    if not clear or frame.scale < _LEAST_SCALE:
        return ()
    return tuple(_whole(replace(eye, x=u + eye.x, y=v + eye.y)) for eye, (u, v) in zip(paired, pupils, strict=True))


_CORNERS, _NASAL = 1.22, 0.09


def _whole(eye: Eye) -> Eye:
    """The fitted curves end inside the corners, most of all beside the nose."""
    towards_nose = -math.copysign(_NASAL, eye.x)
    return replace(eye, x=eye.x + towards_nose * eye.half_width, half_width=eye.half_width * _CORNERS)


_SHUT = 0.16
"""An eye is shut whose lids are less apart than this share of its width."""
_LASHES = 1.06
"""How much wider than the eye its lashes are."""
_MOST_ALIKE = 0.45
"""Of a head in profile the far eye is narrower than this share of the near one: too little is seen to be drawn."""


def _of_landmarks(marks: Landmarks, frame: FaceFrame) -> tuple[Eye, ...]:
    """The curves through the contours of both eyes."""
    eyes = tuple(_of_contour(contour, frame) for contour in (marks.left_eye, marks.right_eye))
    narrow, wide = sorted(eye.half_width for eye in eyes)
    if (
        frame.scale < _LEAST_SCALE
        or narrow < _MOST_ALIKE * wide
        or any(eye.above + eye.below < 2 * _SHUT * eye.half_width for eye in eyes)
    ):
        return ()
    return eyes


def _of_contour(contour: NDArray[np.float64], frame: FaceFrame) -> Eye:
    u, v = frame.to_face(*contour[:, :2].astype(np.float32).T)
    half_width, tilt = float(u[8] - u[0]) / 2, float((v[8] - v[0]) / (u[8] - u[0]))
    line = Eye(float(u[0] + u[8]) / 2, float(v[0] + v[8]) / 2, half_width, 0.0, 0.0, tilt)
    bow = np.maximum(0, 1 - np.square((u - np.float32(line.x)) / np.float32(half_width)))
    below = v - line.lids(u)[0]
    upper, lower = slice(1, 8), slice(9, 16)
    reach = [float((bow[part] * below[part]).sum() / np.square(bow[part]).sum()) for part in (upper, lower)]
    return replace(line, half_width=_LASHES * half_width, above=-reach[0], below=reach[1])


def _fit(evidence: _Evidence) -> Eye:
    """The eye that agrees best, its place relative to the pupil."""
    starts = [
        Eye(0.0, y, half_width, above, below, 0.0)
        for y in (-0.01, 0.02)
        for half_width in (0.2, 0.24)
        for above in (0.055, 0.09)
        for below in (0.04, 0.065)
    ]
    found = sorted(starts, key=lambda eye: _agreement(eye, evidence))[-3:]
    for step in (0.02, 0.01, 0.005):
        found = [_climb(eye, evidence, step) for eye in found]
    return max(found, key=lambda eye: _agreement(eye, evidence))


def _between(one: Eye, other: Eye) -> Eye:
    return Eye(*((getattr(one, name) + getattr(other, name)) / 2 for name in Eye.__slots__))


def _climb(eye: Eye, evidence: _Evidence, step: float, usual: Eye | None = None, weight: float = _UNUSUAL) -> Eye:
    usual = usual or _USUAL
    value = _agreement(eye, evidence, usual, weight)
    for _ in range(10):
        before = value
        for name, (low, high) in _LIMITS.items():
            for sign in (step, -step):
                changed = min(high, max(low, getattr(eye, name) + sign))
                trial = replace(eye, **{name: changed})
                reached = _agreement(trial, evidence, usual, weight)
                if reached > value:
                    eye, value = trial, reached
        if value - before < 1e-4:
            break
    return eye


def _evidence(patch: Bgr) -> _Evidence:
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), 1.0), cv2.COLOR_BGR2LAB).astype(np.float32)
    below = lab[-10:].reshape(-1, 3)
    skin = np.median(below, axis=0)
    dark = np.clip((0.82 * skin[0] - lab[..., 0]) / (0.35 * skin[0]), 0, 1)
    # The white of an eye is greyer than any skin, and lighter than dark skin.
    tint, skin_tint = np.hypot(lab[..., 1] - 128, lab[..., 2] - 128), float(np.hypot(*(skin[1:] - 128)))
    spread = 1.4826 * float(np.median(np.abs(below[:, 1:] - skin[1:])))
    grey = np.clip((0.8 * skin_tint - tint) / max(4.0, 0.25 * skin_tint, 2 * spread), 0, 1)
    light = np.clip((lab[..., 0] - 1.2 * skin[0]) / (0.25 * skin[0]), 0, 1)
    pale = np.maximum(grey * (lab[..., 0] > 0.6 * skin[0]), light)
    strange = np.maximum(dark, 0.8 * pale).astype(np.float32)
    # Between iris, white and lashes there are rims as light as skin: what is enclosed belongs to the eye.
    strange = cv2.morphologyEx(strange, cv2.MORPH_CLOSE, _RIM)
    slope = cv2.Sobel(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5), cv2.CV_32F, 0, 1) / (0.5 * skin[0])
    running = np.concatenate([np.zeros((1, patch.shape[1]), np.float32), np.cumsum(strange, axis=0, dtype=np.float32)])
    return _Evidence(running, np.clip(-slope, 0, 1), np.clip(slope, 0, 1))


def _agreement(eye: Eye, evidence: _Evidence, usual: Eye = _USUAL, weight: float = _UNUSUAL) -> float:
    """What is inside the lids less what is left outside, and light that falls off at the upper lid; less oddity."""
    columns, upper, lower = _curves(eye)
    inside = _span(evidence.strange, columns, upper, lower)
    around = _span(evidence.strange, columns, upper - _RING, upper) + _span(
        evidence.strange, columns, lower, lower + _RING
    )
    held = float(np.sum(inside - 0.38 * (lower - upper)) - 0.5 * np.sum(around)) * eye.half_width / _USUAL_SIZE
    lid = float(_at(evidence.darkens, columns, upper).mean()) + 0.5 * float(
        _at(evidence.lightens, columns, lower).mean()
    )
    odd = sum(((getattr(eye, name) - getattr(usual, name)) / getattr(_SPREAD, name)) ** 2 for name in _LIMITS)
    return held + 0.6 * lid - weight * float(odd)


def _contrast(eye: Eye, evidence: _Evidence) -> float:
    """How strange the inside is beside the skin under the eye: near 0 where the eye is shut or hidden."""
    columns, upper, lower = _curves(eye)
    inside = float(_span(evidence.strange, columns, upper, lower).sum() / np.sum(lower - upper))
    beside = float(_span(evidence.strange, columns, lower + _RING, lower + 2 * _RING).mean()) / float(_RING)
    return inside - beside


def _curves(eye: Eye) -> tuple[NDArray[np.int32], Grid, Grid]:
    u = _COLUMNS * np.float32(eye.half_width) + np.float32(eye.x)
    upper, lower = eye.lids(u)
    columns = ((u + np.float32(_HALF[0])) * np.float32(_DENSITY)).astype(np.int32)
    top = np.float32(_HALF[1])
    return columns, (upper + top) * np.float32(_DENSITY), (lower + top) * np.float32(_DENSITY)


def _span(running: Grid, columns: NDArray[np.int32], top: Grid, bottom: Grid) -> Grid:
    return _below(running, columns, bottom) - _below(running, columns, top)


def _below(running: Grid, columns: NDArray[np.int32], rows: Grid) -> Grid:
    rows = np.clip(rows, 0, running.shape[0] - 1.001)
    whole = rows.astype(np.int32)
    low = running[whole, columns]
    return np.asarray(low + (rows - whole) * (running[whole + 1, columns] - low))


def _at(plane: Grid, columns: NDArray[np.int32], rows: Grid) -> Grid:
    return plane[np.clip(rows.astype(np.int32), 0, plane.shape[0] - 1), columns]
