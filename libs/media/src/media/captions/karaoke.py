"""Captions in which the word that is heard is coloured."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from media.captions.burn import SafeArea, load, safe_area
from media.captions.cues import grouped
from media.captions.fonts import can_shape, drawable, font_for, language_of
from media.captions.lines import Token, is_right_to_left, join
from media.images.planes import frame_planes
from media.types import Word

_MAX_CHARS, _MAX_LINES = 18, 2
"""Few words at a time, large: they are read while they are heard."""
_LINE_HEIGHT = 1.24
_SMALLEST = 0.5
_STAYS_S = 0.5
"""A cue stays so long behind its last word where nothing follows."""
_INK, _HEARD = (255, 255, 255), (255, 221, 51)


@dataclass(frozen=True, slots=True)
class KaraokeCue:
    """What is shown at one time, as lines of pieces with the times at which they are heard."""

    lines: tuple[Sequence[Token], ...]
    start: float
    end: float

    def heard(self, time: float) -> int:
        """The number of the piece that is heard at ``time``, or was heard last; -1 before the first."""
        return bisect_right([token.start for line in self.lines for token in line], time + 1e-6) - 1


def karaoke_cues(words: Sequence[Word]) -> tuple[KaraokeCue, ...]:
    """The cues of ``words``, none over another; each begins with its first word."""
    groups = list(grouped(words, max_chars=_MAX_CHARS, max_lines=_MAX_LINES))
    starts = [lines[0][0].start for lines in groups]
    ends = [lines[-1][-1].end + _STAYS_S for lines in groups]
    last = [min(end, following) for end, (_, following) in zip(ends, pairwise(starts), strict=False)]
    return tuple(
        KaraokeCue(lines, start, end) for lines, start, end in zip(groups, starts, [*last, *ends[-1:]], strict=True)
    )


class KaraokePainter:
    """Paints the cue of the moment into yuv420p frames of one size, the word that is heard in another colour.

    Raises ``NotUsable`` at once where no installed font draws the text (``NO_FONT``, naming the script).
    """

    def __init__(
        self,
        cues: Sequence[KaraokeCue],
        width: int,
        height: int,
        *,
        font_folders: Sequence[Path] | None = None,
        area: SafeArea | None = None,
    ) -> None:
        self._cues = cues
        self._starts = [cue.start for cue in cues]
        text = " ".join(join(line) for cue in cues for line in cue.lines)
        self._face = font_for(text, font_folders)
        self._language = language_of(text) if can_shape() else None
        self._width, self._height = width, height
        self._area = area or safe_area(width, height)
        self._largest = max(12, round(min(width * 0.088, height * 0.075)))
        self._drawn: tuple[tuple[int, int], _Colours | None] = ((-1, -1), None)

    def paint(self, frame: Any, time: float) -> None:
        """Draw into ``frame`` what is said at ``time`` seconds; its other pixels stay."""
        index = bisect_right(self._starts, time + 1e-6) - 1
        if index < 0 or time >= self._cues[index].end:
            return
        key = index, self._cues[index].heard(time)
        if self._drawn[0] != key:
            self._drawn = key, self._draw(self._cues[index], key[1])
        if self._drawn[1] is not None:
            frame.make_writable()
            self._drawn[1].blend(frame)

    def _draw(self, cue: KaraokeCue, heard: int) -> _Colours | None:
        area = self._area
        room = self._width * (1 - area.left - area.right)
        size = self._size(cue, room)
        font = load(self._face, size)
        edge, row = max(2, size // 8), round(size * _LINE_HEIGHT)
        high = row * len(cue.lines) + 4 * edge
        image = Image.new("RGBA", (self._width, high), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        middle = self._width * (1 + area.left - area.right) / 2
        number = 0
        pieces = []
        for line_number, line in enumerate(cue.lines):
            baseline = 2 * edge + line_number * row + round(size * 0.95)
            for token, left in self._placed(line, font, middle):
                pieces.append((token, left, baseline, _HEARD if number == heard else _INK))
                number += 1
        for stroke, black in ((edge, True), (max(1, size // 40), False)):
            for token, left, baseline, ink in pieces:
                colour = (0, 0, 0) if black else ink
                draw.text(
                    (left, baseline),
                    drawable(token.text, self._face),
                    font=font,
                    anchor="ls",
                    fill=colour,
                    stroke_width=stroke,
                    stroke_fill=colour,
                    direction=self._direction(token.text),
                    language=self._language,
                )
        top = int(self._height * (1 - area.bottom)) - high
        return _Colours.of(_glowing(image, edge), max(top, 0), self._width, self._height)

    def _direction(self, text: str) -> str | None:
        return ("rtl" if is_right_to_left(text) else "ltr") if can_shape() else None

    def _placed(self, line: Sequence[Token], font: ImageFont.FreeTypeFont, middle: float) -> list[tuple[Token, float]]:
        """Each piece of a line, in the order they are heard, with its left edge."""
        space = font.getlength(" ")
        widths = [font.getlength(drawable(token.text, self._face)) for token in line]
        gaps = [space if token.space else 0.0 for token in line]
        whole = sum(widths) + sum(gaps[:-1])
        at = middle - whole / 2
        backwards = is_right_to_left(join(line))
        placed = []
        for token, width, gap in zip(line, widths, gaps, strict=True):
            placed.append((token, 2 * middle - at - width if backwards else at))
            at += width + gap
        return placed

    def _size(self, cue: KaraokeCue, room: float) -> int:
        size = self._largest
        while size > max(10, round(self._largest * _SMALLEST)):
            font = load(self._face, size)
            widest = max(font.getlength(drawable(join(line), self._face)) for line in cue.lines)
            if widest + 2 * max(2, size // 8) <= room:
                break
            size = round(size * 0.94)
        return size


@dataclass(frozen=True, slots=True)
class _Colours:
    """A coloured caption made ready for yuv420p: what is added to each plane, and what is kept of it."""

    left: int
    top: int
    ink: tuple[NDArray[np.uint16], ...]
    kept: tuple[NDArray[np.uint16], ...]

    @classmethod
    def of(cls, image: Image.Image, top: int, width: int, height: int) -> _Colours | None:
        """Cut to what is visible, aligned to the chroma grid; None where nothing is."""
        box = image.getchannel("A").getbbox()
        if box is None:
            return None
        x0, y0 = box[0] & ~1, (top + box[1]) & ~1
        x1, y1 = min(width, box[2] + 1) & ~1, min(height, top + box[3] + 1) & ~1
        if x1 <= x0 or y1 <= y0:
            return None
        cut = np.asarray(image.crop((x0, y0 - top, x1, y1 - top)), np.float32)
        alpha = cut[..., 3] / 255
        red, green, blue = (cut[..., channel] / 255 for channel in range(3))
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        planes = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
        small = (alpha.shape[1] // 2, alpha.shape[0] // 2)
        inks: list[Any] = [planes[0] * alpha]
        kept: list[Any] = [1 - alpha]
        for plane in planes[1:]:
            inks.append(cv2.resize(plane * alpha, small, interpolation=cv2.INTER_AREA))
            kept.append(cv2.resize(1 - alpha, small, interpolation=cv2.INTER_AREA))
        return cls(
            x0,
            y0,
            tuple(np.round(ink * 256).astype(np.uint16) for ink in inks),
            tuple(np.round(keep * 256).astype(np.uint16) for keep in kept),
        )

    def blend(self, frame: Any) -> None:
        """Mix it into the frame."""
        for plane, ink, kept, scale in zip(frame_planes(frame), self.ink, self.kept, (1, 2, 2), strict=True):
            high, wide = ink.shape
            spot = plane[self.top // scale : self.top // scale + high, self.left // scale : self.left // scale + wide]
            spot[:] = np.minimum((spot * kept.astype(np.uint32) + ink) >> 8, 255)


def _glowing(image: Image.Image, edge: int) -> Image.Image:
    """A soft dark glow under the letters keeps them readable on a busy picture."""
    alpha = image.getchannel("A")
    glow = alpha.filter(ImageFilter.GaussianBlur(edge)).point([round(value * 0.5) for value in range(256)])
    under = Image.new("RGBA", image.size, (0, 0, 0, 0))
    under.putalpha(glow)
    return Image.alpha_composite(under, image)
