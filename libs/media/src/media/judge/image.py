"""How good a photo is, 0 to 10, from measures only.

    value = 10 - sum of penalties, not below 0

A penalty grows linearly from nothing at ``fine`` to ``most`` at ``awful`` (``PENALTIES``). A photo scores at least 8
when no fault would be remarked on; the measures are explained in ``media.images.measures`` and
``media.faces.measures``. Given the original, a face that no longer looks the same costs most of all.

Grain, blocks and softness are measured on views at full resolution (``TILE``); faces, and light on them, on a copy of
at most ``FACE_SIDE``, which halves the time for 12 megapixels. A face in the copy looks as bright and as alike as the
large one: values differ by less than 0.1 (tested).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from media.enhance.light import neutral_gains
from media.enhance.noise import denoise
from media.faces.features import EYE_Y, SPAN, align
from media.faces.measures import sharpness
from media.faces.preflight import find_faces
from media.images.measures import blockiness, blur_sigma, light, luma, noise_sigma, tiles
from media.images.photos import decode, fit_within
from media.judge.penalty import Penalty
from media.types import Bgr, Box, Face, Score

TILE = 512
FACE_SIDE = 512
"""Longest side of the copy in which faces are looked for and compared."""


PENALTIES = (
    Penalty("blur", 0.8, 3.5, 6.0, "The picture is soft."),
    Penalty("noise", 1.5, 15.0, 6.0, "The picture is grainy."),
    Penalty("blockiness", 0.2, 1.2, 5.0, "Compression blocks show."),
    Penalty("exposure", 0.4, 0.06, 5.0, "The picture is too dark."),
    Penalty("exposure", 0.86, 0.99, 4.0, "The picture is too bright."),
    Penalty("clipped", 0.12, 0.6, 3.0, "Large parts are pure black or white."),
    Penalty("contrast", 0.45, 0.08, 3.0, "The picture is flat."),
    Penalty("cast", 0.12, 0.35, 1.5, "The colours have a cast."),
    Penalty("resolution", 512.0, 96.0, 5.0, "The picture is small."),
    Penalty("face_similarity", 0.88, 0.55, 6.0, "The face does not look like the original's."),
    Penalty("face_lost", 0.5, 1.0, 5.0, "The original shows a face; this picture does not."),
)


def score_image(image: Bgr, *, original: Bgr | None = None) -> Score:
    """The score of ``image`` with its measures and the reasons for points lost; deterministic.

    Measures: ``blur`` (Gaussian deviation of its sharpest edges, pixels), ``noise`` (deviation, levels),
    ``blockiness`` (steps on the 8 x 8 grid against others, minus 1), ``exposure`` (median luma, of the face where there
    is one, 0 to 1), ``clipped`` (share of black or white pixels), ``contrast`` (luma from the 5th to the 95th
    hundredth, 0 to 1), ``cast`` (largest gain to neutral, minus 1), ``resolution`` (shorter side, pixels), the face's
    ``sharpness``, ``faces`` (those of 24 pixels and more in a copy of ``FACE_SIDE``); with ``original`` also
    ``face_similarity`` (0 to 1) and ``face_lost`` (0 or 1).
    """
    copy = _copy(image)
    faces = find_faces(copy)
    measures = _pixel_measures(image) | _light_measures(image, faces)
    measures |= {"resolution": float(min(image.shape[:2])), "faces": float(len(faces))}
    if faces:
        measures["sharpness"] = _sharpness(image, faces[0].box, image.shape[1] / copy.shape[1])
    if original is not None:
        measures |= _likeness(copy, faces, _copy(original))
    return _verdict(measures)


def score_image_file(path: Path, original: Path | None = None) -> Score:
    """``score_image`` of files. Raises as ``media.images.photos.decode``."""
    return score_image(decode(path), original=None if original is None else decode(original, enough=FACE_SIDE))


def _verdict(measures: dict[str, float]) -> Score:
    losses = [(rule.of(measures[rule.measure]), rule) for rule in PENALTIES if rule.measure in measures]
    value = max(0.0, 10.0 - sum(points for points, _ in losses))
    reasons = tuple(rule.reason for points, rule in sorted(losses, key=lambda loss: -loss[0]) if points >= 0.5)
    return Score(round(value, 3), {name: round(value, 4) for name, value in measures.items()}, reasons)


def _pixel_measures(image: Bgr) -> dict[str, float]:
    """Noise, blockiness and blur from up to nine full-resolution views; blur is the sharpest view's, since a sharp
    subject may stand before a soft background."""
    found = []
    for view in tiles(image, TILE):
        plane = luma(view)
        noise = noise_sigma(plane)
        clean = denoise(plane, noise, passes=1) if noise > 1.5 else plane
        found.append((noise, blockiness(plane), blur_sigma(clean)))
    noises, blocks, blurs = (np.array(values) for values in zip(*found, strict=True))
    edges = blurs[blurs > 0]
    return {
        "noise": float(np.median(noises)),
        "blockiness": float(np.median(blocks)),
        "blur": float(np.quantile(edges, 0.25)) if len(edges) else 3.0,
    }


def _copy(image: Bgr) -> Bgr:
    """``image`` within ``FACE_SIDE``, each pixel the mean of what it replaces."""
    scale = FACE_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _sharpness(image: Bgr, box: Box, scale: float) -> float:
    """Sharpness of the face in ``box`` of a copy ``scale`` times smaller than ``image``, at full resolution."""
    left, top = round(box.x * scale), round(box.y * scale)
    face = image[top : round((box.y + box.height) * scale), left : round((box.x + box.width) * scale)]
    return sharpness(np.asarray(cv2.cvtColor(fit_within(face, 256, 256), cv2.COLOR_BGR2GRAY), np.uint8))


def _light_measures(image: Bgr, faces: tuple[Face, ...]) -> dict[str, float]:
    plane = luma(image)
    seen = light(plane)
    step = max(1, round((plane.size / 250_000) ** 0.5))
    sample = plane[::step, ::step]
    return {
        "exposure": faces[0].exposure if faces else seen.middle / 255,
        "clipped": float(((sample <= 2) | (sample >= 253)).mean()),
        "contrast": seen.spread / 255,
        "cast": float(np.abs(neutral_gains(image) - 1).max()),
    }


def _likeness(image: Bgr, faces: tuple[Face, ...], original: Bgr) -> dict[str, float]:
    """Whether the original's largest face is still there and how alike it is to the most alike face of ``image``."""
    wanted = find_faces(original)
    return _alike(image, faces, original, wanted[0]) if wanted else {}


def face_likeness(image: Bgr, original: Bgr, face: Face) -> dict[str, float]:
    """Whether ``face`` of ``original`` is still there in ``image`` (``face_lost``), and how alike it is to the most
    alike one (``face_similarity``)."""
    return _alike(image, find_faces(image), original, face)


def _alike(image: Bgr, faces: tuple[Face, ...], original: Bgr, wanted: Face) -> dict[str, float]:
    if not faces:
        return {"face_lost": 1.0}
    mark = _descriptor(original, wanted)
    return {"face_lost": 0.0, "face_similarity": max(float(mark @ _descriptor(image, face)) for face in faces)}


def _descriptor(image: Bgr, face: Face) -> NDArray[np.float32]:
    """Histograms of oriented gradients of the face with level eyes at a fixed distance (Dalal & Triggs 2005): unmoved
    by light, colour and size; unit length, so that a dot product is a cosine."""
    patch, _ = align(image, (face.left_eye.x, face.left_eye.y), (face.right_eye.x, face.right_eye.y))
    half = round(0.8 * SPAN)
    middle = patch.shape[1] // 2
    part = patch[EYE_Y - 40 : EYE_Y + 2 * half - 40, middle - half : middle + half]
    grey = np.asarray(cv2.resize(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), (64, 64), interpolation=cv2.INTER_AREA))
    grey = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    size, angle = np.hypot(gx, gy), np.mod(np.arctan2(gy, gx), np.pi) / np.pi * 8
    cells = []
    for direction in range(8):
        away = np.abs(np.mod(angle - direction + 4, 8) - 4)
        cells.append(cv2.resize(size * np.maximum(0, 1 - away), (8, 8), interpolation=cv2.INTER_AREA))
    histogram = np.stack(cells, axis=-1)
    local = histogram / (np.sqrt((cv2.blur(histogram, (3, 3)) ** 2).sum(axis=-1, keepdims=True)) + 2.0)
    return np.asarray(local.ravel() / np.linalg.norm(local), np.float32)
