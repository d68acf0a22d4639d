"""The recording as the renderer needs it: loudness per frame, and encoded sound; read in pieces, never whole."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from media.errors import Corrupt
from media.types import Speech
from media.video.encode_audio import AudioTrack

Curve = NDArray[np.float32]

_BIT_RATE = 128_000
_WINDOW_S = 0.09
_SILENCE_POWER = 1e-6


def loudness_curve(speech: Speech, frame_rate: float, count: int) -> Curve:
    """How loud each frame sounds, 0 (silence) to 1 (the loudest twentieth), over a window around its middle.

    Loudness grows as the 0.6th power of sound pressure (Stevens, "The measurement of loudness", 1955).
    """
    hop = 1 / (4 * frame_rate)
    energy: list[float] = []
    with _opened(speech.path) as file:
        rate = file.getframerate()
        size = max(1, round(rate * hop))
        while data := file.readframes(size * 256):
            block = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
            energy += [float(np.mean(np.square(block[at : at + size]))) for at in range(0, len(block), size)]
    if not energy:
        return np.zeros(count, np.float32)
    window = np.hanning(max(1, round(_WINDOW_S * rate / size)) + 2)[1:-1]
    power = np.convolve(np.asarray(energy), window / window.sum(), mode="same")
    times = (np.arange(count) + 0.5) / frame_rate
    at_frames = np.interp(times, (np.arange(len(power)) + 0.5) * size / rate, power)
    loudest = max(float(np.percentile(power, 95)), _SILENCE_POWER)
    return np.asarray(np.minimum((at_frames / loudest) ** 0.3, 1), np.float32)


def encoded_sound(speech: Speech) -> AudioTrack:
    """The recording as AAC, in memory (about a megabyte a minute)."""
    file = io.BytesIO()
    container: Any = av.open(file, "w", format="mp4", options={"fflags": "+bitexact"})
    with container, _opened(speech.path) as sound:
        rate = sound.getframerate()
        stream = container.add_stream("aac", rate=rate, layout="mono")
        context = stream.codec_context
        context.bit_rate = _BIT_RATE
        context.flags |= int(av.codec.context.Flags.bitexact)
        context.options = {"aac_coder": "fast"}
        resampler = av.AudioResampler(format=context.format, layout="mono", rate=rate, frame_size=1024)
        for frame in chain(_frames(sound, round(speech.duration * rate)), (None,)):
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return AudioTrack(file.getvalue(), speech.loudness_lufs, float("nan"), speech.duration)


def _frames(sound: wave.Wave_read, count: int) -> Iterator[Any]:
    at = 0
    while data := sound.readframes(min(1 << 14, count - at)):
        samples = np.frombuffer(data, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="s16", layout="mono")
        frame.sample_rate = sound.getframerate()
        frame.pts = at
        at += samples.shape[1]
        yield frame


@contextmanager
def _opened(path: Path) -> Iterator[wave.Wave_read]:
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise Corrupt("the recording is not mono 16-bit PCM", code="BAD_AUDIO")
            yield file
    except (wave.Error, EOFError, FileNotFoundError) as failure:
        raise Corrupt(f"the recording cannot be read: {failure}", code="BAD_AUDIO") from failure
