"""Draw the picture of the README's section on images: ``python libs/media/tools/image_sheet.py PHOTO OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from media.enhance.photo import enhance
from media.enhance.upscale import upscale
from media.faces.preflight import find_faces
from media.images.background import blur, remove
from media.images.photos import decode, write_jpeg
from media.types import Bgr

CELL = 256
HEAD = (slice(20, 220), slice(125, 325))
"""The part of the portrait that is shown."""


def _faces(image: Bgr) -> Bgr:
    drawn = image.copy()
    for face in find_faces(image):
        for box, colour in ((face.box, (0, 0, 255)), (face.mouth, (255, 120, 0))):
            cv2.rectangle(drawn, (box.x, box.y), (box.x + box.width, box.y + box.height), colour, 1)
        for eye in (face.left_eye, face.right_eye):
            cv2.circle(drawn, (round(eye.x), round(eye.y)), 3, (0, 220, 0), -1)
    return drawn


def _poor(image: Bgr) -> dict[str, Bgr]:
    dice = np.random.default_rng(1)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])[1]
    dark = image * 0.4 + dice.normal(0, 6, image.shape)
    return {
        "noise": np.clip(image + dice.normal(0, 22, image.shape), 0, 255).astype(np.uint8),
        "blur": np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8),
        "JPEG 10": np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8),
        "dark": np.clip(dark, 0, 255).astype(np.uint8),
    }


def _cut_out(image: Bgr) -> Bgr:
    cut = remove(image)
    share = cut[..., 3:] / 255
    return (cut[..., :3] * share + np.array((120, 190, 90)) * (1 - share)).astype(np.uint8)


def _cell(image: Bgr, label: str, part: tuple[slice, slice] = HEAD) -> Bgr:
    shown = np.asarray(cv2.resize(image[part], (CELL, CELL), interpolation=cv2.INTER_CUBIC), np.uint8)
    cv2.putText(shown, label, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 3, cv2.LINE_AA)
    cv2.putText(shown, label, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (30, 30, 30), 1, cv2.LINE_AA)
    return shown


def sheet(photo: Bgr) -> Bgr:
    """Three rows of four: poor photos, the same enhanced, and faces, cut, blurred background, enlargement."""
    whole = (slice(0, 512), slice(0, 512))
    poor = _poor(photo)
    small = np.asarray(cv2.resize(photo, (128, 128), interpolation=cv2.INTER_AREA), np.uint8)
    rows = [
        [_cell(image, name) for name, image in poor.items()],
        [_cell(enhance(image)[0], "enhanced") for image in poor.values()],
        [
            _cell(_faces(photo), "faces"),
            _cell(_cut_out(photo), "background removed", whole),
            _cell(blur(photo, 12), "background blurred", whole),
            _cell(upscale(small, 4), "enlarged 4x from 128 px", whole),
        ],
    ]
    return np.vstack([np.hstack(row) for row in rows])


if __name__ == "__main__":
    write_jpeg(sheet(decode(Path(sys.argv[1]))), Path(sys.argv[2]), quality=85)
