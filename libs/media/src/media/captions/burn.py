"""Drawing captions into pictures: shaped text, right-to-left lines, and room for what platforms draw over a video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

from PIL import Image, ImageDraw, ImageFont

from media.captions.fonts import FontFace, can_shape, drawable, font_for, language_of
from media.captions.lines import Token, break_lines, cut_long, fill_lines, is_right_to_left, join, tokens_of
from media.captions.overlay import Overlay, glowing
from media.types import Cue, Word

_SMALLEST = 0.6
_LEAST_SIZE = 8
_MOST_LINES = 3
_LINE_HEIGHT = 1.22
_INK = (255, 255, 255)


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


class Timed(Protocol):
    """A caption: shown from when to when."""

    @property
    def start(self) -> float:
        """From when on."""
        ...

    @property
    def end(self) -> float:
        """Until when."""
        ...


C = TypeVar("C", bound=Timed)


class Piece(NamedTuple):
    """A text on a line (``row``): its left end or its middle (``anchor``) so far to the right of the caption's."""

    text: str
    row: int
    across: float = 0.0
    anchor: Literal["ms", "ls"] = "ms"
    ink: tuple[int, int, int] = _INK
    direction: str | None = None


class Painter(ABC, Generic[C]):
    """Paints the caption of the moment into yuv420p frames of one size; what is to be seen of each its class knows.

    Letters, their edges and the glow behind them stay inside ``area``, by default :func:`safe_area`. Raises
    ``NotUsable`` at once where no installed font draws the ``text`` of them all (``NO_FONT``, naming the script).
    """

    _TYPE: ClassVar = (0.068, 0.058)
    """The largest size of letters, in widths and in heights of the frame."""

    def __init__(
        self,
        cues: Sequence[C],
        text: str,
        width: int,
        height: int,
        *,
        font_folders: Sequence[Path] | None = None,
        area: SafeArea | None = None,
    ) -> None:
        self._cues = sorted(cues, key=lambda cue: cue.start)
        self._starts = [cue.start for cue in self._cues]
        self._face = font_for(text, font_folders)
        self._language = language_of(text) if can_shape() else None
        self._width, self._height = width, height
        self._area = area or safe_area(width, height)
        self._largest = max(10, round(min(width * self._TYPE[0], height * self._TYPE[1])))
        # Edge and glow reach beyond the letters on every side.
        self._room = width * (1 - self._area.left - self._area.right) - 2 * _margin(self._largest)
        self._drawn: tuple[tuple[int, float] | None, Overlay | None] = (None, None)

    def paint(self, frame: Any, time: float) -> None:
        """Draw into ``frame`` (``av.VideoFrame``, yuv420p) what is said at ``time`` seconds; its other pixels stay."""
        index = bisect_right(self._starts, time + 1e-6) - 1
        if index < 0 or time >= self._cues[index].end:
            return
        cue = self._cues[index]
        heard = self._heard(cue, time)
        if self._drawn[0] != (index, heard):
            image, place = self._caption(cue, heard)
            self._drawn = (index, heard), Overlay.of(image, *place, self._width, self._height)
        if self._drawn[1] is not None:
            frame.make_writable()
            self._drawn[1].blend(frame)

    @abstractmethod
    def _heard(self, cue: C, time: float) -> float:
        """What of ``cue`` is drawn otherwise at ``time``: it is drawn again when this changes."""

    @abstractmethod
    def _caption(self, cue: C, heard: float) -> tuple[Image.Image, tuple[int, int]]:
        """The caption as RGBA, and where its top left corner stands."""

    def _picture(self, size: int, rows: int, pieces: Sequence[Piece]) -> tuple[Image.Image, tuple[int, int]]:
        """The caption that ``pieces`` make, and where its top left corner stands."""
        area, font, edge = self._area, load(self._face, size), _edge(size)
        height = round(size * _LINE_HEIGHT)
        around = 2 * _margin(size)
        image = Image.new("RGBA", (max(1, int(self._room) + around), height * rows + around), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        bolder = 0 if "bold" in self._face.path.stem.lower() else max(1, size // 36)
        for stroke, is_edge in ((edge + bolder, True), (bolder, False)):
            for piece in pieces:
                ink = (0, 0, 0) if is_edge else piece.ink
                draw.text(
                    (image.width / 2 + piece.across, 3 * edge + piece.row * height + round(size * 0.95)),
                    piece.text,
                    font=font,
                    anchor=piece.anchor,
                    fill=ink,
                    stroke_width=stroke,
                    stroke_fill=ink,
                    direction=piece.direction,
                    language=self._language,
                )
        left = round(self._width * (1 + area.left - area.right) / 2 - image.width / 2)
        top = int(self._height * (1 - area.bottom)) - image.height
        return glowing(image, edge * 1.2), (left, max(top, round(self._height * area.top)))

    def _fitted(
        self, given: Sequence[Sequence[Token]], tokens: Sequence[Token], room: float
    ) -> tuple[int, list[Sequence[Token]]]:
        """The type size and the lines: those ``given`` where they fit, else ``tokens`` broken anew, else smaller; what
        is too wide even then is cut inside its words. No line is wider than ``room``, and all are as high as the area
        at most."""
        largest = self._largest
        tallest = self._height * (1 - self._area.top - self._area.bottom)
        least = max(_LEAST_SIZE, round(largest * _SMALLEST))
        size = largest
        while True:
            measure = load(self._face, size).getlength
            rows = int((tallest - 2 * _margin(size)) / round(size * _LINE_HEIGHT))
            if len(given) <= rows and all(measure(join(line)) <= room for line in given):
                return size, list(given)
            if size <= least:
                tokens = cut_long(tokens, room, measure)
            lines: list[Sequence[Token]] | None = break_lines(tokens, room, min(rows, _MOST_LINES), measure)
            if lines is not None and any(measure(join(line)) > room for line in lines):
                lines = None
            if lines is None and size <= least:
                filled = fill_lines(tokens, room, measure)
                lines = filled if len(filled) <= rows or size <= _LEAST_SIZE else None
            if lines is not None:
                return size, lines
            size = max(_LEAST_SIZE, min(size - 1, round(size * 0.92)))


class CaptionPainter(Painter[Cue]):
    """Paints cues as they are."""

    def __init__(
        self,
        cues: Sequence[Cue],
        width: int,
        height: int,
        *,
        font_folders: Sequence[Path] | None = None,
        area: SafeArea | None = None,
    ) -> None:
        text = "".join(cue.text for cue in cues)
        super().__init__(cues, text, width, height, font_folders=font_folders, area=area)

    def image(self, text: str) -> Image.Image:
        """The caption alone, a transparent picture (grey and alpha) of the whole frame."""
        image, (left, top) = self._caption(Cue(text, 0.0, 0.0), 0.0)
        whole = Image.new("RGBA", (self._width, self._height), (0, 0, 0, 0))
        whole.paste(image, (left, top))
        return whole.convert("LA")

    def _heard(self, cue: Cue, time: float) -> float:
        return cue.start

    def _caption(self, cue: Cue, heard: float) -> tuple[Image.Image, tuple[int, int]]:
        size, lines = self._lines(drawable(cue.text, self._face), self._room)
        # Lines of one cue are one paragraph: a line that starts with a foreign word keeps its direction.
        direction = direction_of(cue.text)
        return self._picture(
            size, len(lines), [Piece(line, row, direction=direction) for row, line in enumerate(lines)]
        )

    def _lines(self, text: str, room: float) -> tuple[int, list[str]]:
        given = [[Token(line, 0.0, 0.0, False)] for line in text.splitlines() if line.strip()]
        tokens = [token for word in text.split() for token in tokens_of(Word(word, 0.0, 0.0))]
        size, lines = self._fitted(given, tokens, room)
        return size, [join(line) for line in lines]


def direction_of(text: str) -> Literal["rtl", "ltr"] | None:
    """Where a text begins, for whoever draws it; None where nothing can be shaped."""
    return ("rtl" if is_right_to_left(text) else "ltr") if can_shape() else None


def _edge(size: int) -> int:
    return max(2, size // 9)


def _margin(size: int) -> int:
    return 3 * _edge(size)


def load(face: FontFace, size: int) -> ImageFont.FreeTypeFont:
    """The face at ``size`` pixels, with shaping where there is any."""
    engine = ImageFont.Layout.RAQM if can_shape() else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(face.path), size, index=face.index, layout_engine=engine)
