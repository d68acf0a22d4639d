"""The same face in other light, in other colours, and as a poor picture."""

from __future__ import annotations

import cv2
import numpy as np
from libs.media.tools.faces.shapes import Points, mesh_of
from numpy.typing import NDArray

from media.faces.landmarks import INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from media.types import Bgr

Plane = NDArray[np.float32]


def filled(shape: tuple[int, ...], outline: Points, softness: float) -> Plane:
    """1 inside ``outline``, soft at its edge by ``softness`` pixels."""
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(outline[:, :2] * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), softness) if softness > 0 else mask)


def face_mask(image: Bgr, points: Points) -> Plane:
    """The skin of the face: its oval without eyes and lips."""
    mask = filled(image.shape, points[list(OVAL)], 3)
    for part in (LEFT_EYE, RIGHT_EYE):
        mask = mask * (1 - filled(image.shape, points[list(part)], 1))
    return mask * (1 - filled(image.shape, points[list(INNER_LIPS)], 1))


def _bytes(picture: NDArray[np.floating]) -> Bgr:
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def side_lit(image: Bgr, strength: float) -> Bgr:
    """Light from the viewer's left (negative: right): the other half of the face lies in shadow."""
    points = mesh_of(image)
    oval = points[list(OVAL), 0]
    x = (np.arange(image.shape[1], dtype=np.float32) - oval.mean()) / (np.ptp(oval) / 2)
    shade = np.exp(-1.6 * abs(strength) * np.clip(0.5 + 1.1 * np.sign(strength) * x, 0, 1.6))
    return _bytes(image * shade[None, :, None])


def low_light(image: Bgr, seed: int) -> Bgr:
    """Little light, much noise."""
    noise = np.random.default_rng(seed).normal(0, 7, image.shape)
    return _bytes(255 * (image / 255) ** 1.5 * 0.42 + cv2.GaussianBlur(noise, (0, 0), 0.7) * 1.6)


def candle_lit(image: Bgr) -> Bgr:
    """Warm light from below, dark around."""
    points = mesh_of(image)
    x, y = points[152, :2]
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    near = np.exp(-np.square(np.hypot(xs - x, ys - y) / (2.1 * abs(points[10, 1] - y))) * 1.8)
    return _bytes(image * (0.25 + 0.85 * near[..., None]) * np.array((0.42, 0.74, 1.08)))


def blown(image: Bgr) -> Bgr:
    """Too much light."""
    return _bytes(image * 1.75 + 12)


def toned(image: Bgr, lightness: float, redness: float = 1.0, yellowness: float = 1.0) -> Bgr:
    """Skin of another tone: its lightness and its chroma times these; hair, eyes and teeth stay."""
    points = mesh_of(image)
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    skin = np.median(lab[face_mask(image, points) > 0.9], axis=0)
    alike = np.exp(-np.square((lab[..., 1:] - skin[1:]) / 14).sum(axis=2)) * (lab[..., 0] > 0.35 * skin[0])
    ys, xs = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    centre, reach = points[list(OVAL), :2].mean(axis=0), np.ptp(points[list(OVAL), 1])
    near = np.clip(2.2 - 2 * np.hypot(xs - centre[0], ys - centre[1]) / reach, 0, 1)
    inside = face_mask(image, points)
    share = cv2.GaussianBlur(np.maximum(alike * near, inside * 0.96).astype(np.float32), (0, 0), 1.5)
    for part in (LEFT_EYE, RIGHT_EYE, INNER_LIPS):
        share *= 1 - 0.85 * filled(image.shape, points[list(part)], 1)
    lab[..., 0] *= 1 + share * (lightness - 1)
    lab[..., 1] *= 1 + share * (redness * lightness**0.4 - 1)
    lab[..., 2] *= 1 + share * (yellowness * lightness**0.4 - 1)
    return _bytes(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR) * 255)


def lips_toned(image: Bgr, colour: tuple[int, int, int], share: float) -> Bgr:
    """Lips of another colour (BGR), as lipstick at a high share."""
    points = mesh_of(image)
    mask = filled(image.shape, points[list(OUTER_LIPS)], 1.2) * (1 - filled(image.shape, points[list(INNER_LIPS)], 0.8))
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    usual = max(1.0, float(np.median(grey[mask > 0.8])))
    painted = np.array(colour, np.float32) * (grey / usual)[..., None]
    return _bytes(image + share * mask[..., None] * (painted - image))


def hair_toned(image: Bgr, colour: tuple[float, float, float]) -> Bgr:
    """Everything but the face in other colours: gains for blue, green and red."""
    points = mesh_of(image)
    mask = filled(image.shape, points[list(OVAL)], 6)[..., None]
    return _bytes(image * (mask + (1 - mask) * np.array(colour)))


def aged(image: Bgr, seed: int) -> Bgr:
    """Folds beside the mouth, under the eyes and on the forehead, spots, grey hair."""
    points = mesh_of(image)
    unit = float(np.linalg.norm(points[263, :2] - points[33, :2]))
    dice = np.random.default_rng(seed)
    folds = np.zeros(image.shape[:2], np.float32)
    lines = [(129, 206, 57), (358, 426, 287), (226, 111, 120), (446, 340, 349), (109, 108, 107), (338, 337, 336)]
    lines += [(71, 69, 108, 151, 337, 299, 301), (21, 104, 10, 333, 251), (61, 204, 169), (291, 424, 394)]
    for line in lines:
        path = points[list(line), :2] + dice.normal(0, 0.008 * unit, (len(line), 2))
        cv2.polylines(
            folds, [np.round(path * 16).astype(np.int32)], False, 1.0, max(1, round(0.012 * unit)), cv2.LINE_AA, 4
        )
    folds = cv2.GaussianBlur(folds, (0, 0), 0.012 * unit)
    lit = np.roll(folds, round(0.018 * unit), axis=0)
    spots = cv2.GaussianBlur((dice.random(image.shape[:2]) > 0.9993).astype(np.float32), (0, 0), 0.012 * unit)
    mask = face_mask(image, points)
    change = mask * (0.2 * lit - 0.42 * folds - 1.2 * spots)
    hair = (1 - filled(image.shape, points[list(OVAL)], 8)) * (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) < 110)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) * 1.35 + 45
    share = 0.75 * cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 3)[..., None]
    near = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(
        near,
        tuple(np.round(points[168, :2]).astype(int).tolist()),
        (round(1.6 * unit), round(2 * unit)),
        0,
        0,
        360,
        1,
        -1,
    )
    share *= cv2.GaussianBlur(near, (0, 0), 8)[..., None]
    return _bytes((image + share * (grey - image)) * (1 + change[..., None]))


def small_jpeg(image: Bgr, side: int, quality: int) -> Bgr:
    """Reduced to ``side`` pixels and compressed."""
    small = cv2.resize(image, (side, round(side * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def noisy(image: Bgr, sigma: float, seed: int) -> Bgr:
    """With noise of a deviation of ``sigma``."""
    return _bytes(image + np.random.default_rng(seed).normal(0, sigma, image.shape))


def blurred(image: Bgr, sigma: float) -> Bgr:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def grey(image: Bgr) -> Bgr:
    """Without colour."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
