"""What an honest vendor makes of what it was given: a better photo, a face that speaks, a voice.

Small and quick beside the real thing, and the same for the same request.
"""

from __future__ import annotations

import io
import re
import tempfile
import wave
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from media.animation.talking import render
from media.enhance.photo import enhance
from media.errors import MediaError
from media.images.photos import decode
from media.speech.spoken.writing import wrong_writing
from media.speech.synthesis import synthesise
from media.types import Speech, Word
from simulators.core import media

_RATE = 24.0
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_LANGUAGES = ("en", "hi", "ja", "ko", "zh")
_SAID = re.compile(r'says: "(.*)"', re.DOTALL)


class Spoken(NamedTuple):
    """A recording, and when each word of it is heard."""

    wav: bytes
    seconds: float
    words: tuple[Word, ...]

    def starts(self, text: str) -> list[float]:
        """When each character of the text begins, and when the last one ends."""
        known, at = [(0, 0.0)], 0
        for word in self.words:
            if (found := text.find(word.text, at)) >= 0:
                at = found + len(word.text)
                known += [(found, word.start), (at, word.end)]
        places, times = zip(*known, strict=True)
        return [round(float(one), 3) for one in np.interp(range(len(text) + 1), places, times)]


@lru_cache(maxsize=16)
def better(photo: bytes, mime_type: str = "image/png") -> bytes:
    """The photo, enhanced; as it is where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        source = Path(folder) / "photo"
        source.write_bytes(photo)
        try:
            made, _ = enhance(decode(source))
        except MediaError:
            return photo
    return cv2.imencode(_SUFFIX[mime_type], made)[1].tobytes()


@lru_cache(maxsize=16)
def spoken(text: str, seconds: float | None = None) -> Spoken:
    """The text, spoken; cut or followed by silence to be of so many ``seconds`` where they are given."""
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        made = _speech(text, Path(folder) / "speech.wav", seconds)
        return Spoken(made.path.read_bytes(), made.duration, made.words)


@lru_cache(maxsize=16)
def talking(photo: bytes, prompt: str, seconds: float, width: int, height: int, *, silent: bool = False) -> bytes:
    """A clip in which the face of the photo says what the prompt lets it say; one that only moves where there is no
    face, or nothing to say."""
    said = _SAID.search(prompt)
    if said is None:
        return media.mp4(seconds, width // 2, height // 2)
    with tempfile.TemporaryDirectory(prefix="studio-") as name:
        folder = Path(name)
        source, out = folder / "photo", folder / "clip.mp4"
        source.write_bytes(photo)
        try:
            speech = _speech(said[1], folder / "speech.wav", seconds)
            if silent:
                render(source, speech, folder / "spoken.mp4", width=width, height=height, frame_rate=_RATE)
                _without_sound(folder / "spoken.mp4", out)
            else:
                render(source, speech, out, width=width, height=height, frame_rate=_RATE)
        except MediaError:
            return media.mp4(seconds, width // 2, height // 2)
        return out.read_bytes()


def _speech(text: str, out: Path, seconds: float | None) -> Speech:
    language = next((one for one in _LANGUAGES if wrong_writing(text, one) is None), "en")
    made = synthesise(text, out, language=language, voice="neutral")
    if seconds is None:
        return made
    with wave.open(str(out), "rb") as file:
        about, samples = file.getparams(), file.readframes(file.getnframes())
    wanted = round(seconds * about.framerate) * about.sampwidth * about.nchannels
    with wave.open(str(out), "wb") as file:
        file.setparams(about)
        file.writeframes(samples[:wanted].ljust(wanted, b"\0"))
    kept: Any = {
        name: tuple(one for one in getattr(made, name) if one.end <= seconds) for name in ("words", "phonemes")
    }
    return Speech(**{**{name: getattr(made, name) for name in Speech.__slots__}, **kept, "duration": seconds})


def _without_sound(source: Path, out: Path) -> None:
    import av

    with av.open(str(source)) as before, av.open(str(out), "w") as after:
        pictures = before.streams.video[0]
        copied = after.add_stream_from_template(pictures)
        for packet in before.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                after.mux(packet)


def mp3_of(recording: bytes) -> bytes:
    """A WAV recording as MP3."""
    with wave.open(io.BytesIO(recording), "rb") as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return media.encoded_mp3(samples, rate)
