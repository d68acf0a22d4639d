"""A clip drawn from a film by its edit list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from media.captions.burn import CaptionPainter
from media.captions.cues import cues_from_words
from media.clips.edits import SIZES, EditList
from media.clips.words import words_in
from media.errors import BadMedia
from media.types import Cue, Made, Word
from media.video.clip import Shape, frames, inspect, part, sound, write


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of the clip, in its seconds, with one layout; ``speaker`` numbers who is followed, None: nobody."""

    start: float
    end: float
    layout: str
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that was drawn: the file, what is written in it and when, how it is shown, and what to know of it."""

    made: Made
    words: tuple[Word, ...]
    cues: tuple[Cue, ...]
    shots: tuple[Shot, ...]
    warnings: tuple[str, ...] = ()


def render_clip(
    source: Path,
    edit: EditList,
    out: Path,
    *,
    words: Sequence[Word] = (),
    language: str = "en",
    short_side: int = 1080,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Clip:
    """Write the clip of ``source`` that ``edit`` describes to ``out`` (H.264/AAC MP4, index first).

    ``words`` are what is said in the whole film; captions are made of them through the edit list and of nothing else.
    ``short_side`` is the pixels of the shorter side. Sound is brought to the edit's loudness. ``progress`` may raise to
    stop: nothing is left behind then. The same arguments give the same bytes.

    Raises ``BadMedia`` where the edit keeps what the film does not have, and as ``open_media``.
    """
    whole = inspect(source)
    if edit.kept[-1].start >= whole.seconds:
        raise BadMedia(
            f"the film is {whole.seconds:.1f} s long, {edit.kept[-1].start} s is behind its end",
            code="BAD_TIME",
            advice="Keep an earlier part.",
        )
    width, height = (round(side * short_side / 1080 / 2) * 2 for side in SIZES[edit.aspect])
    shape = Shape(width, height, whole.shape.rate, whole.shape.colour)
    parts = [part(whole, kept.start, kept.end) for kept in edit.kept]
    said = words_in(words, edit)
    cues = cues_from_words(said, language=language) if edit.captions != "none" and said else ()
    painter = CaptionPainter(cues, width, height) if cues else None
    samples = np.concatenate([sound(one, shape) for one in parts]) if whole.has_sound else None

    def pictures() -> Iterator[Any]:
        every = chain.from_iterable(frames(one, shape, "pad", threads=threads) for one in parts)
        for number, frame in enumerate(every):
            if painter is not None:
                painter.paint(frame, float(number / shape.rate))
            yield frame

    made = write(
        out,
        shape,
        pictures(),
        samples,
        target_lufs=edit.loudness_lufs,
        threads=threads,
        total=sum(shape.count(one.seconds) for one in parts),
        progress=progress,
    )
    made = replace(made, details=made.details | {"edit": edit.digest})
    return Clip(made, said, cues, (Shot(0.0, made.duration, "blur"),))
