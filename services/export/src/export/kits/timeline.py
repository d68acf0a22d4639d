"""The film as a timeline that editing programs open (OpenTimelineIO): picture, sound, and a marker for each caption.

The same film gives the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RATE = 30.0
_CUE = re.compile(r"(\d+):(\d\d):(\d\d)[,.](\d{3}) --> (\d+):(\d\d):(\d\d)[,.](\d{3})\n(.*?)(?:\n\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and its time, in seconds."""

    start: float
    end: float
    text: str


def captions_in(srt: str) -> tuple[Caption, ...]:
    """The captions of a SubRip file, in order."""
    return tuple(_captions(srt.replace("\r\n", "\n")))


def timeline(title: str, media: str, seconds: float, captions: tuple[Caption, ...]) -> str:
    """A timeline with the film ``media``, a path beside it, on a video and a sound track."""
    import opentimelineio as otio  # type: ignore[import-untyped]

    def span(start: float, length: float) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(round(start * _RATE), _RATE),
            otio.opentime.RationalTime(round(length * _RATE), _RATE),
        )

    made = otio.schema.Timeline(name=title, global_start_time=otio.opentime.RationalTime(0, _RATE))
    for kind in (otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio):
        clip = otio.schema.Clip(
            name=media,
            media_reference=otio.schema.ExternalReference(target_url=media, available_range=span(0.0, seconds)),
            source_range=span(0.0, seconds),
        )
        if kind == otio.schema.TrackKind.Video:
            clip.markers.extend(
                otio.schema.Marker(name=caption.text, marked_range=span(caption.start, caption.end - caption.start))
                for caption in captions
            )
        made.tracks.append(otio.schema.Track(name=kind, kind=kind, children=[clip]))
    return str(made.to_json_string(indent=2)) + "\n"


def _captions(srt: str) -> Iterator[Caption]:
    for found in _CUE.finditer(srt):
        hours, minutes, seconds, millis, *end, text = found.groups()
        start = _seconds(hours, minutes, seconds, millis)
        yield Caption(start, _seconds(*end), text.strip())


def _seconds(hours: str, minutes: str, seconds: str, millis: str) -> float:
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + int(millis) / 1000
