"""What an honest vendor invents from words: pictures, clips, music; the same for the same words and seed."""

from __future__ import annotations

import hashlib
import io
import tempfile
import wave
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from media.sound.music import STYLES, make_bed

_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_SHORTEST_S, _BEGINS_S = 2.0, 12.0
_RATE = 10
_CLOSER = 0.15
"""How much of a picture's sides a clip has left out at its end."""


@lru_cache(maxsize=64)
def picture(words: str, width: int, height: int, mime_type: str = "image/png", seed: object = None) -> bytes:
    """Hills under a sky, of exactly this size. ``mime_type`` is JPEG, PNG or WebP."""
    return _encoded(_landscape(words, width, height, seed), mime_type)


@lru_cache(maxsize=16)
def clip(words: str, photo: bytes, seconds: float, width: int, height: int, seed: object = None) -> bytes:
    """A silent H.264 clip that moves closer to the photo; without one that can be read, to a picture of the words."""
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR) if photo else None
    if pixels is None:
        pixels = _landscape(words, width, height, seed)
    towards = chance_of(words, seed).uniform(0, 1, 2)
    out = io.BytesIO()
    frames = max(2, round(seconds * _RATE))
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_RATE, options={"preset": "ultrafast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, _RATE)
        for number in range(frames):
            seen: Any = cv2.resize(_closer(pixels, _CLOSER * number / (frames - 1), towards), (width, height))
            frame = av.VideoFrame.from_ndarray(seen, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@lru_cache(maxsize=16)
def music(words: str, seconds: float, seed: object = None) -> bytes:
    """Background music in the style that the words name, as a stereo WAV of this length; repeats itself after 12 s."""
    style = next((name for name in STYLES if name in words.lower()), None)
    chance = chance_of(words, seed)
    with tempfile.TemporaryDirectory(prefix="invented-") as folder:
        made = Path(folder) / "bed.wav"
        played_s = float(np.clip(seconds, _SHORTEST_S, _BEGINS_S))
        make_bed(made, style=style or chance.choice(sorted(STYLES)), seconds=played_s, seed=int(chance.integers(2**31)))
        with wave.open(str(made), "rb") as bed:
            about, played = bed.getparams(), np.frombuffer(bed.readframes(bed.getnframes()), "<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams(about)
        # Repeats what there is.
        file.writeframes(np.resize(played, (round(seconds * about.framerate), about.nchannels)).tobytes())
    return out.getvalue()


def chance_of(words: str, seed: object) -> np.random.Generator:
    """What the same words and seed choose alike."""
    return np.random.default_rng(list(hashlib.sha256(f"{words}\0{seed}".encode()).digest()))


def _landscape(words: str, width: int, height: int, seed: object) -> np.ndarray[Any, Any]:
    chance = chance_of(words, seed)
    across = np.linspace(0, 1, width)
    above, below = chance.uniform(90, 255, (2, 3))
    drawn = np.linspace(above, below, height)[:, None, :].repeat(width, axis=1)
    sun = tuple(int(part) for part in chance.uniform((0, 0), (width, height / 2)))
    cv2.circle(drawn, sun, max(2, min(width, height) // 9), (190.0, 235.0, 255.0), -1, cv2.LINE_AA)
    down = np.arange(height)[:, None]
    for depth in range(4):
        waves = zip(chance.uniform(2, 14, 5), chance.uniform(0, 2 * np.pi, 5), strict=True)
        ridge = sum(np.sin(across * pace + shift) / pace for pace, shift in waves)
        top = height * (0.45 + 0.14 * depth + 0.1 * ridge)
        drawn = np.where((down >= top)[:, :, None], chance.uniform(30, 190, 3) * (1 - 0.15 * depth), drawn)
    return cv2.GaussianBlur(drawn + chance.normal(0, 3, drawn.shape), (3, 3), 0).clip(0, 255).astype(np.uint8)


def _closer(pixels: np.ndarray[Any, Any], share: float, towards: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    height, width = pixels.shape[:2]
    left, top = (int(side * share * part) for side, part in zip((width, height), towards, strict=True))
    return pixels[top : top + int(height * (1 - share)), left : left + int(width * (1 - share))]


def _encoded(pixels: np.ndarray[Any, Any], mime_type: str) -> bytes:
    return cv2.imencode(_SUFFIX[mime_type], pixels)[1].tobytes()
