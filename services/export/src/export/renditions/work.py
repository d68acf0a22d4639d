"""What runs in a worker process: the media library is imported there and not in the service's own process."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from export.platforms.models import Requirements

if TYPE_CHECKING:
    from media.types import RenditionSpec

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One platform's files. ``srt`` and ``vtt`` are None where nothing is said."""

    platform: str
    video: Path
    poster: Path
    srt: Path | None
    vtt: Path | None
    width: int
    height: int
    duration: float


def render(
    source: Path,
    timings: Path | None,
    language: str,
    wanted: Sequence[tuple[str, Requirements]],
    folder: Path,
    threads: int,
    *,
    progress: Progress,
) -> list[Rendered]:
    """Make every wanted shape with one decode of ``source``, each different one once. Raises ``media.errors``."""
    from media.captions.cues import cues_from_words
    from media.types import Word
    from media.video.renditions import render_renditions
    from media.video.thumbnails import poster

    words: list[Word] = []
    if timings is not None:
        document = json.loads(timings.read_bytes())
        words = [Word(word["text"], float(word["start"]), float(word["end"])) for word in document["words"]]
    shapes: dict[RenditionSpec, str] = {}
    for platform, wants in wanted:
        # Platforms that want the same share one encoding.
        shapes.setdefault(_spec(wants), platform)
    made = render_renditions(
        source,
        [replace(shape, name=name) for shape, name in shapes.items()],
        folder,
        cues=cues_from_words(words, language=language),
        threads=threads,
        progress=lambda share: progress(0.95 * share),
    )
    for name, one in made.items():
        poster(one.path, folder / f"{name}.jpg")
    rendered = []
    for platform, wants in wanted:
        one = made[shapes[_spec(wants)]]
        srt, vtt = one.path.with_suffix(".srt"), one.path.with_suffix(".vtt")
        rendered.append(
            Rendered(
                platform,
                one.path,
                one.path.with_suffix(".jpg"),
                srt if srt.exists() else None,
                vtt if vtt.exists() else None,
                one.width,
                one.height,
                one.duration,
            )
        )
    progress(1.0)
    return rendered


def _spec(wants: Requirements) -> RenditionSpec:
    """What the encoder has to make, without a name: equal where two platforms want the same."""
    from media.types import RenditionSpec

    return RenditionSpec(
        name="",
        width=wants.width,
        height=wants.height,
        frame_rate=wants.frame_rate,
        video_codec=wants.video_codec,
        video_bit_rate=wants.video_bit_rate,
        crf=wants.crf,
        audio_bit_rate=wants.audio_bit_rate,
        sample_rate=wants.sample_rate,
        loudness_lufs=wants.loudness_lufs,
        max_duration=wants.max_duration_s,
        fit=wants.fit,
    )
