"""Where the lips are: four curves through two corners, found in the photo's own colours.

The model is small on purpose (a dozen numbers with anthropometric priors), so that it also holds on photos where little
can be seen. Lips are redder than the skin around them (the classic cue of Eveno, Caplier and Coulon, "Accurate and
quasi-automatic lip tracking", 2004), what shows between them is darker than skin or paler than lips, and closed lips
meet in a dark line. Everything is in face units (see :mod:`media.animation`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation.frame import FaceFrame, Grid
from media.animation.mouth.edges import best_path, parted
from media.animation.mouth.lips import ACROSS, Lips, lips_of
from media.types import Bgr, Face

Plane = Grid

_DENSITY = 100.0
_LEFT, _TOP, _RIGHT, _BOTTOM = -0.9, 0.45, 0.9, 1.75
_RING = np.float32(5.0)  # rows around the lips that should be skin
_USUAL_SIZE = 300.0  # lip and opening pixels in the sampled columns of an average mouth
_COLUMNS = np.linspace(-0.94, 0.94, 25, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for lips, for an opening and for the line between closed lips, as running sums down the columns."""

    lip: Plane
    inside: Plane
    line: Plane
    edge: Plane
    colour: float


def fit_lips(image: Bgr, face: Face, frame: FaceFrame) -> Lips:
    """The lips of ``face``; where nothing is seen, those an average face would have there."""
    patch = frame.patch(image, _LEFT, _TOP, _RIGHT, _BOTTOM, _DENSITY)
    evidence = _evidence(patch)
    if face.landmarks is not None:
        lips = parted(lips_of(face.landmarks, frame), patch, _LEFT, _TOP, _DENSITY)
        return lips if lips.gap else _on_its_line(lips, evidence)
    prior = _prior(face, frame)
    starts = [
        replace(prior, y=prior.y + dy, upper=upper, gap=gap)
        for dy in (-0.1, -0.05, 0.0, 0.05)
        for upper, gap in ((0.0, 0.0), (0.05, 0.0), (0.05, 0.1), (0.08, 0.2), (0.0, 0.2))
    ]
    found = sorted(starts, key=lambda lips: _agreement(lips, evidence, prior))[-4:]
    for step in (0.04, 0.02):
        found = [_climb(lips, evidence, prior, step) for lips in found]
    best = max(found, key=lambda lips: _agreement(lips, evidence, prior))
    for step in (0.01, 0.005):
        best = _climb(best, evidence, prior, step)
    return _traced(_extended(best, evidence), evidence)


_LINE_REACH = 5.0


def _on_its_line(lips: Lips, evidence: _Evidence) -> Lips:
    """Closed lips moved onto the dark line between them, where one is seen close by."""
    u = ACROSS * np.float32(lips.half_width) + np.float32(lips.x)
    columns = np.clip(((u - _LEFT) * _DENSITY).astype(np.int32), 0, evidence.line.shape[1] - 1)
    offsets = np.arange(-_LINE_REACH, _LINE_REACH + _TRACE_STEP, _TRACE_STEP, dtype=np.float32)
    rows = (lips.inner(u)[0][:, None] - np.float32(_TOP)) * np.float32(_DENSITY) + offsets
    score = _at(evidence.line, np.broadcast_to(columns[:, None], rows.shape), rows)
    moved = best_path(np.asarray(score), offsets) / np.float32(_DENSITY)
    moved *= np.clip((1 - np.abs(ACROSS)) / 0.3, 0, 1)  # beards and creases go on where the line ends
    shifts = tuple((np.asarray(lips.upper_shift, np.float32) + moved).tolist())
    return replace(lips, upper_shift=shifts, lower_shift=shifts)


_FARTHEST_WALK = 13  # columns
_STILL_LINE = 0.3


def _extended(lips: Lips, evidence: _Evidence) -> Lips:
    """Closed lips are as wide as the line between them: walk along it outwards from both corners."""
    if lips.gap >= _TRACED_GAP:
        return lips
    ends = []
    for side in (-1, 1):
        column = round((lips.x + side * lips.half_width - _LEFT) * _DENSITY)
        row = round((lips.y + side * lips.tilt * lips.half_width - _TOP) * _DENSITY)
        # The model's corner may lie beside the line: first step onto it.
        row += int(np.argmax(evidence.line[row - 4 : row + 5, column - side * 3])) - 4
        for _ in range(_FARTHEST_WALK):
            near = evidence.line[row - 2 : row + 3, column + side]
            if float(near.max()) < _STILL_LINE:
                break
            row += int(near.argmax()) - 2
            column += side
        ends.append((column / _DENSITY + _LEFT, row / _DENSITY + _TOP))
    (left, left_y), (right, right_y) = ends
    half_width, y = (right - left) / 2, (left_y + right_y) / 2
    if half_width > _LIMITS["half_width"][1]:
        return lips
    return replace(
        lips,
        x=(left + right) / 2,
        y=y,
        half_width=half_width,
        tilt=(right_y - left_y) / (2 * half_width),
        upper=lips.upper + lips.y - y,
    )


_TRACED_GAP = 0.03
_TRACE_REACH, _TRACE_STEP = 9.0, 0.5
_TRACE_DEPTH = np.float32(5.0)


def _traced(lips: Lips, evidence: _Evidence) -> Lips:
    """Follow the real inner edges: the smoothest path, column by column, with lip on one side and opening on the other.

    Closed lips follow the dark line between them with both edges. What both edges say near a corner moves the corner.
    """
    upper, lower = _paths(lips, evidence)
    left, right = (float((upper[part] + lower[part]).mean() / 2) for part in (slice(1, 4), slice(-4, -1)))
    middle = (left + right) / 2
    lips = replace(
        lips,
        y=lips.y + middle,
        tilt=lips.tilt + (right - left) / (2 * lips.half_width),
        upper=lips.upper - middle,
    )
    upper, lower = _paths(lips, evidence)
    taper = np.clip((1 - np.abs(ACROSS)) / 0.05, 0, 1)
    return replace(lips, upper_shift=tuple((upper * taper).tolist()), lower_shift=tuple((lower * taper).tolist()))


def _paths(lips: Lips, evidence: _Evidence) -> tuple[Plane, Plane]:
    """How much lower than the parabolas the traced inner edges lie, in face units, at ``ACROSS``."""
    u = ACROSS * np.float32(lips.half_width) + np.float32(lips.x)
    columns = np.clip(((u - _LEFT) * _DENSITY).astype(np.int32), 0, evidence.line.shape[1] - 1)
    _, upper, lower, _ = lips.edges(u)
    offsets = np.arange(-_TRACE_REACH, _TRACE_REACH + _TRACE_STEP, _TRACE_STEP, dtype=np.float32)

    def path(edge: Plane, sign: int) -> Plane:
        rows = (edge[:, None] - np.float32(_TOP)) * np.float32(_DENSITY) + offsets
        spread = np.broadcast_to(columns[:, None], rows.shape)
        if sign:
            lip_side, open_side = rows - sign * _TRACE_DEPTH, rows + sign * _TRACE_DEPTH
            score = _contrast(evidence, spread, rows, lip_side, open_side) / _TRACE_DEPTH
        else:
            score = _at(evidence.line, spread, rows)
        return best_path(np.asarray(score), offsets) / np.float32(_DENSITY)

    if lips.gap < _TRACED_GAP:
        line = path((upper + lower) / 2, 0)
        return line, line
    return path(upper, 1), path(lower, -1)


def _contrast(evidence: _Evidence, columns: NDArray[np.int32], edge: Plane, lip_side: Plane, open_side: Plane) -> Plane:
    """Lip towards ``lip_side`` and opening towards ``open_side`` of ``edge``, less the opposite."""

    def between(running: Plane, first: Plane, second: Plane) -> Plane:
        return _span(running, columns, np.minimum(first, second), np.maximum(first, second))

    return (
        between(evidence.lip, edge, lip_side)
        - between(evidence.inside, edge, lip_side)
        + between(evidence.inside, edge, open_side)
        - between(evidence.lip, edge, open_side)
    )


def _prior(face: Face, frame: FaceFrame) -> Lips:
    x = face.mouth.x + (face.mouth.width - 1) / 2
    y = face.mouth.y + (face.mouth.height - 1) / 2
    u, v = frame.face_of(x, y)
    half = 0.5 * face.mouth.width / frame.scale
    return Lips(
        x=float(np.clip(0.6 * u, -0.2, 0.2)),
        y=float(np.clip(0.5 * v + 0.5 * 1.0, 0.75, 1.3)),
        half_width=float(np.clip(0.5 * half + 0.5 * 0.4, 0.28, 0.52)),
        tilt=0.0,
        upper=0.02,
        gap=0.0,
        above=0.08,
        below=0.11,
    )


_SPREAD = Lips(x=0.08, y=0.1, half_width=0.08, tilt=0.08, upper=0.06, gap=0.15, above=0.035, below=0.04)
_LIMITS = {
    "x": (-0.3, 0.3),
    "y": (0.65, 1.4),
    "half_width": (0.26, 0.58),
    "tilt": (-0.25, 0.25),
    "upper": (-0.08, 0.2),
    "gap": (0.0, 0.5),
    "above": (0.03, 0.16),
    "below": (0.04, 0.2),
}


def _climb(lips: Lips, evidence: _Evidence, prior: Lips, step: float) -> Lips:
    """Move one number at a time, then pairs that belong together, as long as the agreement grows."""
    value = _agreement(lips, evidence, prior)
    pairs: tuple[tuple[tuple[str, float], ...], ...] = (
        *(((name, 1.0),) for name in _LIMITS),
        (("y", 1.0), ("upper", -1.0)),
        (("upper", 1.0), ("gap", -1.0)),
        (("gap", 1.0), ("below", -1.0)),
        (("x", 1.0), ("half_width", 1.0)),
        (("x", 1.0), ("half_width", -1.0)),
    )
    for _ in range(8):
        before = value
        for moves in pairs:
            for sign in (1.0, -1.0):
                trial = _shifted(lips, moves, sign * step)
                reached = _agreement(trial, evidence, prior)
                if reached > value:
                    lips, value = trial, reached
        if value - before < 1e-4:
            break
    return lips


def _shifted(lips: Lips, moves: tuple[tuple[str, float], ...], step: float) -> Lips:
    changed = {}
    for name, weight in moves:
        low, high = _LIMITS[name]
        changed[name] = min(high, max(low, getattr(lips, name) + weight * step))
    return replace(lips, **changed)


def _evidence(patch: Bgr) -> _Evidence:
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), 1.0), cv2.COLOR_BGR2LAB).astype(np.float32)
    skin, spread = _skin(lab)
    away = (lab - skin) / spread
    red = away[..., 1] - 0.4 * np.maximum(away[..., 2], 0)
    top = float(np.percentile(red[30:110, 40:140], 92))
    colour = float(np.clip((top - 1.2) / 2.0, 0, 1))
    lip = np.clip(red / max(top, 1.0), 0, 1.2) * colour
    dark = np.clip((0.72 * skin[0] - lab[..., 0]) / (0.3 * skin[0]), 0, 1)
    pale = np.clip((-red) / max(1.0, 0.5 * top), 0, 1) * np.clip((lab[..., 0] - 0.8 * skin[0]) / (0.15 * skin[0]), 0, 1)
    light = np.clip((lab[..., 0] - 1.06 * skin[0]) / (0.12 * skin[0]), 0, 1) * (1 - 0.5 * colour)
    inside = np.maximum(np.maximum(dark, pale * np.clip(-away[..., 2] / 2, 0, 1)), light)
    luma = cv2.GaussianBlur(lab[..., 0], (0, 0), 1.2)
    valley = cv2.GaussianBlur(cv2.Sobel(luma, cv2.CV_32F, 0, 2, ksize=5), (0, 0), 1.0)
    valley = np.clip(valley / max(1.0, float(np.percentile(valley[30:110, 40:140], 98))), 0, 1)
    edge = np.abs(cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=3))
    edge = np.clip(edge / max(1.0, float(np.percentile(edge[30:110, 40:140], 97))), 0, 1)
    lip = lip * (1 - dark)  # the corners of an opening are dark red: that is no lip
    return _Evidence(_running(lip), _running(inside), valley.astype(np.float32), edge.astype(np.float32), colour)


def _skin(lab: Plane) -> tuple[Plane, Plane]:
    """Colour of the skin beside and below the mouth and its spread; hair and background are out-voted by medians."""
    parts = [lab[5:60, 25:50], lab[5:60, 130:155], lab[88:112, 60:120]]
    pixels = np.concatenate([part.reshape(-1, 3) for part in parts])
    skin = np.median(pixels, axis=0)
    spread = 1.4826 * np.median(np.abs(pixels - skin), axis=0)
    return skin.astype(np.float32), np.clip(spread, (8, 2.0, 2.5), (30, 5, 6)).astype(np.float32)


def _running(plane: Plane) -> Plane:
    summed = np.cumsum(plane, axis=0, dtype=np.float32)
    return np.concatenate([np.zeros((1, plane.shape[1]), np.float32), summed])


def _agreement(lips: Lips, evidence: _Evidence, prior: Lips) -> float:
    """How well the curves explain the colours, less how unusual they are."""
    u = _COLUMNS * np.float32(lips.half_width) + np.float32(lips.x)
    columns = np.clip(((u - _LEFT) * _DENSITY).astype(np.int32), 0, evidence.line.shape[1] - 1)
    ou, iu, il, ol = ((edge - np.float32(_TOP)) * np.float32(_DENSITY) for edge in lips.edges(u))
    lips_held = _both(evidence.lip, evidence.inside, columns, ou, iu) + _both(
        evidence.lip, evidence.inside, columns, il, ol
    )
    lips_size = float(np.sum(iu - ou) + np.sum(ol - il))
    opening_held = _both(evidence.inside, evidence.lip, columns, iu, il)
    opening_size = float(np.sum(il - iu))
    missed = sum(
        float(_span(plane, columns, top, bottom).sum())
        for plane in (evidence.lip, evidence.inside)
        for top, bottom in ((ou - _RING, ou), (ol, ol + _RING))
    )
    explained = lips_held - 0.4 * evidence.colour * lips_size + opening_held - 0.35 * opening_size - 0.7 * missed

    closed = float(np.clip(1 - lips.gap / 0.06, 0, 1))
    line = float(_at(evidence.line, columns, iu).mean())
    edge = float((_at(evidence.edge, columns, iu) + _at(evidence.edge, columns, il)).mean()) / 2
    unusual = sum(((getattr(lips, name) - getattr(prior, name)) / getattr(_SPREAD, name)) ** 2 for name in _LIMITS)
    # A longer line is better evidence than a clearer one: without this a mouth would shrink to its middle.
    meeting = (closed * line + (1 - closed) * edge - 0.25) * lips.half_width / 0.35
    return float(explained / _USUAL_SIZE + (1.0 - 0.5 * evidence.colour) * meeting - 0.03 * unusual)


def _both(wanted: Plane, unwanted: Plane, columns: NDArray[np.int32], top: Plane, bottom: Plane) -> float:
    return float(np.sum(_span(wanted, columns, top, bottom) - 0.6 * _span(unwanted, columns, top, bottom)))


def _span(running: Plane, columns: NDArray[np.int32], top: Plane, bottom: Plane) -> Plane:
    """Sum of a plane between two row positions in each column, fractions of rows included."""
    return _below(running, columns, bottom) - _below(running, columns, top)


def _below(running: Plane, columns: NDArray[np.int32], rows: Plane) -> Plane:
    rows = np.clip(rows, 0, running.shape[0] - 1.001)
    whole = rows.astype(np.int32)
    part = rows - whole
    low = running[whole, columns]
    return low + part * (running[whole + 1, columns] - low)


def _at(plane: Plane, columns: NDArray[np.int32], rows: Plane) -> Plane:
    return plane[np.clip(rows.astype(np.int32), 0, plane.shape[0] - 1), columns]
