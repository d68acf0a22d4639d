"""Encoding sound to a loudness that holds after encoding, not only before."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from media.sound.loudness import LoudnessMeter, normalise

AudioCodec = Literal["aac", "opus"]

LOUDNESS_TOLERANCE_LU = 0.2
TRUE_PEAK_CEILING_DB = -1.0
_FRAME = 1024
_MEASURED_AT_ONCE = 64  # frames
_TRIES = 3
_ENCODER_OVERSHOOT_DB = 0.4


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """Encoded sound ready to be woven into a file, with what it measures when it is decoded again."""

    data: bytes
    loudness_lufs: float
    true_peak_db: float
    duration: float

    def open(self) -> tuple[Any, Iterator[Any]]:
        """The stream to copy the settings of, and its packets in order."""
        container: Any = av.open(io.BytesIO(self.data))
        stream = container.streams.audio[0]
        return stream, (packet for packet in container.demux(stream) if packet.dts is not None)


Blocks = Callable[[float | None, float], Iterable[NDArray[np.float32]]]
"""Sound in pieces of ``(n, channels)``, brought to a loudness (None: as is), true peaks under a ceiling in dB."""


def encode_audio(
    samples: NDArray[np.float32],
    rate: int,
    *,
    codec: AudioCodec = "aac",
    bit_rate: int = 128_000,
    target_lufs: float | None = None,
) -> AudioTrack:
    """Encode ``(n, channels)`` float32; with ``target_lufs`` the decoded result has that loudness within 0.2 LU.

    The encoder changes loudness and peaks a little, so its output is decoded, measured and the gain corrected, at most
    twice. Where the true-peak ceiling of -1 dBTP does not allow the target, the result is as loud as it permits.
    """

    def blocks(aim: float | None, ceiling: float) -> Iterator[NDArray[np.float32]]:
        whole = samples if aim is None else normalise(samples, rate, aim, ceiling)
        yield from (whole[start : start + rate] for start in range(0, len(whole), rate))

    seconds = len(samples) / rate
    return encode_blocks(
        blocks, rate, samples.shape[1], seconds, codec=codec, bit_rate=bit_rate, target_lufs=target_lufs
    )


def encode_blocks(
    blocks: Blocks,
    rate: int,
    channels: int,
    seconds: float,
    *,
    codec: AudioCodec = "aac",
    bit_rate: int = 128_000,
    target_lufs: float | None = None,
) -> AudioTrack:
    """:func:`encode_audio` for sound that is too long to be held: ``blocks`` is asked for all of it at each try."""
    aim, ceiling = target_lufs, TRUE_PEAK_CEILING_DB - _ENCODER_OVERSHOOT_DB
    best: AudioTrack | None = None
    for _ in range(_TRIES):
        # Of a long film each is large: only the best one is kept.
        made = _measured(_encoded(blocks(aim, ceiling), rate, channels, codec, bit_rate), seconds)
        if best is None or _distance(made, target_lufs) < _distance(best, target_lufs):
            best = made
        if aim is None or target_lufs is None or not np.isfinite(made.loudness_lufs):
            break
        over = made.true_peak_db - TRUE_PEAK_CEILING_DB
        miss = target_lufs - made.loudness_lufs
        if abs(miss) <= LOUDNESS_TOLERANCE_LU * 0.75 and over <= 0:
            break
        aim += miss
        ceiling -= max(0.0, over)
    assert best is not None  # noqa: S101  it was tried at least once
    return best


def _distance(track: AudioTrack, target_lufs: float | None) -> float:
    if target_lufs is None or not np.isfinite(track.loudness_lufs):
        return 0.0
    return abs(track.loudness_lufs - target_lufs) + 10 * max(0.0, track.true_peak_db - TRUE_PEAK_CEILING_DB)


def _encoded(
    blocks: Iterable[NDArray[np.float32]], rate: int, channels: int, codec: AudioCodec, bit_rate: int
) -> bytes:
    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    name, box = ("aac", "mp4") if codec == "aac" else ("libopus", "webm")
    container: Any = av.open(file, "w", format=box, options={"fflags": "+bitexact"})
    with container:
        stream = container.add_stream(name, rate=rate, layout=layout)
        stream.codec_context.bit_rate = bit_rate
        stream.codec_context.flags |= int(av.codec.context.Flags.bitexact)
        if codec == "aac":
            # The default search costs four times as much time and is not heard at these rates.
            stream.codec_context.options = {"aac_coder": "fast"}
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate, frame_size=_FRAME)
        at = 0
        for block in blocks:
            packed = np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
            frame.sample_rate, frame.pts = rate, at
            at += len(block)
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file.getvalue()


def _measured(data: bytes, duration: float) -> AudioTrack:
    container: Any = av.open(io.BytesIO(data))
    with container:
        stream = container.streams.audio[0]
        meter = LoudnessMeter(stream.sample_rate, stream.channels)
        frames = (np.asarray(frame.to_ndarray(), np.float32) for frame in container.decode(stream))
        # A frame is short: measured one by one, the calls would cost more than the measuring.
        while some := list(islice(frames, _MEASURED_AT_ONCE)):
            meter.add(np.concatenate(some, axis=1).T)
    return AudioTrack(data, meter.lufs(), meter.true_peak_db(), duration)
