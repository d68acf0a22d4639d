"""What may be uploaded: what each type is, what it is called in the store, and how large it may be (FIL-08..11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.storage import keys
from media import errors as media_errors
from media.images.formats import sniff
from media.images.photos import MAX_BYTES
from workflow.files.errors import FormatNotAccepted

LARGEST = 2 * (1 << 30)
"""Of sound and video, in bytes, whatever the plan."""
AT_ONCE = 500 * (1 << 20)
"""What one request may bring of it; the rest comes with others."""
HEAD = 64
"""So many first bytes tell what a file is."""

_WHAT_TO_SEND = "Send a JPEG, PNG or WebP photo, or MP3, WAV, M4A, MP4, MOV or WebM for sound and video."

MakeKey = Callable[[UUID, str, datetime, str | None], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """``name`` is what lists filter by; ``most`` is its largest size in bytes."""

    name: str
    extension: str
    most: int
    key: MakeKey

    @property
    def is_photo(self) -> bool:
        """Whether it has pixels to be prepared; sound and video are only described."""
        return self.name == "image"


def _photo(extension: str) -> Kind:
    return Kind("image", extension, MAX_BYTES, keys.image_key)


ACCEPTED: Mapping[str, Kind] = {
    "image/jpeg": _photo("jpg"),
    "image/png": _photo("png"),
    "image/webp": _photo("webp"),
    "audio/mpeg": Kind("audio", "mp3", LARGEST, keys.audio_key),
    "audio/wav": Kind("audio", "wav", LARGEST, keys.audio_key),
    "audio/mp4": Kind("audio", "m4a", LARGEST, keys.audio_key),
    "video/mp4": Kind("video", "mp4", LARGEST, keys.video_key),
    "video/quicktime": Kind("video", "mov", LARGEST, keys.video_key),
    "video/webm": Kind("video", "webm", LARGEST, keys.video_key),
}
"""By MIME type, which is told from the content."""


def mime_type_of(head: bytes) -> str:
    """The type of a file that begins with ``head``; raises ``FormatNotAccepted`` for what is not in the table."""
    try:
        mime_type = sniff(head[:HEAD])
    except media_errors.UnknownFormat as refusal:
        raise FormatNotAccepted(f"{refusal.message} {refusal.advice or _WHAT_TO_SEND}") from refusal
    if mime_type not in ACCEPTED:
        raise FormatNotAccepted(f"This is {mime_type}. {_WHAT_TO_SEND}")
    return mime_type
