"""What is behind the person in front: blurred, or something else."""

from __future__ import annotations

from hashlib import blake2b

import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import NotUsable
from media.images.background import alpha, before, blur
from media.images.newest import Newest
from media.images.photos import fit_within
from media.recipes.picture import Picture
from media.recipes.steps import Background
from media.types import Bgr

QUICK_SIDE = 150
"""Of the copy in which a preview looks for the person: an edge a little coarser, in a tenth of the time."""
MOST_BYTES = 32 << 20
"""Of cuts that are remembered: a few of previews, and none of a photo of more than eight million pixels."""

cuts = Newest[NDArray[np.float32]](MOST_BYTES, lambda cut: cut.nbytes)
"""The newest of this process: who tries one background after the other waits once."""


def cut_of(image: Bgr, *, quick: bool) -> NDArray[np.float32]:
    """How much each pixel belongs to the person in front."""
    about = f"{image.shape} {quick}".encode()
    key = blake2b(np.ascontiguousarray(image).data, digest_size=16, key=about).digest()
    return cuts.of(key, lambda: alpha(image, side=QUICK_SIDE) if quick else alpha(image))


def change(picture: Picture, step: Background, behind: Bgr | None, *, quick: bool) -> Picture:
    """The picture before another background. Raises ``NotUsable`` where it wants a picture and there is none."""
    cut = cut_of(picture.pixels, quick=quick)
    if step.mode == "blur":
        radius = max(0.8, step.radius * max(picture.width, picture.height))
        return Picture(blur(picture.pixels, radius, matte=cut), picture.opacity)
    person = before(picture.pixels, cut)
    if step.mode == "transparent":
        opacity = cut if picture.opacity is None else cut * picture.opacity
        return Picture(person, opacity)
    if step.mode == "colour":
        ground = np.full_like(picture.pixels, colour_of(step.colour))
    elif behind is None:
        raise NotUsable(
            "The recipe puts another picture behind, and there is none.",
            code="BAD_RECIPE",
            advice="Give the picture as background_file_id.",
        )
    else:
        ground = _filling(behind, picture.width, picture.height)
    mixed = person * cut[..., None] + ground * (1 - cut[..., None])
    return Picture((mixed + 0.5).astype(np.uint8))


def _filling(image: Bgr, width: int, height: int) -> Bgr:
    """``image`` covering ``width`` x ``height``, its middle kept."""
    scale = max(width / image.shape[1], height / image.shape[0])
    grown = fit_within(image, round(image.shape[1] * scale) or 1, round(image.shape[0] * scale) or 1, grow=True)
    grown = np.asarray(cv2.resize(grown, (max(width, grown.shape[1]), max(height, grown.shape[0]))), np.uint8)
    left, top = (grown.shape[1] - width) // 2, (grown.shape[0] - height) // 2
    return np.ascontiguousarray(grown[top : top + height, left : left + width])


def colour_of(text: str) -> tuple[int, int, int]:
    """Blue, green and red of "#rrggbb". Raises ``NotUsable``."""
    try:
        if len(text) != 7 or text[0] != "#":
            raise ValueError(text)
        red, green, blue = bytes.fromhex(text[1:])
    except ValueError as wrong:
        raise NotUsable(f"{text!r} is no colour.", code="BAD_RECIPE", advice='Write it as "#rrggbb".') from wrong
    return blue, green, red
