"""Faces of other shapes: a picture bent by the 468 points of its face mesh, which also knows their depths."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import Delaunay

from media.faces.landmarks import INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from media.faces.looks import Window
from media.faces.networks import network
from media.faces.preflight import find_faces
from media.types import Bgr

Points = NDArray[np.float64]

_GRID = 8  # pixels between the places where a bend is computed
_ROUND_THE_HEAD = 1.55


def mesh_of(image: Bgr) -> Points:
    """All points of the mesh over the largest face of ``image``: x, y and depth in pixels."""
    marks = find_faces(image)[0].landmarks
    if marks is None:
        raise ValueError("the face mesh does not know this face")
    low, high = marks.oval[:, :2].min(axis=0), marks.oval[:, :2].max(axis=0)
    (x, y), side = (low + high) / 2, 1.5 * float((high - low).max())
    roll = math.atan2(*(marks.right_pupil - marks.left_pupil)[1::-1])
    mesh, window = network("face_landmark"), Window(float(x), float(y), side, roll)
    return window.to_photo(mesh.run(window.picture(image, mesh.side))[0].reshape(-1, 3), mesh.side)


def unit_of(points: Points) -> float:
    """Pixels between the eyes."""
    return float(np.linalg.norm(middle(points, RIGHT_EYE) - middle(points, LEFT_EYE)))


def middle(points: Points, part: tuple[int, ...]) -> Points:
    """The mean place of a part."""
    return np.asarray(points[list(part), :2].mean(axis=0))


def bent(image: Bgr, before: Points, after: Points, *, hair: float = 0.6) -> Bgr:
    """``image`` with the points ``before`` at ``after``; hair goes along by the share ``hair``, the border stays.

    Points that another part of the face hides at ``after`` are left out.
    """
    seen = _seen(before, after)
    centre = before[list(OVAL), :2].mean(axis=0)
    ring = centre + _ROUND_THE_HEAD * (before[list(OVAL), :2] - centre)
    moved = ring + hair * (after[list(OVAL), :2] - before[list(OVAL), :2])
    height, width = image.shape[:2]
    border = [
        (share * (width - 1), edge * (height - 1)) if across else (edge * (width - 1), share * (height - 1))
        for share in np.linspace(0, 1, 7)
        for edge in (0, 1)
        for across in (True, False)
    ]
    sources = np.vstack([before[seen, :2], ring, border])
    places = np.vstack([after[seen, :2], moved, border])
    places, kept = np.unique(np.round(places, 1), axis=0, return_index=True)
    bend = RBFInterpolator(places, sources[kept] - places, neighbors=48, smoothing=0.5, kernel="thin_plate_spline")
    rows, columns = np.mgrid[0 : height + _GRID : _GRID, 0 : width + _GRID : _GRID].astype(np.float64)
    shift = bend(np.column_stack([columns.ravel(), rows.ravel()])).reshape(*rows.shape, 2).astype(np.float32)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    dense = cv2.remap(shift, xs / _GRID, ys / _GRID, cv2.INTER_LINEAR)
    made = cv2.remap(image, xs + dense[..., 0], ys + dense[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(made, np.uint8)


def _seen(before: Points, after: Points) -> NDArray[np.bool_]:
    triangles = Delaunay(before[:, :2]).simplices

    def area(points: Points) -> Points:
        one, two, three = (points[triangles[:, at], :2] for at in range(3))
        (x, y), (across, down) = (two - one).T, (three - one).T
        return np.asarray(x * down - y * across)

    folded = np.sign(area(before)) * area(after) < 0.15 * np.abs(area(before))
    seen = np.ones(len(before), bool)
    seen[triangles[folded].ravel()] = False
    return seen


def shaped(image: Bgr, change: Callable[[Points, float], Points]) -> Bgr:
    """``image`` whose mesh went through ``change``, given in face units around the middle of the eyes (x right, y down
    along the face) and the pixels of a unit."""
    points = mesh_of(image)
    unit = unit_of(points)
    left, right = middle(points, LEFT_EYE), middle(points, RIGHT_EYE)
    across = (right - left) / unit
    turn = np.array([[across[0], -across[1]], [across[1], across[0]]])
    origin = (left + right) / 2
    face = np.column_stack([(points[:, :2] - origin) @ turn / unit, points[:, 2] / unit])
    changed = change(face.copy(), unit)
    after = np.column_stack([changed[:, :2] * unit @ turn.T + origin, changed[:, 2] * unit])
    return bent(image, points, after)


def wide(share: float) -> Callable[[Points, float], Points]:
    """Cheeks and jaw ``share`` wider (narrower below 0), most at the jaw."""

    def change(face: Points, _: float) -> Points:
        face[:, 0] *= 1 + share * (0.35 + 0.65 * np.clip(face[:, 1] / 1.4, 0, 1))
        return face

    return change


def child(face: Points, _: float) -> Points:
    """Large eyes low in a short face, a small nose and a small jaw."""
    below = np.clip(face[:, 1], 0, None)
    face[:, 1] = np.where(face[:, 1] > 0, face[:, 1] * (1 - 0.11 * below), 1.1 * face[:, 1])
    face[:, 0] *= 1 + 0.08 * np.exp(-np.square((face[:, 1] - 0.5) / 0.5))
    for part in (LEFT_EYE, RIGHT_EYE):
        eye = face[list(part), :2].mean(axis=0)
        away = face[:, :2] - eye
        face[:, :2] += 0.22 * away * np.exp(-np.square(np.hypot(*away.T) / 0.3))[:, None]
    return face


def long(face: Points, _: float) -> Points:
    """A long lower face with a heavy chin."""
    face[:, 1] += 0.16 * np.clip(face[:, 1], 0, None)
    return face


def with_lips(fuller: float, wider: float = 0.0) -> Callable[[Points, float], Points]:
    """Lips ``fuller`` and the mouth ``wider`` by shares."""

    def change(face: Points, _: float) -> Points:
        lips = list(set(OUTER_LIPS) | set(INNER_LIPS))
        centre = face[lips, :2].mean(axis=0)
        away = face[:, :2] - centre
        near = np.exp(-np.square(away[:, 0] / 0.55) - np.square(away[:, 1] / 0.28))
        face[:, 0] += wider * away[:, 0] * near
        face[:, 1] += fuller * away[:, 1] * near
        return face

    return change


def turned(yaw: float = 0.0, pitch: float = 0.0) -> Callable[[Points, float], Points]:
    """The head turned by ``yaw`` degrees to the viewer's right and nodded down by ``pitch``, without perspective."""
    side, nod = math.radians(yaw), math.radians(pitch)

    def change(face: Points, _: float) -> Points:
        depth = float(face[list(OVAL), 2].mean())
        x, y, z = face[:, 0], face[:, 1] - 0.5, face[:, 2] - depth
        x, z = x * math.cos(side) - z * math.sin(side), z * math.cos(side) + x * math.sin(side)
        y, z = y * math.cos(nod) - z * math.sin(nod), z * math.cos(nod) + y * math.sin(nod)
        return np.column_stack([x, y + 0.5, z + depth])

    return change


def mouth_at(image: Bgr, opening: float, *, teeth: float = 0.0, lower_teeth: bool = False, seed: int = 0) -> Bgr:
    """The mouth as far open as ``opening`` times its width, with upper teeth down to the share ``teeth`` of it.

    0 closes it, whatever it shows.
    """
    points = mesh_of(image)
    after = points.copy()
    corners = points[[INNER_LIPS[0], INNER_LIPS[10]], :2]
    width = float(np.linalg.norm(corners[1] - corners[0]))
    upper, lower = list(INNER_LIPS[1:10]), list(INNER_LIPS[19:10:-1])
    bow = 1 - np.square(np.linspace(-1, 1, 11)[1:-1])
    line = (0.6 * points[upper, 1] + 0.4 * points[lower, 1]) - 0.12 * opening * width * bow
    bottom = line + opening * width * np.sqrt(bow)
    down = {number: y - points[number, 1] for number, y in zip(upper, line, strict=True)}
    down |= {number: y - points[number, 1] for number, y in zip(lower, bottom, strict=True)}
    lip_line, chin = float(line.mean()), float(points[152, 1])
    for number in range(len(points)):
        x, y = points[number, :2]
        near = math.exp(-(((x - corners[:, 0].mean()) / (0.62 * width)) ** 4))
        if number in down:
            after[number, 1] += down[number]
        elif y > lip_line:
            fall = down[INNER_LIPS[15]]
            after[number, 1] += (
                fall * (near if y < chin - 0.25 * (chin - lip_line) else 1.0) * (0.75 if y > chin - 9 else 1)
            )
        else:
            after[number, 1] += down[INNER_LIPS[5]] * near * max(0.0, 1 - (lip_line - y) / (0.45 * width))
    made = bent(image, points, after, hair=0.0)
    if opening <= 0:
        return made
    return _filled(made, after, width, opening, teeth, lower_teeth, np.random.default_rng(seed))


def _filled(
    image: Bgr, points: Points, width: float, opening: float, teeth: float, lower_teeth: bool, dice: np.random.Generator
) -> Bgr:
    """The inside of a mouth painted between its inner lips: dark, tongue, teeth that are round and lit from above."""
    height, across = image.shape[:2]
    inner = points[list(INNER_LIPS), :2]
    hole = np.zeros((height, across), np.float32)
    cv2.fillPoly(hole, [np.round(inner * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    ys, xs = np.mgrid[0:height, 0:across].astype(np.float32)
    left, right = inner[0], inner[10]
    along = (xs - left[0]) / max(1.0, right[0] - left[0]) * 2 - 1
    top = np.interp(xs[0], inner[:11, 0], inner[:11, 1])[None, :]
    low = np.interp(xs[0], inner[[0, *range(19, 9, -1)], 0], inner[[0, *range(19, 9, -1)], 1])[None, :]
    down = (ys - top) / np.maximum(low - top, 1)
    skin = np.median(image[[round(y) for y in points[[50, 280], 1]], [round(x) for x in points[[50, 280], 0]]], axis=0)
    light = float(skin.mean())
    inside = np.empty_like(image, np.float32)
    inside[:] = np.array((0.16, 0.11, 0.26)) * light
    tongue = np.clip(1.2 - np.hypot(along / 0.7, (down - 1.0) / 0.5), 0, 1)[..., None]
    inside += tongue * (np.array((0.42, 0.38, 0.75)) * light - inside)

    def row(edge: NDArray[np.float32], shade: float) -> None:
        share = np.clip(edge, 0, 1)[..., None]
        grooves = 1 - 0.22 * np.exp(-np.square((np.abs(along) % 0.26 - 0.02) / 0.03))
        colour = np.array((0.97, 1.08, 1.14)) * light * shade * ((1 - 0.55 * along**2) * grooves)[..., None]
        inside[:] += share * (np.minimum(colour, 250) - inside)

    if teeth:
        row((teeth * (1 - 0.25 * along**2) - down) * opening * width / 1.5, 1.0)
    if lower_teeth:
        row((down - 0.78 - 0.1 * along**2) * opening * width / 1.5, 0.8)
    inside *= (0.6 + 0.4 * np.clip(down / 0.15, 0, 1))[..., None]
    inside += dice.normal(0, 2.0, inside.shape)
    share = cv2.GaussianBlur(hole, (0, 0), 1.2)[..., None]
    return np.asarray(np.clip(image + share * (inside - image), 0, 255), np.uint8)
