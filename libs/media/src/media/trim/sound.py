"""Packets of sound for a part, for every track of a film: copied where the container hides what sounds before the part,
encoded from the first sample to the last elsewhere.

Times count from the part's first picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from media.trim.film import Film
from media.video.source import open_media

_EARLIER_S = Fraction(1, 2)
"""A decoder needs what sounded before; reading begins that much earlier."""
_GAP_S = 0.02
"""Times of packets are rounded; what is farther apart is silence."""
_BIT_RATE = 96_000
_MOST_CHANNELS = {"aac": 8, "libopus": 2}


@dataclass(frozen=True, slots=True)
class Track:
    """The sound in stream ``index`` of a film, from ``start`` to ``end`` seconds of its own clock."""

    film: Film
    index: int
    start: Fraction
    end: Fraction


def can_copy(stream: Any, container: str) -> bool:
    """Whether packets of ``stream`` may stand in ``container`` although they begin before the part: an edit list says
    from where on they are heard."""
    context = stream.codec_context
    return container in ("mp4", "mov") and context.codec.canonical_name == "aac" and bool(context.extradata)


def copied(track: Track) -> Iterator[Any]:
    """The packets that are heard in the part, and the one before, which its first needs."""
    with open_media(track.film.path, headers_only=True) as container:
        stream = container.streams[track.index]
        unit = stream.time_base
        frame = Fraction(stream.codec_context.frame_size or 1024, stream.codec_context.sample_rate)
        begin, first = track.start - 2 * frame, round(track.start / unit)
        container.seek(int((track.start - _EARLIER_S) / unit), stream=stream, backward=True)
        for packet in container.demux(stream):
            if packet.pts is None or packet.dts is None or packet.pts * unit < begin:
                continue
            if packet.pts * unit >= track.end:
                return
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            yield packet


def prepare(encoder: Any, stream: Any) -> None:
    """Set an encoder of a new track up for the sound of ``stream``."""
    most = _MOST_CHANNELS.get(encoder.codec.name, 2)
    encoder.layout = stream.codec_context.layout.name if stream.codec_context.channels <= most else "stereo"
    encoder.bit_rate = _BIT_RATE * min(most, stream.codec_context.channels)
    encoder.flags |= int(av.codec.context.Flags.bitexact)


def rate_for(stream: Any, codec: str) -> int:
    """Samples a second that the encoder takes: as they are, but for Opus, which knows one rate."""
    return 48_000 if codec == "libopus" else int(stream.codec_context.sample_rate)


def encoded(track: Track, encoder: Any) -> Iterator[Any]:
    """The sound encoded anew, from the first sample of the part to its last."""
    fifo: Any = av.AudioFifo()
    rate = encoder.sample_rate
    told = 0
    for frame in _samples(track, encoder):
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), told
        told += frame.samples
        fifo.write(frame)
        for piece in fifo.read_many(encoder.frame_size or 1024):
            yield from encoder.encode(piece)
    if (rest := fifo.read(0, partial=True)) is not None:
        yield from encoder.encode(rest)
    yield from encoder.encode(None)


def _samples(track: Track, encoder: Any) -> Iterator[Any]:
    """The sound as the encoder takes it, without gap or overlap, exactly as long as the part."""
    rate, layout = encoder.sample_rate, encoder.layout.name
    wanted = round((track.end - track.start) * rate)
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    channels = len(encoder.layout.channels)
    made = 0
    for at, block in _blocks(track, resampler, rate):
        gap = at - made
        if gap > _GAP_S * rate:
            silence = np.zeros((channels, min(gap, wanted - made)), np.float32)
            made += silence.shape[1]
            yield from _framed(silence, layout)
        block = block[:, max(0, -gap if gap < -_GAP_S * rate else 0) :][:, : wanted - made]
        made += block.shape[1]
        yield from _framed(block, layout)
        if made >= wanted:
            return
    yield from _framed(np.zeros((channels, wanted - made), np.float32), layout)


def _framed(block: Any, layout: str) -> Iterator[Any]:
    if block.shape[1]:
        yield av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=layout)


def _blocks(track: Track, resampler: Any, rate: int) -> Iterator[tuple[int, Any]]:
    """Pieces of sound with the sample of the part at which each begins, none before it."""
    with open_media(track.film.path, headers_only=True) as container:
        stream = container.streams[track.index]
        container.seek(max(0, int((track.start - _EARLIER_S) / stream.time_base)), stream=stream, backward=True)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            at = frame.pts * frame.time_base
            if at >= track.end:
                return
            if at + Fraction(frame.samples, frame.sample_rate) + Fraction(1, 10) < track.start:
                continue
            frame.pts = None
            for piece in resampler.resample(frame):
                begin = round((at - track.start) * rate)
                block = piece.to_ndarray().reshape(-1, piece.samples)
                yield max(begin, 0), block[:, max(0, -begin) :]
