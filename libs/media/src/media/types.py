"""The plain values that the functions of this library take and return.

Images are NumPy arrays, ``uint8``, shape (height, width, 3), BGR, sRGB, unless a docstring says otherwise.
Times are seconds as ``float``. Boxes are pixels of the image they were found in, origin at the top left.
Every dataclass is frozen and can be pickled, because the work runs in worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Bgr = NDArray[np.uint8]
"""(height, width, 3) uint8, BGR, sRGB."""

Voice = Literal["male", "female", "neutral"]
Language = Literal["en", "hi", "es", "fr", "de", "ja", "ko", "zh"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Point:
    """A position in pixels; fractions are allowed."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Contours of a face, each an array of places ``(x, y, z)`` in pixels of the photo: z is depth, positive away from
    the camera, on the scale of x.

    Closed ones begin at the viewer's left and run by way of what is above: lips of 20 places with the corners at 0 and
    10, eyes of 16 with the corners at 0 and 8, the outline of the face of 36 with its sides at 0 and 16. Brows and nose
    (left wing, base, right wing) run from left to right. ``presence`` is how sure it is that this is a face, 0 to 1;
    ``spread`` how far apart several looks saw lips and eyes, in distances of the eyes.
    """

    outer_lips: NDArray[np.float64]
    inner_lips: NDArray[np.float64]
    left_eye: NDArray[np.float64]
    right_eye: NDArray[np.float64]
    left_pupil: NDArray[np.float64]
    right_pupil: NDArray[np.float64]
    left_brow: NDArray[np.float64]
    right_brow: NDArray[np.float64]
    oval: NDArray[np.float64]
    nose: NDArray[np.float64]
    presence: float
    spread: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face. Left and right are the viewer's. ``roll`` is degrees, clockwise positive; ``yaw`` is -1 (turned
    fully to the viewer's left) to 1; ``share`` is the box area over the image area; ``confidence`` is 0 to 1.
    ``landmarks`` is None where only the cascades see a face."""

    box: Box
    left_eye: Point
    right_eye: Point
    mouth: Box
    roll: float
    yaw: float
    share: float
    sharpness: float
    exposure: float
    mouth_open: float
    occlusion: float
    confidence: float
    landmarks: Landmarks | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One preflight remark: a stable ``code``, whether it blocks, and ``advice`` written for a person."""

    code: str
    blocking: bool
    advice: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """What we think of a photo before work starts. ``chosen`` indexes ``faces``; None when no face was found."""

    width: int
    height: int
    faces: tuple[Face, ...]
    chosen: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A verdict from 0 to 10 with the measures it was computed from and the reasons in words."""

    value: float
    measures: dict[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One sound: its IPA text, start and end in seconds."""

    ipa: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word as written in the script, start and end in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """A finished recording: mono 16-bit PCM WAV at ``sample_rate``, and when each sound and word is heard."""

    path: Path
    sample_rate: int
    duration: float
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...]
    language: str
    voice: str
    engine: str
    loudness_lufs: float


@dataclass(frozen=True, slots=True)
class Made:
    """A file this library wrote, with what a caller needs to record about it. ``pictures`` are those of its
    fingerprint, where it was taken."""

    path: Path
    width: int
    height: int
    duration: float
    size: int
    details: dict[str, float | str] = field(default_factory=dict)
    pictures: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a picture or film looks like: ``pictures`` are hashes (``media.images.perceptual``), each with the number of
    the half second it is shown in. Empty where there is nothing but plain areas. ``seconds`` is 0 for a picture."""

    kind: Literal["picture", "video"]
    pictures: tuple[tuple[int, int], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a probed file. Fields that do not apply are None."""

    kind: Literal["video", "audio", "subtitle", "other"]
    codec: str
    duration: float | None
    bit_rate: int | None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    pixel_format: str | None = None
    rotation: int = 0
    sample_rate: int | None = None
    channels: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file is. ``loudness_lufs`` (integrated, BS.1770) and ``true_peak_db`` only where asked for."""

    format: str
    duration: float
    size: int
    bit_rate: int
    streams: tuple[Stream, ...]
    faststart: bool | None = None
    loudness_lufs: float | None = None
    true_peak_db: float | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenditionSpec:
    """What one platform wants. ``fit`` says how another aspect is reached: crop around the face, show the whole over a
    blurred copy, or ``auto``: crop unless that would cut into the face or leave too little. ``reserved`` are the shares
    from left, top, right and bottom that a platform draws over; captions stay out of them. With ``highlight_words``
    burned captions have few words at a time, and the one that is heard in another colour."""

    name: str
    width: int
    height: int
    frame_rate: float = 30.0
    video_codec: Literal["h264", "vp9", "av1"] = "h264"
    video_bit_rate: int | None = None
    crf: int = 21
    audio_bit_rate: int = 128_000
    sample_rate: int = 48_000
    loudness_lufs: float = -14.0
    max_duration: float | None = None
    fit: Literal["crop", "pad", "auto"] = "crop"
    burn_captions: bool = False
    highlight_words: bool = False
    reserved: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: text (at most two lines, joined by a newline), start and end in seconds."""

    text: str
    start: float
    end: float


Progress = "Callable[[float], None]"
"""Long functions take ``progress``: called with 0.0 to 1.0, never backwards, at most about ten times a second."""
