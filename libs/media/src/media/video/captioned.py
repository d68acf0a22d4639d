"""A video with its captions drawn in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from media.captions.burn import CaptionPainter
from media.types import Cue, Made
from media.video.clip import frames, inspect, sound, write


def burn(
    source: Path,
    out: Path,
    cues: Sequence[Cue],
    *,
    font_folders: Sequence[Path] | None = None,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Made:
    """Write ``source`` to ``out`` (H.264/AAC MP4) with the cues drawn in. Its size and what is heard stay.

    The sound becomes stereo: a mono source then measures 3 LU louder (BS.1770 adds its two equal channels up).

    Text is shaped, right-to-left lines are ordered by the bidirectional algorithm, and everything stays inside
    :func:`media.captions.burn.safe_area`. Raises ``NotUsable`` (``NO_FONT``, ``NO_SHAPING``) naming the script that
    cannot be drawn here, before anything is written.
    """
    clip = inspect(source)
    shape = clip.shape
    painter = CaptionPainter(cues, shape.width, shape.height, font_folders=font_folders)

    def painted() -> Iterator[Any]:
        for number, frame in enumerate(frames(clip, shape, threads=threads)):
            painter.paint(frame, float(number / shape.rate))
            yield frame

    samples = sound(clip, shape) if clip.has_sound else None
    total = shape.count(clip.seconds)
    return write(out, shape, painted(), samples, threads=threads, total=total, progress=progress)
