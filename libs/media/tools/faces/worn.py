"""What faces wear: glasses, strands of hair before the eyes, moustaches, beards; painted stroke by stroke."""

from __future__ import annotations

import cv2
import numpy as np
from libs.media.tools.faces.light import filled
from libs.media.tools.faces.shapes import Points, mesh_of, middle, unit_of

from media.faces.landmarks import LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from media.types import Bgr

Colour = tuple[int, int, int]


def _line(image: Bgr, path: Points, colour: Colour, width: float) -> None:
    cv2.polylines(
        image, [np.round(path[:, :2] * 16).astype(np.int32)], False, colour, max(1, round(width)), cv2.LINE_AA, 4
    )


def glasses(image: Bgr, width: float, colour: Colour, *, round_ones: bool = True, shine: float = 0.0) -> Bgr:
    """Spectacles with rims ``width`` of an eye distance thick; ``shine`` lays light on the lenses."""
    points, made = mesh_of(image), image.copy()
    unit = unit_of(points)
    thick = max(1.0, width * unit)
    left, right = middle(points, LEFT_EYE), middle(points, RIGHT_EYE)
    roll = np.degrees(np.arctan2(*(right - left)[::-1]))
    bound = []
    for eye, side in ((left, -1), (right, 1)):
        across = float(np.linalg.norm(points[33 if side < 0 else 263, :2] - points[133 if side < 0 else 362, :2]))
        half = np.array((0.86 * across, (0.78 if round_ones else 0.5) * across))
        angle = np.linspace(0, 2 * np.pi, 64)
        power = 1.0 if round_ones else 0.45
        ring = np.column_stack(
            [
                half[0] * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power,
                half[1] * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power,
            ]
        )
        turn = np.deg2rad(roll)
        ring = ring @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + eye + (0, 0.06 * unit)
        if shine:
            lens = filled(image.shape, ring, 1)[..., None]
            streak = np.linspace(0.2, 1, image.shape[1], dtype=np.float32)[None, :, None]
            made = np.asarray(np.clip(made + shine * lens * streak * (235 - made.astype(np.float32)), 0, 255), np.uint8)
        _line(made, ring, colour, thick)
        bound.append(ring)
    inner = np.array([bound[0][np.argmax(bound[0][:, 0])], bound[1][np.argmin(bound[1][:, 0])]])
    bridge = np.array([inner[0], (inner[0] + inner[1]) / 2 - (0, 0.05 * unit), inner[1]])
    _line(made, bridge, colour, thick)
    for ring, at, temple in ((bound[0], np.argmin, 127), (bound[1], np.argmax, 356)):
        _line(made, np.array([ring[at(ring[:, 0])], points[temple, :2]]), colour, thick)
    return made


def strands(image: Bgr, count: int, seed: int, colour: Colour = (28, 34, 48)) -> Bgr:
    """Hair that hangs over one or both eyes."""
    points, made, dice = mesh_of(image), image.copy(), np.random.default_rng(seed)
    unit = unit_of(points)
    top = points[10, :2]
    for _ in range(count):
        eye = middle(points, LEFT_EYE if dice.random() < 0.6 else RIGHT_EYE)
        start = top + np.array((dice.normal(0, 0.35) * unit, -0.35 * unit))
        end = eye + np.array((dice.normal(-0.1, 0.25) * unit, (0.2 + 0.4 * dice.random()) * unit))
        bow = (start + end) / 2 + (dice.normal(0, 0.18) * unit, 0)
        at = np.linspace(0, 1, 24)[:, None]
        path = (1 - at) ** 2 * start + 2 * at * (1 - at) * bow + at**2 * end
        shade = 0.7 + 0.6 * dice.random()
        _line(made, path, tuple(int(value * shade) for value in colour), 0.018 * unit)  # type: ignore[arg-type]
    return np.asarray(cv2.GaussianBlur(made, (0, 0), 0.5), np.uint8)


def _haired(image: Bgr, mask: Points, colour: Colour, seed: int, length: float, dense: float) -> Bgr:
    """Short strokes that fall from every place of ``mask`` outwards from its middle."""
    made, dice = image.copy(), np.random.default_rng(seed)
    rows, columns = np.nonzero(dice.random(mask.shape) < dense * mask)
    centre = columns.mean() if len(columns) else 0.0
    under = np.asarray(np.array(colour), np.float32)
    share = 0.6 * np.minimum(1, cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2))[..., None]
    made = np.asarray(made + share * (under - made), np.uint8)
    for x, y in zip(columns, rows, strict=True):
        lean = 0.7 * np.sign(x - centre) * min(1.0, abs(x - centre) / (12 * length)) + dice.normal(0, 0.25)
        shade = 0.55 + 0.9 * dice.random()
        path = np.array([(x, y), (x + lean * length, y + length * (0.6 + 0.5 * dice.random()))])
        _line(made, path, tuple(int(min(255, value * shade)) for value in colour), 1)  # type: ignore[arg-type]
    return np.asarray(cv2.GaussianBlur(made, (0, 0), 0.6), np.uint8)


def moustache(image: Bgr, colour: Colour, seed: int, *, over: float = 0.3) -> Bgr:
    """Hair under the nose that hangs over the share ``over`` of the upper lip."""
    points = mesh_of(image)
    upper = points[list(OUTER_LIPS[:11]), :2]
    inner = points[[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308], :2]
    nose = points[2, 1]
    low = upper + over * (inner - upper)
    high = upper - np.column_stack([np.zeros(11), (0.82 - 0.5 * np.linspace(-1, 1, 11) ** 2) * (upper[5, 1] - nose)])
    wide = (np.vstack([high, low[::-1]]) - upper[5]) * (1.12, 1) + upper[5]
    return _haired(image, filled(image.shape, wide, 1.5), colour, seed, 0.09 * unit_of(points), 0.13)


def beard(image: Bgr, colour: Colour, seed: int, *, dense: float = 0.09) -> Bgr:
    """Hair on jaw, chin and upper lip around the bare lips."""
    points = mesh_of(image)
    oval = points[list(OVAL), :2]
    jaw = np.vstack([oval[16:36], [points[205, :2], points[2, :2] + (0, 0.04 * unit_of(points)), points[425, :2]]])
    mask = filled(image.shape, jaw, 4) * (1 - filled(image.shape, points[list(OUTER_LIPS)], 1.5))
    return _haired(image, mask, colour, seed, 0.07 * unit_of(points), dense)


def hand(image: Bgr, seed: int, lean: float = 0.0) -> Bgr:
    """Four fingers of the same person over the mouth, ``lean`` degrees from level."""
    points, made, dice = mesh_of(image), image.astype(np.float32), np.random.default_rng(seed)
    unit = unit_of(points)
    cheeks = np.round(points[[50, 280], :2]).astype(int)
    skin = np.median([image[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3) for x, y in cheeks], axis=(0, 1))
    mouth, turn = points[list(OUTER_LIPS), :2].mean(axis=0), np.deg2rad(lean)
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    along = (xs - mouth[0]) * np.cos(turn) + (ys - mouth[1]) * np.sin(turn)
    across = (ys - mouth[1]) * np.cos(turn) - (xs - mouth[0]) * np.sin(turn)
    thick = 0.17 * unit
    for finger in range(-2, 2):
        reach = (0.55 + 0.12 * dice.random()) * unit
        away = (across - (finger + 0.5) * 1.06 * thick) / (0.53 * thick)
        end = np.maximum(0, np.maximum(along - reach, -along - 2.2 * unit)) / (0.53 * thick)
        round_off = np.hypot(away, end)
        share = np.clip((1.05 - round_off) * 6, 0, 1)[..., None]
        bends = sum(np.exp(-np.square((along - at * unit) / (0.03 * unit))) for at in (-0.25, 0.2))
        light = 1.04 - 0.38 * round_off**3 - 0.07 * np.asarray(bends)
        colour = skin * (0.94 + 0.1 * dice.random()) * light[..., None]
        made += share * (colour - made)
    made += dice.normal(0, 2.0, image.shape)
    return np.asarray(cv2.GaussianBlur(np.clip(made, 0, 255).astype(np.uint8), (0, 0), 0.7), np.uint8)
