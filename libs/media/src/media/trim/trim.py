"""A part of a film, exact to the picture, encoding no more than the edges where the film allows for it."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av

from media.errors import BadMedia, EngineFailed
from media.trim import pictures, sound
from media.trim.film import Film, decoded_entries, entries, film_at, sounds_of, whole_part
from media.trim.plan import Entry, Plan, plan
from media.video.source import open_media, video_stream
from media.writing import encoding

Method = Literal["copied", "edges", "encoded"]

CONTAINERS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts"}
"""What a suffix means."""
_COPIED = {
    "mp4": ("h264",),
    "mov": ("h264",),
    "matroska": ("h264", "vp9", "vp8"),
    "webm": ("vp9", "vp8"),
    "mpegts": ("h264",),
}
"""What pictures a container takes as they are, with edges that fit."""
_WORTH = 0.2
"""Where less of a part could be copied it is encoded whole, in one go."""
_COPIED_FORMATS = ("yuv420p", "yuvj420p")
_TURNING = ("mp4", "mov", "matroska")
_TOLD_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A part that was written to ``path``.

    ``start`` and ``end`` are source seconds: when its first picture is shown there, and when its last one ends.
    ``method`` says what was done with the pictures: all ``copied``, only the ``edges`` encoded anew, or all
    ``encoded``, and then ``reason`` says why in words. ``encoded_s`` is how many seconds of pictures were encoded,
    ``sounds`` how many tracks of sound there are.
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

    The first picture is the first whose time is not before ``start``, the last the last one before ``end``; an ``end``
    behind the film's is its end. Every picture keeps its time, every track of sound is kept and stays in sync to 20 ms.
    What is encoded anew is H.264 with AAC, in WebM VP9 with Opus; it is upright and of standard range.
    ``progress`` may raise to stop: nothing is left behind then.

    Raises ``BadMedia``: ``BAD_TIME`` naming the length of the film where the times are not within it in this order,
    ``BAD_FORMAT`` for another suffix; as ``open_media``; ``EngineFailed`` where writing fails.
    """
    container = CONTAINERS.get(out.suffix)
    if container is None:
        raise BadMedia(
            f"{out.suffix or 'no suffix'} is no container we write",
            code="BAD_FORMAT",
            advice=f"Choose one of {', '.join(CONTAINERS)}.",
        )
    film = film_at(source)
    begin, stop = whole_part(film, start, end)
    job = _job(film, begin, stop, container, threads, progress or (lambda _share: None))
    reason = job.reason
    with encoding(out) as partial:
        if not reason:
            try:
                _copy(job, partial)
            except EngineFailed as refused:
                reason = f"copying was not possible: {refused.message}"
        if reason:
            _encode(job, partial)
    chosen = job.plan
    units = (chosen.end - chosen.first) if reason else chosen.encoded
    return Trimmed(
        path=out,
        start=film.seconds(chosen.first),
        end=film.seconds(chosen.end),
        frames=chosen.frames,
        width=film.picture.shown_width,
        height=film.picture.shown_height,
        size=out.stat().st_size,
        method="encoded" if reason else "edges" if units else "copied",
        reason=reason,
        encoded_s=float(units * film.unit),
        sounds=film.sounds,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """A part to be written; ``reason`` says why nothing of it can be copied, if so."""

    film: Film
    known: tuple[Entry, ...]
    plan: Plan
    reason: str
    container: str
    threads: int
    progress: Callable[[float], None]

    def told(self, packets: Iterable[Any]) -> Iterator[Any]:
        """The packets of pictures, telling how far they are."""
        whole, told = self.plan.end - self.plan.first, 0.0
        for packet in packets:
            share = min(1.0, float(packet.pts * packet.time_base / (whole * self.film.unit)))
            if share >= told + _TOLD_SHARE:
                told = share
                self.progress(share)
            yield packet
        self.progress(1.0)


def _job(film: Film, begin: int, stop: int, container: str, threads: int, progress: Callable[[float], None]) -> _Job:
    known = entries(film, begin, stop)
    reason = "" if known is not None else f"{film.format} does not say when each picture is shown"
    if known is None:
        known = decoded_entries(film, begin, stop, threads)
    last = max((entry.pts for entry in known), default=begin) + max(1, round(1 / (film.picture.rate * film.unit)))
    chosen = plan(known, begin, stop, last)
    return _Job(film, known, chosen, reason or _hindrance(film, chosen, container), container, threads, progress)


def _hindrance(film: Film, chosen: Plan, container: str) -> str:
    """Why nothing can be copied, in words; empty where something can."""
    picture = film.picture
    if picture.high_range:
        return "its high dynamic range is brought to what every screen shows"
    if film.codec not in _COPIED[container]:
        return f"{film.codec} pictures are not copied into {container}"
    if picture.interlaced:
        return "its pictures are stored as every other line"
    if picture.pixel_format not in _COPIED_FORMATS:
        return f"edges in {picture.pixel_format} cannot be encoded beside what is copied"
    if picture.rotation and container not in _TURNING:
        return f"{container} cannot say that the picture is turned"
    if film.codec == "h264" and (film.sets is None or film.sets.free is None):
        return "the film does not say how its pictures are encoded"
    begin, end = chosen.copied
    if begin == end:
        return "no picture in the part begins anew"
    if chosen.copied_to - chosen.copied_from < _WORTH * (chosen.end - chosen.first):
        return "less than a fifth of the part could be copied"
    return ""


def _copy(job: _Job, partial: Path) -> None:
    with open_media(job.film.path) as container, _written(partial, job.container) as made:
        template = video_stream(container)
        edges = pictures.Edges(job.film, template, job.threads)
        stream = made.add_stream_from_template(template, opaque=True)
        stream.codec_context.extradata = edges.extra
        stream.time_base = job.film.unit
        shown = job.told(pictures.copied(job.film, job.plan, job.known, edges))
        _mux(made, [(stream, shown), *_sounds(job, container, made)])


def _encode(job: _Job, partial: Path) -> None:
    codec = "vp9" if job.container == "webm" else "h264"
    with open_media(job.film.path, headers_only=True) as container, _written(partial, job.container) as made:
        stream = made.add_stream(pictures.ENCODERS[codec], rate=job.film.picture.rate)
        pictures.prepare(stream.codec_context, job.film, codec, job.threads)
        shown = job.told(pictures.encoded(job.film, job.plan, stream.codec_context, job.threads))
        _mux(made, [(stream, shown), *_sounds(job, container, made)])


def _sounds(job: _Job, container: Any, made: Any) -> Iterator[tuple[Any, Iterator[Any]]]:
    """A track in ``made`` for each track of sound, with its packets."""
    codec = "libopus" if job.container == "webm" else "aac"
    start, end = job.plan.first * job.film.unit, job.plan.end * job.film.unit
    for source in sounds_of(container):
        track = sound.Track(job.film, source.index, start, end)
        if sound.can_copy(source, job.container):
            stream = made.add_stream_from_template(source)
            packets = sound.copied(track)
        else:
            stream = made.add_stream(codec, rate=sound.rate_for(source, codec))
            sound.prepare(stream.codec_context, source)
            packets = sound.encoded(track, stream.codec_context)
        if source.language:
            stream.metadata["language"] = source.language
        yield stream, packets


@contextmanager
def _written(partial: Path, container: str) -> Iterator[Any]:
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if container in ("mp4", "mov") else {})
    made: Any = av.open(f"file:{os.path.abspath(partial)}", "w", format=container, options=options)  # noqa: PTH100
    with made:
        yield made


def _mux(made: Any, tracks: Sequence[tuple[Any, Iterator[Any]]]) -> None:
    """Weave packets by the time they are decoded, so that none waits long in memory."""

    def bound(stream: Any, packets: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
        for packet in packets:
            yield stream, packet

    woven = heapq.merge(
        *(bound(stream, packets) for stream, packets in tracks), key=lambda one: one[1].dts * one[1].time_base
    )
    for stream, packet in woven:
        packet.stream = stream
        try:
            made.mux_one(packet)
        except av.error.FFmpegError as error:
            # Else it would be taken for a fault of the film that is open around this.
            raise EngineFailed(f"the part could not be written: {error.strerror}") from error
