"""Drawing captions into pictures: shaped text, right-to-left lines, and room for what platforms draw over a video."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from media.captions.fonts import FontFace, can_shape, drawable, font_for, language_of
from media.captions.lines import Token, break_lines, cut_long, fill_lines, is_right_to_left, join, tokens_of
from media.images.planes import frame_planes
from media.types import Cue, Word

_SMALLEST = 0.6
_LEAST_SIZE = 8
_MOST_LINES = 3
_LINE_HEIGHT = 1.22
_WHITE, _BLACK = 235, 16


@dataclass(frozen=True, slots=True)
class SafeArea:
    """The part of the frame where text is never covered, as shares of width and height from each side."""

    left: float
    top: float
    right: float
    bottom: float


def safe_area(width: int, height: int) -> SafeArea:
    """Where captions may stand in a frame of this shape.

    Tall video is shown under buttons on the right and the author's text at the bottom by every short-video platform; a
    quarter of the height and an eighth of the width stay free of both. Others keep the 5 % of EBU R 95 and some more.
    """
    if height > 1.3 * width:
        return SafeArea(0.08, 0.12, 0.14, 0.25)
    return SafeArea(0.08, 0.06, 0.08, 0.08)


class CaptionPainter:
    """Paints the cue of the moment into yuv420p frames of one size.

    Letters, their edges and the glow behind them stay inside ``area``, by default :func:`safe_area`. Raises
    ``NotUsable`` at once where no installed font draws the text (``NO_FONT``, naming the script).
    """

    def __init__(
        self,
        cues: Sequence[Cue],
        width: int,
        height: int,
        *,
        font_folders: Sequence[Path] | None = None,
        area: SafeArea | None = None,
    ) -> None:
        self._cues = sorted(cues, key=lambda cue: cue.start)
        self._starts = [cue.start for cue in self._cues]
        text = "".join(cue.text for cue in self._cues)
        self._face = font_for(text, font_folders)
        self._language = language_of(text) if can_shape() else None
        self._width, self._height = width, height
        self._area = area or safe_area(width, height)
        self._largest = max(10, round(min(width * 0.068, height * 0.058)))
        self._drawn: tuple[int, _Overlay | None] = (-1, None)

    def paint(self, frame: Any, time: float) -> None:
        """Draw into ``frame`` (``av.VideoFrame``, yuv420p) what is said at ``time`` seconds; its other pixels stay."""
        index = bisect_right(self._starts, time) - 1
        if index < 0 or time >= self._cues[index].end:
            return
        if self._drawn[0] != index:
            self._drawn = index, self._draw(self._cues[index].text)
        overlay = self._drawn[1]
        if overlay is not None:
            frame.make_writable()
            overlay.blend(frame)

    def image(self, text: str) -> Image.Image:
        """The caption alone, a transparent picture of the whole frame."""
        image, (left, top) = self._caption(text)
        whole = Image.new("LA", (self._width, self._height), (0, 0))
        whole.paste(image, (left, top))
        return whole

    def _draw(self, text: str) -> _Overlay | None:
        image, place = self._caption(text)
        return _Overlay.of(image, *place, self._width, self._height) if image.width and image.height else None

    def _caption(self, text: str) -> tuple[Image.Image, tuple[int, int]]:
        """The caption as grey and alpha, and where its top left corner stands."""
        area = self._area
        # Edge and glow reach beyond the letters on every side.
        room = self._width * (1 - area.left - area.right) - 2 * _margin(self._largest)
        size, lines = self._lines(drawable(text, self._face), room)
        font = load(self._face, size)
        edge = _edge(size)
        height = round(size * _LINE_HEIGHT)
        around = 2 * _margin(size)
        image = Image.new("LA", (int(room) + around, height * len(lines) + around), (0, 0))
        draw = ImageDraw.Draw(image)
        middle = image.width / 2
        # Lines of one cue are one paragraph: a line that starts with a foreign word keeps its direction.
        direction = ("rtl" if is_right_to_left(text) else "ltr") if can_shape() else None
        bolder = 0 if "bold" in self._face.path.stem.lower() else max(1, size // 36)
        for stroke, ink in ((edge + bolder, 0), (bolder, 255)):
            for number, line in enumerate(lines):
                draw.text(
                    (middle, 3 * edge + number * height + round(size * 0.95)),
                    line,
                    font=font,
                    anchor="ms",
                    fill=(ink, 255),
                    stroke_width=stroke,
                    stroke_fill=(ink, 255),
                    direction=direction,
                    language=self._language,
                )
        middle_of_area = self._width * (1 + area.left - area.right) / 2
        left = round(middle_of_area - image.width / 2)
        top = int(self._height * (1 - area.bottom)) - image.height
        return _with_shadow(image, edge), (left, max(top, round(self._height * area.top)))

    def _lines(self, text: str, room: float) -> tuple[int, list[str]]:
        """The type size and the lines: as the cue breaks them where that fits, else broken anew, else smaller; what is
        too wide even then is cut inside its words. No line is wider than ``room``."""
        largest = self._largest
        tallest = self._height * (1 - self._area.top - self._area.bottom) - 2 * _margin(largest)
        least = max(_LEAST_SIZE, round(largest * _SMALLEST))
        size = largest
        while True:
            measure = load(self._face, size).getlength
            given = [line for line in text.splitlines() if line.strip()]
            if all(measure(line) <= room for line in given):
                return size, given
            tokens = [token for word in text.split() for token in _tokens(word)]
            if size <= least:
                tokens = cut_long(tokens, room, measure)
            lines: list[Sequence[Token]] | None = break_lines(tokens, room, _MOST_LINES, measure)
            if lines is not None and any(measure(join(line)) > room for line in lines):
                lines = None
            if lines is None and size <= least:
                filled = fill_lines(tokens, room, measure)
                lines = filled if len(filled) * size * _LINE_HEIGHT <= tallest or size <= _LEAST_SIZE else None
            if lines is not None:
                return size, [join(line) for line in lines]
            size = max(_LEAST_SIZE, min(size - 1, round(size * 0.92)))


def _edge(size: int) -> int:
    return max(2, size // 9)


def _margin(size: int) -> int:
    return 3 * _edge(size)


def load(face: FontFace, size: int) -> ImageFont.FreeTypeFont:
    """The face at ``size`` pixels, with shaping where there is any."""
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(face.path), size, index=face.index, layout_engine=engine)


@dataclass(frozen=True, slots=True)
class _Overlay:
    """A caption made ready for yuv420p: what is added and what is kept of the picture under it, per plane."""

    left: int
    top: int
    ink: NDArray[np.uint16]
    kept: NDArray[np.uint16]
    kept_chroma: NDArray[np.uint16]

    @classmethod
    def of(cls, image: Image.Image, left: int, top: int, width: int, height: int) -> _Overlay | None:
        """Cut to the frame, aligned to the chroma grid; None where nothing of it is visible."""
        box = image.getchannel("A").getbbox()
        if box is None:
            return None
        x0, y0 = max(0, left + box[0]) & ~1, max(0, top + box[1]) & ~1
        x1, y1 = min(width, left + box[2] + 1) & ~1, min(height, top + box[3] + 1) & ~1
        if x1 <= x0 or y1 <= y0:
            return None
        cut = np.asarray(image.crop((x0 - left, y0 - top, x1 - left, y1 - top)), np.float32)
        alpha = cut[..., 1] / 255
        luma = (_BLACK + cut[..., 0] / 255 * (_WHITE - _BLACK)) * alpha
        kept = np.round((1 - alpha) * 256).astype(np.uint16)
        by_four = kept.reshape(kept.shape[0] // 2, 2, kept.shape[1] // 2, 2)
        return cls(x0, y0, np.round(luma * 256).astype(np.uint16), kept, by_four.mean(axis=(1, 3)).astype(np.uint16))

    def blend(self, frame: Any) -> None:
        """Black and white have no colour: luma is mixed with the ink, chroma drawn towards the neutral 128."""
        height, width = self.kept.shape
        rows = slice(self.top, self.top + height)
        across = slice(self.left, self.left + width)
        full, *chromas = frame_planes(frame)
        luma = full[rows, across]
        luma[:] = (luma * self.kept + self.ink) >> 8
        rows = slice(self.top // 2, (self.top + height) // 2)
        across = slice(self.left // 2, (self.left + width) // 2)
        for plane in chromas:
            chroma = plane[rows, across]
            chroma[:] = (chroma * self.kept_chroma + 128 * (256 - self.kept_chroma)) >> 8


def _with_shadow(image: Image.Image, edge: int) -> Image.Image:
    """A soft dark glow under the text keeps it readable on a busy picture."""
    alpha = image.getchannel("A")
    glow = alpha.filter(ImageFilter.GaussianBlur(edge * 1.2)).point([round(value * 0.55) for value in range(256)])
    ink, clear = np.asarray(image.getchannel("L"), np.float32), np.asarray(alpha, np.float32) / 255
    behind = np.asarray(glow, np.float32) / 255 * (1 - clear)
    # The glow is black: it adds to what is covered, not to the ink.
    covered = clear + behind
    mixed = np.where(covered > 0, ink * clear / np.maximum(covered, 1e-6), 0)
    return Image.merge("LA", [Image.fromarray(np.round(x).astype(np.uint8)) for x in (mixed, covered * 255)])


def _tokens(word: str) -> list[Token]:
    return tokens_of(Word(word, 0.0, 0.0))
