"""Reading a film at some time: where its packets lie, and its pictures from a time on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from media.errors import BadMedia, NotUsable
from media.trim.h264 import Sets, begins_anew, sets_of
from media.trim.plan import Entry
from media.video.filters import Picture, picture_of
from media.video.source import duration_of, open_media, start_of, video_stream

_EARLIER_S = (0, 10, 60)
"""How far before a time reading begins: without an index seeking may end behind the key frame."""
_BEHIND = 64
"""Packets read behind the end of a part, to know when the next picture is shown."""


@dataclass(frozen=True, slots=True)
class Film:
    """What is to be known of a film before a part is taken. ``start`` is when it starts to play; times of packets count
    in ``unit``."""

    path: Path
    start: Fraction
    unit: Fraction
    duration: float
    codec: str
    picture: Picture
    sets: Sets | None
    sounds: int
    format: str

    def at(self, seconds: float) -> int:
        """A time of the film in the unit of its packets, half a millisecond early: what is meant is the picture that
        begins there, however its time was rounded."""
        return int((self.start + Fraction(seconds).limit_denominator(1_000_000) - Fraction(1, 2000)) / self.unit) + 1

    def seconds(self, time: int) -> float:
        """The opposite."""
        return float(time * self.unit - self.start)


def film_at(path: Path) -> Film:
    """Look at ``path``. Raises as ``open_media``, and ``NotUsable`` without a picture or a length."""
    with open_media(path) as container:
        stream = video_stream(container)
        duration = duration_of(container)
        if duration <= 0:
            raise NotUsable(f"{path.name} does not say how long it is", code="NO_DURATION", advice="Export it as MP4.")
        codec = stream.codec_context.codec.canonical_name
        sets = sets_of(stream.codec_context.extradata) if codec == "h264" else None
        picture, name = picture_of(container), container.format.long_name
        return Film(
            path, start_of(container), stream.time_base, duration, codec, picture, sets, len(sounds_of(container)), name
        )


def entries(film: Film, start: int, end: int) -> tuple[Entry, ...] | None:
    """The packets of pictures from a key frame not after ``start`` until all before ``end`` are known; None where the
    container does not say when they are shown."""
    length = film.sets.length if film.sets is not None else 0
    with open_media(film.path, headers_only=True) as container:
        found: list[Entry] = []
        behind = 0
        for packet in packets(container, film, start):
            if packet.pts is None:
                return None
            anew = packet.is_keyframe and (film.codec != "h264" or begins_anew(bytes(packet), length))
            found.append(Entry(packet.pts, bool(anew)))
            behind = behind + 1 if packet.pts >= end else 0
            if behind >= _BEHIND:
                break
        return tuple(found)


def decoded_entries(film: Film, start: int, end: int, threads: int) -> tuple[Entry, ...]:
    """The same by decoding, for containers that do not say it."""
    behind = 2 * max(1, round(1 / (film.picture.rate * film.unit)))
    times = [frame.pts for frame in pictures(film, start, end + behind, threads)]
    return tuple(Entry(time, anew=False) for time in times)


def sounds_of(container: Any) -> list[Any]:
    """The tracks of sound that can be decoded."""
    return [one for one in container.streams if one.type == "audio" and one.codec_context is not None]


def packets(container: Any, film: Film, start: int) -> Iterator[Any]:
    """The packets of pictures from the last key frame not after ``start`` on, or from the first one of the film."""
    stream = video_stream(container)
    for earlier in (*_EARLIER_S, None):
        begin = int(film.start / film.unit) if earlier is None else start - int(earlier / film.unit)
        container.seek(begin, stream=stream, backward=True)
        waiting = True
        for packet in container.demux(stream):
            if waiting and (not packet.size or not packet.is_keyframe):
                continue
            if waiting and packet.pts is not None and packet.pts > start and earlier is not None:
                break
            waiting = False
            if packet.size:
                yield packet
        if not waiting:
            return


def pictures(film: Film, start: int, end: int, threads: int) -> Iterator[Any]:
    """The decoded pictures shown from ``start`` to before ``end``, each once and in order."""
    with open_media(film.path) as container:
        stream = video_stream(container)
        stream.codec_context.thread_count = threads
        latest: int | None = None
        for frame in _decoded(container, film, start):
            if frame.pts is None or frame.pts < start or (latest is not None and frame.pts <= latest):
                continue
            if frame.pts >= end:
                return
            latest = frame.pts
            yield frame


def _decoded(container: Any, film: Film, start: int) -> Iterator[Any]:
    stream = video_stream(container)
    for packet in packets(container, film, start):
        yield from packet.decode()
    yield from stream.codec_context.decode(None)


def whole_part(film: Film, start: float, end: float) -> tuple[int, int]:
    """Both times in the film's unit; ``BadMedia`` naming its length where they are not within it, in this order."""
    length = f"the film is {film.duration:.3f} s long"
    if not 0 <= start < end:
        raise BadMedia(
            f"nothing lies between {start} s and {end} s", code="BAD_TIME", advice=f"Choose a later end; {length}."
        )
    if start >= film.duration:
        raise BadMedia(f"{start} s is behind the end: {length}", code="BAD_TIME", advice="Choose an earlier start.")
    return film.at(start), film.at(end)
