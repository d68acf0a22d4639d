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

import av
import cv2
import numpy as np

from media.animation.talking import render
from media.enhance.photo import enhance
from media.enhance.upscale import upscale
from media.errors import MediaError, NotUsable
from media.images.photos import decode
from media.speech.polish import block_level_db
from media.speech.spoken.writing import wrong_writing
from media.speech.synthesis import synthesise, write_wav
from media.speech.timed import timed
from media.types import Phoneme, Speech, Word
from media.video.source import read_audio
from simulators.core import ears, invented, media

_RATE = 24.0
_UNKNOWN_S = 3.0
_SOUND_S = 0.06
_QUIET_DB = 18.0
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


def changed(
    photo: bytes, words: str, mime_type: str = "image/png", seed: object = None, size: tuple[int, int] | None = None
) -> bytes:
    """The photo, enhanced, in the light that the words put it in, its middle of so a ``size`` where one is given;
    nothing where it cannot be read."""
    pixels = _pixels(better(photo))
    if pixels is None:
        return b""
    if size is not None:
        high, wide = pixels.shape[:2]
        part = min(wide / size[0], high / size[1])
        pixels = cv2.resize(
            cv2.getRectSubPix(pixels, (int(size[0] * part), int(size[1] * part)), (wide / 2, high / 2)), size
        )
    light = invented.chance_of(words, seed).uniform(0.98, 1.02, 3)
    return cv2.imencode(_SUFFIX[mime_type], (pixels * light).clip(0, 255).astype(np.uint8))[1].tobytes()


def filled(
    photo: bytes, mask: bytes, words: str, mime_type: str = "image/png", seed: object = None, *, moved_px: int = 0
) -> bytes:
    """The photo with a picture of the words where the mask is white, all of it moved to the right by ``moved_px``;
    nothing where one of both cannot be read."""
    pixels, white = _pixels(photo), _pixels(mask)
    if pixels is None or white is None:
        return b""
    height, width = pixels.shape[:2]
    drawn = _pixels(invented.picture(words, width, height, "image/png", seed))
    share = cv2.resize(white, (width, height)).astype(np.float32) / 255
    made = (drawn * share + pixels * (1 - share) + 0.5).astype(np.uint8)
    moved = np.roll(made, moved_px, axis=1)
    moved[:, :moved_px] = made[:, :moved_px]
    return cv2.imencode(_SUFFIX[mime_type], moved, (cv2.IMWRITE_JPEG_QUALITY, 95))[1].tobytes()


@lru_cache(maxsize=16)
def spoken(text: str, seconds: float | None = None) -> Spoken:
    """The text, spoken; cut or followed by silence to be of so many ``seconds`` where they are given."""
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        made = _speech(text, Path(folder) / "speech.wav", seconds)
        return Spoken(made.path.read_bytes(), made.duration, made.words)


@lru_cache(maxsize=16)
def talking(
    photo: bytes, prompt: str, seconds: float, width: int, height: int, *, silent: bool = False, seed: object = None
) -> bytes:
    """A clip in which the face of the photo says what the prompt lets it say; one that only moves where there is no
    face, or nothing to say."""
    said = _SAID.search(prompt)
    if said is None:
        return invented.clip(prompt, photo, seconds, width // 4 * 2, height // 4 * 2, seed)
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
            return invented.clip(prompt, photo, seconds, width // 4 * 2, height // 4 * 2, seed)
        return out.read_bytes()


@lru_cache(maxsize=16)
def lips_to(photo: bytes, recording: bytes, width: int, height: int | None = None) -> bytes:
    """A clip as long as a recording, in which the face of the photo says it; without ``height`` as high as the photo is
    beside its width. One that only moves where there is no face, or no sound."""
    with tempfile.TemporaryDirectory(prefix="studio-") as name:
        folder = Path(name)
        source, heard, out = folder / "photo", folder / "recording", folder / "clip.mp4"
        source.write_bytes(photo)
        heard.write_bytes(recording)
        seconds = _UNKNOWN_S
        try:
            speech = _heard(heard, folder / "speech.wav")
            seconds = speech.duration
            render(source, speech, out, width=width, height=height, frame_rate=_RATE)
        except MediaError:
            return invented.clip("", photo, seconds, width // 4 * 2, (height or width) // 4 * 2)
        return out.read_bytes()


def seconds_of(clip: bytes) -> float:
    """How long a clip is."""
    with av.open(io.BytesIO(clip), "r") as opened:
        return float((opened.duration or 0) / av.time_base)


def shape_of(photo: bytes, side: int) -> tuple[int, int]:
    """Width and height of a clip with the photo's shape and so short a side; upright where it cannot be read."""
    pixels = _pixels(photo)
    height, width = (16, 9) if pixels is None else pixels.shape[:2]
    wide, high = (side * part / min(width, height) for part in (width, height))
    return round(wide / 4) * 4, round(high / 4) * 4


def four_of(picture: bytes) -> bytes:
    """A sheet with the picture four times, each a little darker, as PNG; nothing where it cannot be read."""
    pixels = _pixels(picture)
    if pixels is None:
        return b""
    one, two, three, four = (cv2.convertScaleAbs(pixels, alpha=1 - 0.02 * step) for step in range(4))
    return cv2.imencode(".png", np.vstack([np.hstack([one, two]), np.hstack([three, four])]))[1].tobytes()


def first_picture(clip: bytes) -> bytes:
    """The picture that a clip begins with, as PNG; nothing where it has none."""
    try:
        with av.open(io.BytesIO(clip), "r") as opened:
            picture = next(opened.decode(video=0), None)
    except (av.FFmpegError, IndexError):
        return b""
    return b"" if picture is None else cv2.imencode(".png", picture.to_ndarray(format="bgr24"))[1].tobytes()


@lru_cache(maxsize=16)
def larger(photo: bytes, factor: int, mime_type: str = "image/jpeg") -> bytes:
    """The photo, enhanced and so many times as wide; nothing where it cannot be read."""
    pixels = _pixels(better(photo))
    if pixels is None:
        return b""
    made = upscale(pixels, 4 if factor > 2 else 2) if factor > 1 else pixels
    return cv2.imencode(_SUFFIX[mime_type], made, (cv2.IMWRITE_JPEG_QUALITY, 95))[1].tobytes()


def _pixels(picture: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) if picture else None


def _heard(recording: Path, out: Path) -> Speech:
    """A recording whose words nobody has told: what is understood of it, else the mouth is open where it is loud."""
    found = read_audio(recording, mono=True)
    if found is None or not len(found[0]):
        raise NotUsable("there is no sound", code="NO_SOUND", advice="Send a recording.")
    samples, rate = found
    if text := ears.heard(recording):
        return timed(text, samples[:, 0], rate, out)
    write_wav(out, [(np.clip(samples[:, 0], -1, 1) * 32767).astype(np.int16)], rate)
    levels = block_level_db(samples[:, 0], round(_SOUND_S * rate))
    loud = levels > float(levels.max()) - _QUIET_DB
    sounds = tuple(
        Phoneme("\N{LATIN SMALL LETTER ALPHA}" if is_loud else "m", number * _SOUND_S, (number + 1) * _SOUND_S)
        for number, is_loud in enumerate(loud)
    )
    return Speech(out, rate, len(samples) / rate, sounds, (), "en", "neutral", "recording", -16.0)


def _speech(text: str, out: Path, seconds: float | None) -> Speech:
    language = next((one for one in _LANGUAGES if wrong_writing(text, one) is None), "en")
    made = synthesise(text, out, language=language, voice="female")
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
        about, samples = file.getparams(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return media.encoded_mp3(samples.reshape(-1, about.nchannels), about.framerate)
