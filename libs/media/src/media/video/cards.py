"""Drawing title cards: a title and a subtitle, as large as fits, over a quiet background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageColor, ImageDraw

from media.captions.burn import load, safe_area
from media.captions.fonts import FontFace, can_shape, drawable, font_for, language_of
from media.captions.lines import break_lines, is_right_to_left, join, tokens_of
from media.errors import BadMedia
from media.images.photos import decode
from media.types import Bgr, Word

_LONGEST_TEXT = 300
_SMALLEST_SHARE = 0.022


def draw_card(
    title: str,
    subtitle: str,
    width: int,
    height: int,
    colours: tuple[str, str],
    picture: Path | None,
    font_folders: Sequence[Path] | None,
) -> Bgr:
    """The finished card as (height, width, 3) BGR."""
    title, subtitle = " ".join(title.split()), " ".join(subtitle.split())
    if not title or len(title) + len(subtitle) > _LONGEST_TEXT:
        raise BadMedia(f"a title card takes 1 to {_LONGEST_TEXT} characters", code="BAD_REQUEST")
    face = font_for(title + subtitle, font_folders)
    language = language_of(title + subtitle) if can_shape() else None
    ground = _behind(decode(picture), width, height) if picture is not None else _gradient(width, height, colours)
    image = Image.fromarray(cv2.cvtColor(ground, cv2.COLOR_BGR2RGB))
    draw = ImageDraw.Draw(image)
    area = safe_area(width, height)
    room = width * (1 - 2 * max(area.left, area.right))
    largest = min(width, height)
    title_size, title_lines = _set(drawable(title, face), face, room, height * 0.4, round(largest * 0.12), 4)
    small = max(10, round(min(title_size * 0.5, largest * 0.05)))
    small_size, small_lines = _set(drawable(subtitle, face), face, room, height * 0.2, small, 4)
    gap = title_size * 0.55 if small_lines else 0.0
    total = 1.2 * (title_size * len(title_lines) + small_size * len(small_lines)) + gap
    y = (height - total) / 2
    for size, lines, shade in ((title_size, title_lines, 255), (small_size, small_lines, 222)):
        font = load(face, max(1, size))
        direction = ("rtl" if is_right_to_left(" ".join(lines)) else "ltr") if can_shape() else None
        for line in lines:
            place = (width / 2, y + size * 0.95)
            ink = (shade, shade, shade)
            draw.text(place, line, font=font, anchor="ms", fill=ink, direction=direction, language=language)
            y += 1.2 * size
        y += gap
    return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), np.uint8)


def _set(text: str, face: FontFace, room: float, height: float, largest: int, most: int) -> tuple[int, list[str]]:
    """The largest size at which the text fits ``room`` by ``height`` in at most ``most`` lines, and its lines."""
    tokens = [token for word in text.split() for token in tokens_of(Word(word, 0.0, 0.0))]
    if not tokens:
        return 0, []
    size = largest
    smallest = max(8, round(largest * _SMALLEST_SHARE / 0.12))
    while True:
        measure: Callable[[str], float] = load(face, size).getlength
        lines = [join(line) for line in break_lines(tokens, room, most, measure) or []]
        fits = lines and max(map(measure, lines)) <= room and 1.2 * size * len(lines) <= height
        if fits:
            return size, lines
        if size <= smallest:
            raise BadMedia("the text is too long for a card of this size", code="BAD_REQUEST", advice="Shorten it.")
        size = max(smallest, round(size * 0.92))


def _gradient(width: int, height: int, colours: tuple[str, str]) -> Bgr:
    """From the first colour at the top left to the second at the bottom right, with grain against banding."""
    try:
        first, last = (np.asarray(ImageColor.getrgb(colour)[:3][::-1], np.float32) for colour in colours)
    except ValueError as error:
        raise BadMedia(f"not a colour: {error}", code="BAD_REQUEST") from error
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    share = ((across / width + down / height) / 2)[..., None]
    grain = np.random.default_rng(0).uniform(-0.5, 0.5, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(np.round(first + (last - first) * share + grain), 0, 255), np.uint8)


def _behind(image: Bgr, width: int, height: int) -> Bgr:
    """The picture filling the card, blurred and darkened so that white text stands out."""
    scale = max(width / image.shape[1], height / image.shape[0])
    size = max(width, round(image.shape[1] * scale)), max(height, round(image.shape[0] * scale))
    large = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    soft = cv2.GaussianBlur(large[top : top + height, left : left + width], (0, 0), max(width, height) / 90)
    return np.asarray(soft * 0.5, np.uint8)
