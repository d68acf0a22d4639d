"""Reaching another aspect: which part of the picture is kept, or how the whole of it is placed. Arithmetic only."""

from __future__ import annotations

from typing import Literal

from media.types import Box

_FACE_HEIGHT = 0.42  # where the middle of a face sits in a well-framed picture, from the top
_LEAST_KEPT = 0.5
_AROUND_FACE = (1.15, 1.3)  # of its width and height: cheeks and some of the hair


def crop_box(width: int, height: int, aspect: float, focus: Box | None = None) -> Box:
    """The largest even-sized part of a ``width`` x ``height`` picture with ``aspect`` (width over height).

    It is centred on ``focus`` across and holds it slightly above the middle; without ``focus`` it takes the middle. It
    never leaves the picture, and contains ``focus`` whenever it is large enough to.
    """
    kept_width = min(width, round(height * aspect))
    kept_height = min(height, round(width / aspect))
    kept_width, kept_height = max(2, kept_width & ~1), max(2, kept_height & ~1)
    if focus is None:
        x, y = (width - kept_width) / 2, (height - kept_height) / 2
    else:
        x = focus.x + focus.width / 2 - kept_width / 2
        y = focus.y + focus.height / 2 - kept_height * _FACE_HEIGHT
        if kept_height >= focus.height:
            y = min(max(y, focus.y + focus.height - kept_height), focus.y)
    left = min(max(0, round(x)), width - kept_width) & ~1
    top = min(max(0, round(y)), height - kept_height) & ~1
    return Box(left, top, kept_width, kept_height)


def fit_for(width: int, height: int, aspect: float, focus: Box | None = None) -> Literal["crop", "pad"]:
    """Whether another aspect is better reached by a crop or by showing the whole picture on a ground.

    A crop must hold the face (``focus``) with some room around it; where no face is known, half of the picture.
    """
    kept = crop_box(width, height, aspect, focus)
    if focus is None:
        return "crop" if kept.width * kept.height >= _LEAST_KEPT * width * height else "pad"
    enough = kept.width >= focus.width * _AROUND_FACE[0] and kept.height >= focus.height * _AROUND_FACE[1]
    return "crop" if enough else "pad"


def fit_size(width: int, height: int, into_width: int, into_height: int) -> tuple[int, int]:
    """The largest even size with the picture's own aspect inside ``into_width`` x ``into_height``."""
    scale = min(into_width / width, into_height / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def same_aspect(width: int, height: int, other_width: int, other_height: int) -> bool:
    """Whether one picture fills the other's frame with at most one percent cut off."""
    return abs((width * other_height) / (height * other_width) - 1) <= 0.01
