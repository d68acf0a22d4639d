"""The person apart from what is behind: cut out, blurred background, and crops that keep the face.

The cut is GrabCut (Rother, Kolmogorov & Blake 2004) on a reduced copy, told by the face where head and body must be,
then brought to full size along the photo's own edges with a guided filter (He, Sun & Tang 2010).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.preflight import find_faces
from media.images.guided import guided
from media.images.measures import luma
from media.images.photos import fit_within, resize
from media.types import Bgr, Face

WORK_SIDE = 420
_ROUNDS = 5

Mask = NDArray[np.uint8]


def alpha(image: Bgr, *, faces: tuple[Face, ...] | None = None, side: int = WORK_SIDE) -> NDArray[np.float32]:
    """How much each pixel belongs to the persons in front, 0 to 1, (height, width) float32; without a face, to what
    stands in the middle. Deterministic. ``faces`` saves looking for them again; a smaller ``side`` of the reduced copy
    is quicker and coarser.
    """
    known = find_faces(image) if faces is None else faces
    small = fit_within(image, side, side)
    scale = small.shape[1] / image.shape[1]
    seeds = _seeds((small.shape[0], small.shape[1]), known, scale)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cut = np.asarray(cv2.grabCut(small, seeds, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)[0])
    hard = np.where((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD), np.uint8(255), np.uint8(0))
    hard = _without_islands(hard)
    size = (image.shape[1], image.shape[0])
    whole = np.asarray(cv2.resize(hard, size, interpolation=cv2.INTER_LINEAR), np.float32) / np.float32(255)
    guide = luma(image) / np.float32(255)
    radius = max(2, round(0.006 * max(image.shape[:2])))
    soft = guided(guide, whole, radius, 1e-4)
    return np.asarray(np.clip((soft - 0.08) / 0.84, 0, 1), np.float32)


def _seeds(shape: tuple[int, int], faces: tuple[Face, ...], scale: float) -> Mask:
    """Where persons surely, probably, probably not and surely not are."""
    height, width = shape
    seeds = np.full(shape, cv2.GC_PR_BGD, np.uint8)
    if not faces:
        _ellipse(seeds, (width / 2, height / 2), (0.38 * width, 0.42 * height), cv2.GC_PR_FGD)
        _ellipse(seeds, (width / 2, height / 2), (0.15 * width, 0.18 * height), cv2.GC_FGD)
    for face in faces:
        _draw_person(seeds, face, scale)
    edge = max(1, round(0.015 * max(shape)))
    for border in (seeds[:edge], seeds[:, :edge], seeds[:, -edge:]):
        border[border == cv2.GC_PR_BGD] = cv2.GC_BGD
    return seeds


def _draw_person(seeds: Mask, face: Face, scale: float) -> None:
    height = seeds.shape[0]
    side = face.box.width * scale
    x, y = (face.box.x + face.box.width / 2) * scale, (face.box.y + face.box.height / 2) * scale
    chin = y + 0.62 * side
    shoulders = np.array(
        [
            (x - 0.45 * side, chin - 0.1 * side),
            (x + 0.45 * side, chin - 0.1 * side),
            (x + 1.5 * side, chin + 1.0 * side),
            (x + 1.7 * side, height),
            (x - 1.7 * side, height),
            (x - 1.5 * side, chin + 1.0 * side),
        ]
    )
    cv2.fillPoly(seeds, [np.round(shoulders).astype(np.int32)], cv2.GC_PR_FGD)
    _ellipse(seeds, (x, y - 0.15 * side), (0.75 * side, 0.95 * side), cv2.GC_PR_FGD)
    trunk = np.array(
        [
            (x - 0.22 * side, y),
            (x + 0.22 * side, y),
            (x + 0.55 * side, chin + 1.2 * side),
            (x + 0.6 * side, height),
            (x - 0.6 * side, height),
            (x - 0.55 * side, chin + 1.2 * side),
        ]
    )
    cv2.fillPoly(seeds, [np.round(trunk).astype(np.int32)], cv2.GC_FGD)
    _ellipse(seeds, (x, y), (0.4 * side, 0.55 * side), cv2.GC_FGD)


def _ellipse(seeds: Mask, centre: tuple[float, float], radii: tuple[float, float], label: int) -> None:
    cv2.ellipse(seeds, (round(centre[0]), round(centre[1])), (round(radii[0]), round(radii[1])), 0, 0, 360, label, -1)


def _without_islands(hard: Mask) -> Mask:
    """The large parts only, with their small holes filled."""
    for value in (255, 0):
        count, labels, stats, _ = cv2.connectedComponentsWithStats((hard == value).astype(np.uint8), connectivity=4)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] < 0.01 * hard.size:
                hard[labels == label] = 255 - value
    return hard


def remove(image: Bgr) -> NDArray[np.uint8]:
    """The photo as (height, width, 4) BGRA with a transparent background; colours at soft edges are freed of it."""
    matte = alpha(image)
    return np.dstack([before(image, matte), (matte * 255 + 0.5).astype(np.uint8)])


def before(image: Bgr, matte: NDArray[np.float32]) -> Bgr:
    """The photo's colours with those of the background taken out of soft edges, fit to stand before another one."""
    behind = _filled_background(image, matte)
    share = np.maximum(matte, 0.05)[..., None]
    pure = (image.astype(np.float32) - (1 - matte[..., None]) * behind) / share
    edge = (matte > 0.05) & (matte < 0.95)
    colour = np.where(edge[..., None], np.clip(pure, 0, 255), image)
    return np.asarray((colour + 0.5).astype(np.uint8))


def blur(image: Bgr, radius: float, *, matte: NDArray[np.float32] | None = None) -> Bgr:
    """The photo with its background out of focus by ``radius`` pixels; the person does not bleed into it. ``matte``
    saves looking for the person again."""
    cut = alpha(image) if matte is None else matte
    soft = _filled_background(image, cut, radius)
    mixed = image * cut[..., None] + soft * (1 - cut[..., None])
    return np.asarray((mixed + 0.5).astype(np.uint8))


def _filled_background(image: Bgr, matte: NDArray[np.float32], radius: float | None = None) -> NDArray[np.float32]:
    """The background blurred over ``radius``, with what is behind the person filled from around (normalised
    convolution; Knutsson & Westin 1993). What becomes so soft is computed on a copy that can still hold it."""
    spread = radius or max(3.0, 0.01 * max(image.shape[:2]))
    reduce = max(1, int(spread // 4))
    whole = (image.shape[1], image.shape[0])
    size = (max(1, whole[0] // reduce), max(1, whole[1] // reduce))
    weight = (1 - matte) ** 2 + np.float32(1e-4)
    planes = np.asarray(image * weight[..., None], np.float32), np.asarray(weight, np.float32)
    total, share = (
        cv2.GaussianBlur(
            plane if reduce == 1 else cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), spread / reduce
        )
        for plane in planes
    )
    soft = np.asarray(total / share[..., None], np.float32)
    return np.asarray(soft if reduce == 1 else cv2.resize(soft, whole, interpolation=cv2.INTER_LINEAR), np.float32)


def reframe(image: Bgr, width: int, height: int) -> Bgr:
    """The photo cropped to the aspect of ``width`` x ``height`` and scaled to it: as much as fits, the faces (the
    largest first) inside, the eyes about two fifths from the top.
    """
    tall, wide = image.shape[:2]
    scale = max(width / wide, height / tall)
    crop_wide, crop_tall = min(wide, round(width / scale)), min(tall, round(height / scale))
    x, y = _focus(find_faces(image), wide, tall, crop_wide)
    left = int(np.clip(round(x - crop_wide / 2), 0, wide - crop_wide))
    top = int(np.clip(round(y - 0.4 * crop_tall), 0, tall - crop_tall))
    return resize(np.ascontiguousarray(image[top : top + crop_tall, left : left + crop_wide]), width, height)


def _focus(faces: tuple[Face, ...], wide: int, tall: int, crop_wide: int) -> tuple[float, float]:
    """The point to keep: between the eyes of the largest face, moved to the middle of all faces that fit with it."""
    if not faces:
        return wide / 2, 0.4 * tall
    first = faces[0]
    low, high = first.box.x, first.box.x + first.box.width
    for face in faces[1:]:
        wider = min(low, face.box.x), max(high, face.box.x + face.box.width)
        if wider[1] - wider[0] <= crop_wide:
            low, high = wider
    return (low + high) / 2, (first.left_eye.y + first.right_eye.y) / 2
