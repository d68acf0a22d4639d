"""Captions in which the word that is heard is coloured."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from PIL import Image

from media.captions.burn import Painter, Piece, SafeArea, direction_of, load
from media.captions.cues import grouped
from media.captions.fonts import drawable
from media.captions.lines import Token, is_right_to_left, join
from media.types import Word

_MAX_CHARS, _MAX_LINES = 18, 2
"""Few words at a time, large: they are read while they are heard."""
_STAYS_S = 0.5
"""A cue stays so long behind its last word where nothing follows."""
_INK, _HEARD = (255, 255, 255), (255, 221, 51)


@dataclass(frozen=True, slots=True)
class KaraokeCue:
    """What is shown at one time, as lines of pieces with the times at which they are heard."""

    lines: tuple[Sequence[Token], ...]
    start: float
    end: float

    def heard(self, time: float) -> float:
        """When the piece began that is heard at ``time``, or was heard last; -1 before the first."""
        starts = [token.start for line in self.lines for token in line]
        index = bisect_right(starts, time + 1e-6) - 1
        return starts[index] if index >= 0 else -1.0


def karaoke_cues(words: Sequence[Word]) -> tuple[KaraokeCue, ...]:
    """The cues of ``words``, none over another; each begins with its first word."""
    groups = list(grouped(words, max_chars=_MAX_CHARS, max_lines=_MAX_LINES))
    starts = [lines[0][0].start for lines in groups]
    ends = [lines[-1][-1].end + _STAYS_S for lines in groups]
    last = [min(end, following) for end, (_, following) in zip(ends, pairwise(starts), strict=False)]
    return tuple(
        KaraokeCue(lines, start, end) for lines, start, end in zip(groups, starts, [*last, *ends[-1:]], strict=True)
    )


class KaraokePainter(Painter[KaraokeCue]):
    """Paints cues with the word that is heard in another colour."""

    _TYPE = (0.088, 0.075)

    def __init__(
        self,
        cues: Sequence[KaraokeCue],
        width: int,
        height: int,
        *,
        font_folders: Sequence[Path] | None = None,
        area: SafeArea | None = None,
    ) -> None:
        text = " ".join(join(line) for cue in cues for line in cue.lines)
        super().__init__(cues, text, width, height, font_folders=font_folders, area=area)

    def _heard(self, cue: KaraokeCue, time: float) -> float:
        return cue.heard(time)

    def _caption(self, cue: KaraokeCue, heard: float) -> tuple[Image.Image, tuple[int, int]]:
        given = [[replace(token, text=drawable(token.text, self._face)) for token in line] for line in cue.lines]
        size, lines = self._fitted(given, [token for line in given for token in line], self._room)
        pieces = [piece for row, line in enumerate(lines) for piece in self._placed(row, line, size, heard)]
        return self._picture(size, len(lines), pieces)

    def _placed(self, row: int, line: Sequence[Token], size: int, heard: float) -> Iterator[Piece]:
        """Each piece of a line, in the order they are heard. Those that a long word was cut into are heard together."""
        measure = load(self._face, size).getlength
        widths = [measure(token.text) for token in line]
        gaps = [measure(" ") if token.space else 0.0 for token in line]
        at = -(sum(widths) + sum(gaps[:-1])) / 2
        backwards = is_right_to_left(join(line))
        for token, width, gap in zip(line, widths, gaps, strict=True):
            ink = _HEARD if token.start == heard else _INK
            yield Piece(token.text, row, -at - width if backwards else at, "ls", ink, direction_of(token.text))
            at += width + gap
