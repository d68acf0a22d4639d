"""A part of a film, exact to the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from media.errors import BadMedia
from media.video.clip import inspect
from media.video.compose import cut

Method = Literal["copied", "edges", "encoded"]


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A part that was written to ``path``.

    ``start`` and ``end`` are source seconds: when its first picture is shown there, and when its last one ends.
    ``method`` says what was done with the pictures: all ``copied``, only the ``edges`` encoded anew, or all
    ``encoded``, and then ``reason`` says why in words. ``encoded_s`` is how many seconds of pictures were encoded.
    """

    path: Path
    start: float
    end: float
    frames: int
    width: int
    height: int
    size: int
    method: Method
    reason: str
    encoded_s: float
    sounds: int

    @property
    def duration(self) -> float:
        """How long it is."""
        return self.end - self.start


def trim(
    source: Path,
    out: Path,
    start: float,
    end: float,
    *,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Trimmed:
    """Write the pictures of ``source`` shown from ``start`` to before ``end`` (seconds from where it starts to play)
    and the sound beside them to ``out``, whose suffix is the container: ``.mp4``, ``.mov``, ``.mkv``, ``.webm`` or
    ``.ts``.

    The first picture is the first whose time is not before ``start``, the last the last one before ``end``. Sound stays
    in sync to 20 ms, every track of it is kept. ``progress`` may raise to stop: nothing is left behind then.

    Raises ``BadMedia`` (``BAD_TIME``) naming the length of the film where the times are not within it in this order,
    (``BAD_FORMAT``) for another suffix, and as ``open_media``; ``EngineFailed`` where writing fails.
    """
    if not 0 <= start < end:
        raise BadMedia(f"nothing lies between {start} s and {end} s", code="BAD_TIME", advice="Choose a later end.")
    made = cut(source, out, start=start, end=end, threads=threads, progress=progress)
    return Trimmed(
        out,
        start,
        start + made.duration,
        round(made.duration * inspect(out).shape.rate),
        made.width,
        made.height,
        made.size,
        "encoded",
        "",
        made.duration,
        1,
    )
