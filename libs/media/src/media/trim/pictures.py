"""Packets of pictures for a part: copied with encoded edges so that both fit one track, or all encoded anew.

Times count from the part's first picture, in the unit of the film (copied) or of the encoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import dropwhile, islice
from typing import Any

import av

from media.errors import EngineFailed
from media.trim.film import Film, packets, pictures
from media.trim.h264 import repacked, sets_of
from media.trim.plan import Entry, Plan, times
from media.video.encode import x264_options
from media.video.filters import FrameFilter
from media.video.source import open_media

ENCODERS = {"h264": "libx264", "vp9": "libvpx-vp9", "vp8": "libvpx"}
"""What encodes the edges beside copied packets, by codec."""

_CRF = 18
_PROFILES = {66: "baseline", 77: "main", 88: "main", 100: "high"}
"""What x264 calls the profiles of H.264 with eight bits; an edge must not need more than the track says."""
_WEBM = {"crf": "28", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"}
_ONE_BY_ONE = {"lag-in-frames": "0", "auto-alt-ref": "0"}


class Edges:
    """Encodes what stands before and behind copied packets the way those are."""

    def __init__(self, film: Film, template: Any, threads: int) -> None:
        """``template`` is the stream that is copied. Raises ``EngineFailed`` where none fits beside it."""
        self._film, self._source, self._threads = film, template.codec_context, threads
        self.extra: bytes | None = self._source.extradata
        if film.sets is not None:
            own = sets_of(self._encoder().extradata)
            if own is None:
                raise EngineFailed("the encoder does not say what it makes")
            self.extra = film.sets.with_more(own)

    def between(self, start: int, end: int) -> Iterator[Any]:
        """The packets of the pictures shown from ``start`` to before ``end``, each decoded when it is shown."""
        if start >= end:
            return
        encoder = self._encoder()
        for frame in pictures(self._film, start, end, self._threads):
            frame.pict_type = 0
            yield from map(self._fitting, encoder.encode(frame))
        yield from map(self._fitting, encoder.encode(None))

    def _fitting(self, packet: Any) -> Any:
        if self._film.sets is None:
            return packet
        made = av.Packet(repacked(bytes(packet), self._film.sets.length))
        made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
        made.is_keyframe = packet.is_keyframe
        return made

    def _encoder(self) -> Any:
        source, sets = self._source, self._film.sets
        encoder: Any = av.CodecContext.create(ENCODERS[self._film.codec], "w")
        encoder.width, encoder.height, encoder.pix_fmt = source.width, source.height, self._film.picture.pixel_format
        encoder.time_base, encoder.framerate = self._film.unit, self._film.picture.rate
        encoder.thread_count = self._threads
        if source.sample_aspect_ratio:
            encoder.sample_aspect_ratio = source.sample_aspect_ratio
        for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(encoder, name, getattr(source, name))
        flags = av.codec.context.Flags
        encoder.flags |= int(flags.bitexact) | int(flags.global_header)
        if sets is None:
            encoder.options = _WEBM | _ONE_BY_ONE
        else:
            profile = _PROFILES.get(sets.sequences[0][1], "high")
            encoder.options = {"preset": "veryfast", "crf": f"{_CRF}", "bf": "0", "profile": profile} | x264_options(
                f"sps-id={sets.free}"
            )
        encoder.open()
        return encoder


def copied(film: Film, plan: Plan, known: Sequence[Entry], edges: Edges) -> Iterator[Any]:
    """The part with the packets that need no encoding as they are."""
    due = iter(times(plan, known))
    for packet in _joined(film, plan, known, edges):
        pts, dts, duration = next(due, (None, 0, 0))
        if packet.pts != pts:
            raise EngineFailed("the film reads differently each time")
        packet.pts, packet.dts, packet.duration = packet.pts - plan.first, dts - plan.first, duration
        packet.time_base = film.unit
        yield packet
    if next(due, None) is not None:
        raise EngineFailed("a picture of the film does not decode")


def _joined(film: Film, plan: Plan, known: Sequence[Entry], edges: Edges) -> Iterator[Any]:
    yield from edges.between(plan.first, plan.copied_from)
    begin, stop = plan.copied
    with open_media(film.path, headers_only=True) as container:
        run = dropwhile(lambda packet: packet.pts != known[begin].pts, packets(container, film, plan.copied_from))
        yield from islice(run, stop - begin)
    yield from edges.between(plan.copied_to, plan.end)


def encoded(film: Film, plan: Plan, encoder: Any, threads: int) -> Iterator[Any]:
    """The part encoded anew: upright, in BT.709 where it was of high range, every picture at its own time."""
    picture = replace(film.picture, start=Fraction(0))
    filtered = FrameFilter(picture, encoder.width, encoder.height, None)
    for frame in pictures(film, plan.first, plan.end, threads):
        frame.pts -= plan.first
        for ready in filtered.through(frame):
            yield from _packets(encoder, ready)
    for ready in filtered.through(None):
        yield from _packets(encoder, ready)
    yield from encoder.encode(None)


def _packets(encoder: Any, frame: Any) -> Iterator[Any]:
    frame.pict_type = 0
    yield from encoder.encode(frame)


def prepare(encoder: Any, film: Film, codec: str, threads: int) -> None:
    """Set an encoder of a new track up for the whole of ``film``."""
    picture = film.picture
    encoder.width, encoder.height = max(2, picture.shown_width & ~1), max(2, picture.shown_height & ~1)
    encoder.pix_fmt, encoder.color_range = "yuv420p", 1
    colour = picture.colour
    encoder.colorspace, encoder.color_primaries, encoder.color_trc = colour.matrix, colour.primaries, colour.transfer
    encoder.time_base, encoder.thread_count = film.unit, threads
    encoder.flags |= int(av.codec.context.Flags.bitexact)
    h264 = {"preset": "veryfast", "crf": f"{_CRF}", "profile": "high"} | x264_options()
    encoder.options = h264 if codec == "h264" else _WEBM
