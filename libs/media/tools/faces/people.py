"""Other people: faces of the small grey portraits that scikit-image brings, made large with one portrait's fine detail;
faces drawn with a pen; and figures cut from stone or cast, lit by the mesh's depths.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from libs.media.tools.faces.light import filled
from libs.media.tools.faces.shapes import Points, bent, mesh_of
from scipy.interpolate import LinearNDInterpolator

from media.faces.landmarks import INNER_LIPS, LEFT_BROW, OUTER_LIPS, OVAL, RIGHT_BROW
from media.types import Bgr

SIDE = 640
_FINE = 9.0  # pixels: what is finer than the small portraits know


@cache
def _portraits() -> np.ndarray:
    """100 faces of 25 x 25 pixels (Labeled Faces in the Wild), 0 to 1."""
    return np.asarray(np.load(Path(skimage.__file__).parent / "data" / "lfw_subset.npy")[:100])


def person(number: int, portrait: Bgr, *, skin: tuple[float, float, float] = (0.62, 0.80, 1.10)) -> Bgr:
    """The face of small portrait ``number`` with the pores, lashes and lip lines of ``portrait``, in colour.

    Form, light, hair, glasses and expression are those of the small one.
    """
    small = np.pad((_portraits()[number] * 255).astype(np.float32), 5, mode="reflect")
    coarse = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    coarse = np.clip(cv2.GaussianBlur(coarse, (0, 0), 4), 0, 255)
    edge = cv2.GaussianBlur(np.pad(np.ones((400, 400), np.float32), 120), (0, 0), 30)
    coarse = edge * coarse + (1 - edge) * cv2.GaussianBlur(coarse, (0, 0), 45)
    after = mesh_of(cv2.cvtColor(coarse.astype(np.uint8), cv2.COLOR_GRAY2BGR))
    other = np.asarray(cv2.resize(portrait, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    moved = bent(other, mesh_of(other), after, hair=1.0).astype(np.float32)
    luma = cv2.cvtColor(moved.astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(np.float32)
    face = filled(coarse.shape, after[list(OVAL)], 10)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), _FINE)
    lips = filled(coarse.shape, after[list(OUTER_LIPS)], 3) * (1 - filled(coarse.shape, after[list(INNER_LIPS)], 1.5))
    # The forehead is left out: there the fine detail is another person's hair.
    below = np.vstack(
        [after[list(LEFT_BROW + RIGHT_BROW)] - (0, 12, 0), after[list(OVAL[14:]), :], after[list(OVAL[:2]), :]]
    )
    made = coarse + 0.85 * filled(coarse.shape, cv2.convexHull(below[:, :2].astype(np.float32))[:, 0], 6) * face * fine
    hair = np.clip((95 - coarse) / 40, 0, 1) * (1 - face)
    tint = np.array(skin, np.float32)
    tint = tint / float(tint @ np.array((0.114, 0.587, 0.299), np.float32))
    warm = np.clip(face + 0.5 * (1 - hair), 0, 1)[..., None]
    colour = 1 + warm * (tint - 1)
    colour = colour * (1 + (lips * 0.9)[..., None] * (np.array((0.93, 0.84, 1.1), np.float32) - 1))
    return np.asarray(np.clip(made[..., None] * colour, 0, 255), np.uint8)


def drawn(seed: int, *, ink: bool = True) -> Bgr:
    """A face drawn with flat colours and a pen: head, ears, hair, brows, eyes, nose, mouth; all of it by ``seed``."""
    dice = np.random.default_rng(seed)
    image = np.full((SIDE, SIDE, 3), dice.integers(150, 235, 3), np.uint8)
    skin = np.array(
        [(150, 190, 235), (95, 135, 190), (60, 85, 130), (190, 210, 245)][int(dice.integers(4))], np.float64
    )
    hair = np.array([(25, 30, 40), (40, 70, 110), (60, 140, 200), (120, 120, 125)][int(dice.integers(4))], np.float64)
    line = tuple((hair * 0.3).astype(int).tolist())
    cx, cy, wide, high = SIDE // 2, 330, 135 * (0.9 + 0.25 * dice.random()), 185 * (0.92 + 0.16 * dice.random())

    def tuple_of(colour: Points) -> tuple[int, ...]:
        return tuple(int(value) for value in np.clip(colour, 0, 255))

    def oval(x: float, y: float, a: float, b: float, colour: Points, *, edge: int = 3, tilt: float = 0) -> None:
        at, size = (round(x), round(y)), (round(a), round(b))
        cv2.ellipse(image, at, size, tilt, 0, 360, tuple_of(colour), -1, cv2.LINE_AA)
        if edge and ink:
            cv2.ellipse(image, at, size, tilt, 0, 360, line, edge, cv2.LINE_AA)

    def stroke(points: list[tuple[float, float]], colour: Points, width: int) -> None:
        path = np.array(points)
        at = np.linspace(0, 1, 20)[:, None]
        bow = (1 - at) ** 2 * path[0] + 2 * at * (1 - at) * path[1] + at**2 * path[2]
        cv2.polylines(image, [np.round(bow * 16).astype(np.int32)], False, tuple_of(colour), width, cv2.LINE_AA, 4)

    oval(cx, cy - 50, wide * 1.2, high * 1.02, hair)
    cv2.rectangle(image, (round(cx - 50), 470), (round(cx + 50), SIDE), tuple_of(skin * 0.9), -1)
    oval(cx, SIDE + 60, 260, 130, dice.integers(40, 200, 3).astype(float))
    for side in (-1, 1):
        oval(cx + side * wide * 0.99, cy, 20, 34, skin * 0.95)
    oval(cx, cy, wide, high, skin)
    cv2.ellipse(
        image,
        (cx, round(cy - high * 0.72)),
        (round(wide * 0.92), round(high * 0.36)),
        0,
        180,
        360,
        tuple_of(hair),
        -1,
        cv2.LINE_AA,
    )
    apart, eye_y, big = wide * 0.44, cy - high * 0.1, 24 * (0.9 + 0.5 * dice.random())
    iris = dice.integers(30, 150, 3).astype(float)
    for side in (-1, 1):
        x = cx + side * apart
        oval(x, eye_y, big * 1.15, big * 0.68, np.array((245.0, 245, 245)))
        oval(x, eye_y, big * 0.5, big * 0.55, iris, edge=2)
        oval(x, eye_y, big * 0.22, big * 0.25, np.array((15.0, 15, 15)), edge=0)
        oval(x - 4, eye_y - 4, 3, 3, np.array((255.0, 255, 255)), edge=0)
        stroke([(x - big * 1.3, eye_y - 1), (x, eye_y - big * 1.25), (x + big * 1.3, eye_y - 1)], np.array(line), 5)
        stroke(
            [(x - big * 1.3, eye_y - big * 1.6), (x, eye_y - big * 2.2), (x + big * 1.3, eye_y - big * 1.6)],
            hair * 0.7,
            8,
        )
        oval(x * 1.02 - cx * 0.02, cy + high * 0.28, 26, 16, skin * (0.9, 0.92, 1.0), edge=0)
    nose = cy + high * 0.24
    stroke([(cx - 2, eye_y + 20), (cx + 16, nose - 6), (cx + 12, nose)], skin * 0.68, 4)
    stroke([(cx - 14, nose), (cx, nose + 10), (cx + 14, nose)], skin * 0.6, 4)
    y, half, smile = cy + high * 0.52, wide * (0.33 + 0.12 * dice.random()), 14 * dice.random()
    lip = np.array((95.0, 85, 190)) * (0.7 + 0.4 * dice.random())
    top = [
        (cx - half, y - smile),
        (cx - half * 0.3, y - 15),
        (cx, y - 9),
        (cx + half * 0.3, y - 15),
        (cx + half, y - smile),
    ]
    low = [(cx + half * 0.5, y + 17), (cx, y + 22), (cx - half * 0.5, y + 17)]
    cv2.fillPoly(image, [np.round(np.array(top + low) * 16).astype(np.int32)], tuple_of(lip), cv2.LINE_AA, 4)
    stroke([(cx - half, y - smile), (cx, y + smile + 3), (cx + half, y - smile)], lip * 0.4, 4)
    soft = cv2.GaussianBlur(image, (0, 0), 0.8)
    if ink:
        return np.asarray(soft, np.uint8)
    ys, xs = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    shade = 1.08 - 0.35 * np.clip(np.hypot((xs - cx + 60) / 260, (ys - cy + 60) / 330), 0, 1.3)
    rough = cv2.GaussianBlur(dice.normal(0, 22, (SIDE, SIDE, 1)), (7, 3), 0)[..., None]
    return np.asarray(np.clip(cv2.bilateralFilter(soft, 9, 40, 9) * shade[..., None] + rough, 0, 255), np.uint8)


def oiled(image: Bgr, brush: int = 5) -> Bgr:
    """Painted with a brush: each place takes the colour that is most frequent around it, and canvas shows."""
    tidy = cv2.pyrMeanShiftFiltering(image, brush, 22)
    grey = cv2.cvtColor(tidy, cv2.COLOR_BGR2GRAY) // 24
    counts = np.stack([cv2.boxFilter((grey == level).astype(np.float32), -1, (brush, brush)) for level in range(11)])
    best = counts.argmax(axis=0)
    made = np.zeros(image.shape, np.float32)
    for level in range(11):
        alike = (grey == level).astype(np.float32)
        total = cv2.boxFilter(alike, -1, (brush, brush))
        mean = cv2.boxFilter(tidy * alike[..., None], cv2.CV_32F, (brush, brush)) / np.maximum(total, 1e-3)[..., None]
        made[best == level] = mean[best == level]
    canvas = (
        1
        + 0.03
        * np.sin(np.arange(image.shape[1]) * 1.9)[None, :, None]
        * np.sin(np.arange(image.shape[0]) * 1.7)[:, None, None]
    )
    return np.asarray(np.clip(made * canvas * (0.96, 1.0, 1.03), 0, 255), np.uint8)


def sketched(image: Bgr) -> Bgr:
    """Pencil on paper."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    soft = cv2.GaussianBlur(255 - grey, (0, 0), 7)
    pencil = cv2.divide(grey, 255 - soft, scale=235).astype(np.float32) * (0.72 + 0.28 * grey / 255)
    return np.asarray(np.clip(pencil[..., None] * (0.93, 0.98, 1.0), 0, 255), np.uint8)


def statue(image: Bgr, stone: tuple[float, float, float], seed: int) -> Bgr:
    """The person of ``image`` in one material: no colours, lips and brows as light as skin, shaded by depth."""
    points = mesh_of(image)
    dice = np.random.default_rng(seed)
    height, width = image.shape[:2]
    rows, columns = np.mgrid[0:height:4, 0:width:4]
    depth = LinearNDInterpolator(points[:, :2], points[:, 2], fill_value=float(points[list(OVAL), 2].mean()))
    surface = cv2.GaussianBlur(depth(columns, rows).astype(np.float32), (0, 0), 2)
    slope_x, slope_y = cv2.Sobel(surface, cv2.CV_32F, 1, 0) / 32, cv2.Sobel(surface, cv2.CV_32F, 0, 1) / 32
    shade = np.clip((0.5 * slope_x + 0.6 * slope_y + 0.75) / np.sqrt(1 + slope_x**2 + slope_y**2), 0.12, 1.1)
    shade = cv2.resize(shade, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    skin = np.median(grey[filled(image.shape, points[list(OVAL)], 0) > 0.5])
    relief = grey.copy()
    for part in (OUTER_LIPS, LEFT_BROW, RIGHT_BROW):
        outline = points[list(part)]
        mask = filled(
            image.shape, outline if part is OUTER_LIPS else np.vstack([outline, outline[::-1] + np.array((0, 9, 0))]), 4
        )
        relief += 0.6 * mask * (skin - relief)
    lit = 0.55 * shade * 255 * 0.8 + 0.45 * relief * 150 / max(skin, 1.0)
    veins = cv2.GaussianBlur(dice.normal(0, 1, (height, width)), (0, 0), 1.2) * 14
    return np.asarray(np.clip((lit + veins)[..., None] * stone, 0, 255), np.uint8)
