"""Small real media for the answers: drawn once per size and kept."""

from __future__ import annotations

import base64
import io
import wave
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np

_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def _picture(width: int, height: int, phase: float = 0.0) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    blue = 120 + 100 * np.sin(x / 23 + phase)
    green = 120 + 100 * np.cos(y / 17 - phase)
    red = 255 * (x + y) / (width + height)
    return np.stack([blue, green, red], axis=2).clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=64)
def image(mime_type: str = "image/jpeg", width: int = 320, height: int = 320) -> bytes:
    """A picture of exactly this size. ``mime_type`` is JPEG, PNG or WebP."""
    done, data = cv2.imencode(_SUFFIX[mime_type], _picture(width, height))
    if not done:
        raise ValueError(f"cannot encode {mime_type} {width}x{height}")
    return data.tobytes()


@lru_cache(maxsize=64)
def wav(seconds: float = 1.0, rate: int = 24_000) -> bytes:
    """A mono 16-bit tone."""
    t = np.arange(int(seconds * rate)) / rate
    samples = (0.3 * 32767 * np.sin(2 * np.pi * 220 * t)).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


@lru_cache(maxsize=64)
def mp3(seconds: float = 1.0, rate: int = 44_100) -> bytes:
    """A mono tone as MP3."""
    tone = 0.3 * 32767 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)
    return encoded_mp3(tone.astype("<i2")[:, None], rate)


def encoded_mp3(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """16-bit samples ``(n, channels)``, of one channel or two, as MP3."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=rate)
        stream.layout = layout
        for start in range(0, len(samples), 1152):
            part = np.ascontiguousarray(samples[start : start + 1152].T)
            frame = av.AudioFrame.from_ndarray(part, format="s16p", layout=layout)
            frame.sample_rate = rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@lru_cache(maxsize=64)
def mp4(seconds: float = 2.0, width: int = 160, height: int = 160, rate: int = 10) -> bytes:
    """A moving H.264 clip of this length."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        for n in range(max(1, round(seconds * rate))):
            frame = av.VideoFrame.from_ndarray(_picture(width, height, n / 3), format="bgr24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


_STRETCH_S = 8
"""Of a long film so much is encoded; the rest are copies of it."""


@lru_cache(maxsize=8)
def film(seconds: float, width: int = 160, height: int = 90, rate: int = 5) -> bytes:
    """A moving H.264 film with a tone, small and soon made for its length; whole seconds."""
    sound_rate, out = 16_000, io.BytesIO()
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(1024) / 1024 * 14)
    heard = np.ascontiguousarray(tone.astype(np.float32)[None, :])
    with av.open(out, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "threads": "1", "bf": "0"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.time_base = Fraction(1, rate)
        audio = container.add_stream("aac", rate=sound_rate)
        audio.layout = "mono"
        shown = [packet for n in range(_STRETCH_S * rate) for packet in video.encode(_frame(width, height, n))]
        shown += video.encode(None)
        sounds = []
        for n in range(8):
            frame = av.AudioFrame.from_ndarray(heard, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = sound_rate, n * 1024
            sounds += audio.encode(frame)
        pictures = [(bytes(packet), packet.is_keyframe) for packet in shown]
        sound = bytes(sounds[-1])
        beat = 0
        for n in range(max(1, round(seconds * rate))):
            data, is_key = pictures[n % len(pictures)]
            container.mux(_packet(data, video, n, Fraction(1, rate), is_key=is_key))
            while beat * 1024 * rate < min(n + 1, seconds * rate) * sound_rate:
                container.mux(_packet(sound, audio, beat * 1024, Fraction(1, sound_rate), is_key=True))
                beat += 1
    return out.getvalue()


def _frame(width: int, height: int, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(_picture(width, height, number / 3), format="bgr24")
    frame.pts = number
    return frame


def _packet(data: bytes, stream: Any, pts: int, time_base: Fraction, *, is_key: bool) -> Any:
    packet: Any = av.Packet(data)
    packet.stream, packet.time_base = stream, time_base
    packet.pts = packet.dts = pts
    packet.is_keyframe = is_key
    return packet


def in_data_uri(uri: object) -> bytes:
    """What a data URI carries; nothing for another address."""
    kind, _, data = str(uri).partition(";base64,")
    return base64.b64decode(data) if kind.startswith("data:") else b""


HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
"""What a confused edge server sends in place of media."""


def cut(data: bytes) -> bytes:
    """The first 60 percent: what is left when a transfer or an encoder stopped early."""
    return data[: len(data) * 6 // 10]
