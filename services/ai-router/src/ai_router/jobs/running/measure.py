"""Measuring a result, in a worker process: the media library is imported there and not in the service's own process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ai_router.providers.local.work import speech_of


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file turned out to be. ``score`` is 0 to 10; None where no score is defined."""

    score: float | None
    measures: dict[str, float]
    reasons: tuple[str, ...]
    duration: float | None = None


def image(path: Path, original: Path | None) -> Measured:
    """Score a picture, against its original where there is one. Raises ``media.errors``."""
    from media.judge.image import score_image_file

    score = score_image_file(path, original)
    return Measured(score.value, dict(score.measures), score.reasons)


def video(path: Path, audio: Path | None, timings: Path | None, expected: float | None) -> Measured:
    """Score a video, against its speech where there is some. Raises ``media.errors``."""
    from media.judge.video import score_video
    from media.video.probe import probe

    speech = speech_of(audio, json.loads(timings.read_bytes())) if audio is not None and timings is not None else None
    score = score_video(path, speech=speech, expected_duration=expected)
    return Measured(score.value, dict(score.measures), score.reasons, probe(path).duration)


def sound(path: Path) -> Measured:
    """Length of a recording. Raises ``media.errors``."""
    from media.video.probe import probe

    found = probe(path)
    return Measured(None, {"duration": found.duration}, (), found.duration)
