"""Measuring a result, in a worker process: the media library is imported there and not in the service's own process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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


_SILENT_LUFS = -60.0


def fit(path: Path, audio: Path, out: Path, seconds: float) -> float | None:
    """Write the first ``seconds`` of a silent clip, with ``audio`` for its sound, to ``out``; the last picture stays
    where the clip ends early. The length of the clip as it was; None, and nothing written, where it is not silent.

    Raises ``media.errors``.
    """
    from media.video.clip import frames, inspect, sound, write
    from media.video.probe import probe

    clip = inspect(path)
    if clip.has_sound and (probe(path, loudness=True).loudness_lufs or _SILENT_LUFS) > _SILENT_LUFS:
        return None
    fitted = replace(clip, seconds=seconds)
    spoken = sound(replace(fitted, path=audio, has_sound=True), clip.shape)
    write(out, clip.shape, frames(fitted, clip.shape), spoken)
    return clip.seconds


def film(path: Path) -> Measured:
    """Length of the pictures of a part of a film. Raises ``media.errors``."""
    from media.video.probe import probe

    seconds = next((one.duration or 0.0 for one in probe(path).streams if one.kind == "video"), 0.0)
    return Measured(None, {"duration": seconds}, (), seconds)


def length(path: Path) -> float:
    """Seconds of a clip whose pictures can be read to their end. Raises ``media.errors``."""
    from media.video.clip import inspect

    return inspect(path).seconds


def join(clips: Sequence[tuple[Path, float]], audio: Path, out: Path) -> None:
    """Write the clips one after the other, each until its second of the film, with ``audio`` for their sound; the last
    picture of a clip stays where it ends early. The first one's size and rate are the film's. Raises ``media.errors``.
    """
    from itertools import chain, pairwise

    from media.video.clip import frames, inspect, sound, write

    first = inspect(clips[0][0])
    shape = first.shape
    # Counted from the film's beginning, so that pictures do not drift from the sound with each clip.
    ends = [shape.count(end) for _, end in clips]
    lengths = [(end - start) / float(shape.rate) for start, end in pairwise([0, *ends])]
    parts = [replace(inspect(path), seconds=length) for (path, _), length in zip(clips, lengths, strict=True)]
    spoken = sound(replace(first, path=audio, seconds=sum(lengths), has_sound=True), shape)
    write(out, shape, chain.from_iterable(frames(part, shape, "crop") for part in parts), spoken)


def sound(path: Path) -> Measured:
    """Length of a recording. Raises ``media.errors``."""
    from media.video.probe import probe

    found = probe(path)
    return Measured(None, {"duration": found.duration}, (), found.duration)


def spoken(path: Path, script: str, options: Mapping[str, Any]) -> Measured:
    """Length of a recording and how much of ``script`` is heard in it, where that can be told. Scored, with 0, only
    where it says something else. Raises ``media.errors``."""
    from media.judge.speech import score_speech

    found = sound(path)
    score = score_speech(path, script, **options)
    if score is None:
        return found
    told = replace(found, measures={**found.measures, **score.measures}, reasons=score.reasons)
    return told if score.value else replace(told, score=0.0)
