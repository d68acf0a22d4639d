"""What a picture has in front: the person's cut-out, so that a camera that moves shows depth; and where to look."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.preflight import find_faces
from media.film.camera import Subject
from media.images.background import alpha
from media.images.newest import Newest
from media.images.photos import decode, fit_within
from media.types import Bgr, Face

_WORK_SIDE = 1280
_LEAST_FACE = 0.012  # of the picture: a smaller one is no subject of its own
_HAIR, _CHIN = 0.35, 0.15
_SHARES = (0.06, 0.72)
_MOST_UNSURE = 0.10
_REMEMBERED_BYTES = 32 << 20
_HOLE = 0.012  # how far around the cut nothing of the person is left, of the longer side


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture looked at: where its faces are, and the person cut out (0 to 255, at the size it was looked at) where
    the cut can be trusted."""

    subject: Subject | None
    cut: NDArray[np.uint8] | None


def look_at(image: Bgr) -> Look:
    """Find the faces and the person of a picture; about a second. Deterministic."""
    small = fit_within(image, _WORK_SIDE, _WORK_SIDE)
    tall, wide = small.shape[:2]
    faces = tuple(face for face in find_faces(small) if face.share >= _LEAST_FACE and face.confidence > 0.5)
    if not faces:
        return Look(None, None)
    left, top = min(face.box.x for face in faces), float(min(face.box.y for face in faces))
    right = max(face.box.x + face.box.width for face in faces)
    low = float(max(face.box.y + face.box.height for face in faces))
    # With the hair and the chin.
    top, low = max(0.0, top - _HAIR * (low - top)), min(float(tall), low + _CHIN * (low - top))
    middle = ((left + right) / 2 / wide, (top + low) / 2 / tall)
    return Look(Subject(*middle, (right - left) / wide, (low - top) / tall), _trusted(small, faces))


looks = Newest[Look](_REMEMBERED_BYTES, lambda look: 1024 + (look.cut.nbytes if look.cut is not None else 0))
"""The newest of this process, by the digest of the picture: the shots of a film show the same few again and again."""


def look_at_file(picture: Path) -> Look:
    """:func:`look_at` a file. Raises as :func:`media.images.photos.decode` does."""
    with picture.open("rb") as file:
        digest = file_digest(file, "sha256").digest()
    return looks.of(digest, lambda: look_at(decode(picture, enough=_WORK_SIDE)))


def behind(image: Bgr, cut: NDArray[np.uint8]) -> Bgr:
    """The picture without the person: what is behind is continued from around."""
    tall, wide = image.shape[:2]
    scale = min(1.0, 320 / max(tall, wide))
    size = (max(2, round(wide * scale)), max(2, round(tall * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
    mask = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    reach = max(2, round(_HOLE * max(size)))
    hole = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    known = (hole < 8).astype(np.float32)
    filled = small * known[..., None]
    weight = known
    # Ever wider averages of what is known: the nearest counts first.
    made, done = filled.copy(), known.copy()
    for spread in (3.0, 6.0, 12.0, 24.0, 48.0, 96.0):
        colour = cv2.GaussianBlur(filled, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
        share = cv2.GaussianBlur(weight, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
        good = np.clip(share * 4, 0, 1) * (1 - done)
        made += (colour / np.maximum(share, 1e-4)[..., None]) * good[..., None]
        done += good
    soft = cv2.resize(made, (wide, tall), interpolation=cv2.INTER_CUBIC)
    gone = cv2.GaussianBlur(cv2.resize(hole, (wide, tall), interpolation=cv2.INTER_LINEAR), (0, 0), reach / scale / 2)
    share = np.clip(gone.astype(np.float32) / 160, 0, 1)[..., None]
    return np.asarray(np.clip(image * (1 - share) + soft * share + 0.5, 0, 255), np.uint8)


def _trusted(image: Bgr, faces: tuple[Face, ...]) -> NDArray[np.uint8] | None:
    """The cut, unless it holds too little or too much, is unsure of itself, or misses a face."""
    matte = alpha(image, faces=faces)
    share = float(matte.mean())
    unsure = float(((matte > 0.1) & (matte < 0.9)).mean())
    if not _SHARES[0] <= share <= _SHARES[1] or unsure > _MOST_UNSURE * max(share, 0.2) * 4:
        return None
    for face in faces:
        box = face.box
        inner = matte[box.y + box.height // 5 : box.y + box.height, box.x + box.width // 6 : box.x + box.width * 5 // 6]
        if not inner.size or inner.mean() < 0.9:
            return None
    return np.asarray(matte * 255 + 0.5, np.uint8)
