"""Whether an edit kept what it was not to change, and the edit with that put back.

An editor that draws the whole picture anew moves it by a few pixels, softens it, or makes the face somebody else's.
Where a mask says what may change, the rest is compared: how far it has moved (phase correlation; Kuglin & Hines 1975)
and how much is different once fine grain, which compressing changes anyway, is smoothed away. The face of the original
is compared where it was to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import NotUsable
from media.faces.preflight import find_faces
from media.images.measures import luma
from media.images.photos import decode, resize, write_png
from media.judge.image import face_likeness
from media.types import Bgr, Face

LEAST_LIKENESS_DB = 30.0
"""Outside the mask. A picture compressed again has 35 and more; one that was drawn anew, or moved, has less."""
MOST_SHIFT_PX = 1.0
LEAST_FACE_SIMILARITY = 0.8
MOST_DB = 99.0
"""Said of what is the same."""

_SIDE = 1024
"""Longest side of the copies that are compared."""
_ASPECT_TOLERANCE = 0.02
_LEAST_OUTSIDE = 0.02
"""A smaller share of the picture outside the mask tells nothing."""
_WHITE = 128

Opacity = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Drift:
    """What an edit changed that it was not to. ``reasons`` for a person, none where it kept to its task."""

    measures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether more changed than may."""
        return bool(self.reasons)


def drift(original: Bgr, edited: Bgr, mask: Bgr | None = None) -> Drift:
    """What ``edited`` changed of ``original`` that it was not to: outside the white of ``mask``, and of the face.

    Measures: ``outside_db`` (PSNR of luma outside the mask), ``outside_shift`` (pixels of the original), both only with
    a mask that leaves something outside; ``face_similarity`` (0 to 1) and ``face_lost`` where the original shows a face
    that was to be kept; ``aspect_changed`` (0 or 1).
    """
    changed = None if mask is None else _white(mask, original)
    return _drift(original, edited, changed, _kept_face(original, changed))


def _drift(original: Bgr, edited: Bgr, changed: Opacity | None, kept: Face | None) -> Drift:
    measures: dict[str, float] = {"aspect_changed": float(_aspect_differs(original, edited))}
    reasons: list[str] = []
    if measures["aspect_changed"]:
        reasons.append("The picture has another shape than the original.")
    same = resize(edited, original.shape[1], original.shape[0])
    if changed is not None and (1 - changed).mean() >= _LEAST_OUTSIDE:
        measures |= _outside(original, same, changed)
        if measures["outside_shift"] > MOST_SHIFT_PX:
            reasons.append(f"The picture has moved by {measures['outside_shift']:.1f} pixels outside the mask.")
        if measures["outside_db"] < LEAST_LIKENESS_DB:
            reasons.append("Much has changed outside the mask.")
    if kept is not None:
        measures |= (likeness := face_likeness(same, original, kept))
        if likeness["face_lost"]:
            reasons.append("The original shows a face; this picture does not.")
        elif likeness["face_similarity"] < LEAST_FACE_SIMILARITY:
            reasons.append("The face does not look like the original's.")
    return Drift({name: round(value, 4) for name, value in measures.items()}, tuple(reasons))


def composite(original: Bgr, edited: Bgr, mask: Bgr | None = None) -> Bgr:
    """The original, with what ``edited`` shows where ``mask`` is white: moved back to where it belongs, and blended
    inside the mask alone, so that outside every pixel is the original's. Without a mask the face stays the original's.

    Raises ``NotUsable`` without a mask and without a face.
    """
    if mask is not None:
        return _composite(original, edited, _white(mask, original), None)
    return _composite(original, edited, None, _kept_face(original, None))


def _composite(original: Bgr, edited: Bgr, changed: Opacity | None, kept: Face | None) -> Bgr:
    same = resize(edited, original.shape[1], original.shape[0])
    if changed is not None:
        across, down = _shift(original, same, changed)
        if 0.25 < max(abs(across), abs(down)) < 0.1 * min(original.shape[:2]):
            back = np.array([[1, 0, -across], [0, 1, -down]], np.float64)
            same = np.asarray(
                cv2.warpAffine(
                    same, back, (same.shape[1], same.shape[0]), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
                ),
                np.uint8,
            )
    elif kept is not None:
        changed = 1 - _oval(original, kept)
    else:
        raise NotUsable("There is neither a mask nor a face to be kept.", code="NOTHING_TO_KEEP")
    soft = _feathered(changed)[..., None]
    mixed = same * soft + original * (1 - soft)
    return np.asarray((mixed + 0.5).astype(np.uint8))


def guard_file(original: Path, edited: Path, mask: Path | None, out: Path) -> Drift:
    """``drift`` of files; where it is over, ``composite`` is written to ``out`` as PNG, if there is one.

    Raises as ``media.images.photos.decode`` and ``write_png``.
    """
    first, second = decode(original), decode(edited, max_side=8192)
    changed = None if mask is None else _white(decode(mask), first)
    kept = _kept_face(first, changed)
    found = _drift(first, second, changed, kept)
    if found.is_over and (changed is not None or kept is not None):
        write_png(_composite(first, second, changed, kept), out)
    return found


def _aspect_differs(original: Bgr, edited: Bgr) -> bool:
    one, two = (image.shape[1] / image.shape[0] for image in (original, edited))
    return bool(abs(one / two - 1) > _ASPECT_TOLERANCE)


def _white(mask: Bgr, image: Bgr) -> Opacity:
    """1 where the mask is white and the picture may change, 0 elsewhere."""
    grey = cv2.resize(luma(mask), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return (grey >= _WHITE).astype(np.float32)


def _outside(original: Bgr, edited: Bgr, changed: Opacity) -> dict[str, float]:
    across, down = _shift(original, edited, changed)
    scale = min(1.0, _SIDE / max(original.shape[:2]))
    size = (max(1, round(original.shape[1] * scale)), max(1, round(original.shape[0] * scale)))
    one, two = (
        cv2.GaussianBlur(cv2.resize(luma(image), size, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
        for image in (original, edited)
    )
    # An editor may blend a little way beyond the mask's edge.
    reach = 2 * max(2, round(0.012 * max(size))) + 1
    grown = cv2.dilate(cv2.resize(changed, size, interpolation=cv2.INTER_AREA), np.ones((reach, reach), np.uint8))
    outside = grown < 0.5
    if not outside.any():
        outside = grown <= grown.min()
    error = float(((one - two)[outside] ** 2).mean())
    return {
        "outside_db": MOST_DB if error <= 0 else min(MOST_DB, float(10 * np.log10(255**2 / error))),
        "outside_shift": float(np.hypot(across, down)),
    }


def _shift(original: Bgr, edited: Bgr, changed: Opacity) -> tuple[float, float]:
    """How far what lies outside the mask has moved, in pixels of the original; nothing where that cannot be told."""
    scale = min(1.0, _SIDE / max(original.shape[:2]))
    size = (max(1, round(original.shape[1] * scale)), max(1, round(original.shape[0] * scale)))
    weight = 1 - cv2.resize(changed, size, interpolation=cv2.INTER_AREA)
    planes = []
    for image in (original, edited):
        plane = cv2.resize(luma(image), size, interpolation=cv2.INTER_AREA)
        edges = plane - cv2.GaussianBlur(plane, (0, 0), 6.0)
        planes.append(np.asarray(edges * cv2.GaussianBlur(weight, (0, 0), 3.0), np.float32))
    window = cv2.createHanningWindow(size, cv2.CV_32F)
    (across, down), sure = cv2.phaseCorrelate(planes[0], planes[1], window)
    return (across / scale, down / scale) if sure > 0.03 else (0.0, 0.0)


def _kept_face(original: Bgr, changed: Opacity | None) -> Face | None:
    """The largest face that was to be kept: of which most lies outside the mask."""
    for face in find_faces(original):
        if changed is None or float((_oval(original, face) * changed).sum()) < 0.2 * float(_oval(original, face).sum()):
            return face
    return None


def _oval(image: Bgr, face: Face) -> Opacity:
    oval = np.zeros(image.shape[:2], np.float32)
    box = face.box
    centre = (round(box.x + box.width / 2), round(box.y + 0.52 * box.height))
    cv2.ellipse(oval, centre, (round(0.55 * box.width), round(0.68 * box.height)), face.roll, 0, 360, 1.0, -1)
    return oval


def _feathered(changed: Opacity) -> Opacity:
    """The mask with a soft edge that lies inside it: 0 wherever it was 0."""
    reach = max(2, round(0.006 * max(changed.shape)))
    inside = cv2.erode(changed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    soft = cv2.GaussianBlur(inside, (0, 0), reach / 2)
    return np.asarray(soft * changed, np.float32)
