"""Words and logos laid over a picture; words are shaped, and run from the side where their writing begins."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from media.captions.burn import load
from media.captions.fonts import can_shape, drawable, font_for, language_of
from media.captions.lines import Token, break_lines, cut_long, fill_lines, is_right_to_left, join, tokens_of
from media.errors import NotUsable
from media.images.photos import resize
from media.recipes.backgrounds import colour_of
from media.recipes.picture import Picture, laid_over
from media.recipes.steps import Logo, Text
from media.types import Word

_LINE_HEIGHT = 1.28
_LEAST_SIZE = 6
_EVEN_LINES = 4
"""Up to so many lines are made as even as can be; more are filled one after the other."""


def write(picture: Picture, step: Text) -> Picture:
    """The picture with the words on it, whole inside. Raises ``NotUsable`` where no font here has their letters, or
    they do not fit even when they are small."""
    try:
        face = font_for(step.text)
    except NotUsable as missing:
        raise NotUsable(
            missing.message,
            code=missing.code,
            advice=missing.advice.replace(", or deliver the captions as a separate file", ""),
        ) from missing
    words = drawable(step.text, face)
    room, tallest = step.width * picture.width, 0.98 * picture.height
    size = max(_LEAST_SIZE, round(step.size * picture.height))
    while True:
        font = load(face, size)
        edge = max(1, size // 14) if step.outline is not None else 0
        lines = _lines(words, room - 2 * edge, font.getlength)
        height = round(size * _LINE_HEIGHT)
        if height * len(lines) + 2 * edge <= tallest and lines:
            break
        if size <= _LEAST_SIZE:
            raise NotUsable(
                "The words do not fit on the picture.", code="BAD_RECIPE", advice="Write less, or give them more width."
            )
        size = max(_LEAST_SIZE, min(size - 1, round(size * 0.9)))
    right_to_left = is_right_to_left(step.text)
    direction = ("rtl" if right_to_left else "ltr") if can_shape() else None
    wide = int(np.ceil(max(font.getlength(line, direction=direction) for line in lines))) + 2 * edge + 2
    layer = Image.new("RGBA", (wide, height * len(lines) + 2 * edge + size // 3), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    at_right = step.align != "center" and (step.align == "start") is right_to_left
    x, anchor = (
        (wide / 2, "ms") if step.align == "center" else (wide - edge - 1, "rs") if at_right else (edge + 1, "ls")
    )
    for number, line in enumerate(lines):
        draw.text(
            (x, edge + number * height + round(size * 0.98)),
            line,
            font=font,
            anchor=anchor,
            fill=(*colour_of(step.colour)[::-1], 255),
            stroke_width=edge,
            stroke_fill=(*colour_of(step.outline)[::-1], 255) if step.outline is not None else None,
            direction=direction,
            language=language_of(step.text) if can_shape() else None,
        )
    drawn = np.asarray(layer)
    left = _inside(round(step.x * picture.width - drawn.shape[1] / 2), drawn.shape[1], picture.width)
    top = _inside(round(step.y * picture.height - drawn.shape[0] / 2), drawn.shape[0], picture.height)
    opacity = drawn[..., 3].astype(np.float32) * np.float32(step.opacity / 255)
    return laid_over(picture, np.ascontiguousarray(drawn[..., 2::-1]), opacity, left, top)


def _lines(text: str, room: float, measure: object) -> list[str]:
    """The lines: where the text breaks, and where the room ends."""
    found: list[str] = []
    for paragraph in text.splitlines():
        tokens: Sequence[Token] = [token for word in paragraph.split() for token in tokens_of(Word(word, 0.0, 0.0))]
        if not tokens:
            continue
        tokens = cut_long(tokens, room, measure)  # type: ignore[arg-type]
        even = break_lines(tokens, room, _EVEN_LINES, measure) if len(tokens) <= 40 else None  # type: ignore[arg-type]
        found += [join(line) for line in even or fill_lines(tokens, room, measure)]  # type: ignore[arg-type]
    return found


def stamp(picture: Picture, step: Logo, logo: Picture | None) -> Picture:
    """The picture with a logo on it, whole inside. Raises ``NotUsable`` where there is no logo."""
    if logo is None:
        raise NotUsable(
            "The recipe lays a logo over, and there is none.", code="BAD_RECIPE", advice="Give it as logo_file_id."
        )
    width = max(1, round(step.width * picture.width))
    height = max(1, round(width * logo.height / logo.width))
    if height > picture.height:
        width, height = max(1, round(width * picture.height / height)), picture.height
    opacity = np.ones(logo.pixels.shape[:2], np.float32) if logo.opacity is None else logo.opacity
    small = np.asarray(cv2.resize(opacity, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    left = _inside(round(step.x * picture.width - width / 2), width, picture.width)
    top = _inside(round(step.y * picture.height - height / 2), height, picture.height)
    return laid_over(picture, resize(logo.pixels, width, height), small * np.float32(step.opacity), left, top)


def _inside(place: int, length: int, room: int) -> int:
    return max(0, min(place, room - length))
