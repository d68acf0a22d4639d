"""What runs in a worker process: the media library is imported there and not in the service's own process."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from export.platforms.models import Requirements

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
    """Make every wanted shape with one decode of ``source``. Raises ``media.errors``."""
    from media.captions import cues_from_words
    from media.renditions import render_renditions
    from media.thumbnails import poster
    from media.types import RenditionSpec, Word

    words: list[Word] = []
    if timings is not None:
        document = json.loads(timings.read_bytes())
        words = [Word(word["text"], float(word["start"]), float(word["end"])) for word in document["words"]]
    made = render_renditions(
        source,
        [
            RenditionSpec(
                name=platform,
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
            for platform, wants in wanted
        ],
        folder,
        cues=cues_from_words(words, language=language),
        threads=threads,
        progress=lambda share: progress(0.95 * share),
    )
    rendered = []
    for platform, _ in wanted:
        one = made[platform]
        picture = folder / f"{platform}.jpg"
        poster(one.path, picture)
        srt, vtt = one.path.with_suffix(".srt"), one.path.with_suffix(".vtt")
        rendered.append(
            Rendered(
                platform,
                one.path,
                picture,
                srt if srt.exists() else None,
                vtt if vtt.exists() else None,
                one.width,
                one.height,
                one.duration,
            )
        )
    progress(1.0)
    return rendered
