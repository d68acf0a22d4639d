"""Object keys: who and when first, the name by the server, nothing that could leave the store (FIL-17, FIL-18)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.ids import uuid7

LONGEST_KEY = 500
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")

IMAGES, VIDEOS, AUDIO, DOCUMENTS, TEMP, QUARANTINE = (
    "images/",
    "videos/",
    "audio/",
    "documents/",
    "temp/",
    "quarantine/",
)
PREFIXES = (IMAGES, VIDEOS, AUDIO, DOCUMENTS, TEMP, QUARANTINE)
"""Every key begins with one of these; the services' ``kept`` modules say how long what is under them is kept."""

_CACHE_SECONDS = (("image/", 31_536_000), ("video/", 2_592_000))
_OTHER_CACHE_SECONDS = 3_600


def check_key(key: str) -> str:
    """``key`` itself; raises ``ValueError`` unless it is plain segments joined by slashes, none of them hidden."""
    if not key or len(key) > LONGEST_KEY or not all(_SEGMENT.fullmatch(part) for part in key.split("/")):
        raise ValueError(f"not an object key: {key[:100]!r}")
    return key


def image_key(user_id: UUID, extension: str, now: datetime, name: str | None = None) -> str:
    """``images/{user_id}/{YYYY}/{MM}/{DD}/{name}.{extension}``; the name is made up unless given."""
    return _dated(f"{IMAGES}{user_id}", extension, now, name)


def video_key(user_id: UUID, extension: str, now: datetime, name: str | None = None) -> str:
    """``videos/{user_id}/{YYYY}/{MM}/{DD}/{name}.{extension}``; the name is made up unless given."""
    return _dated(f"{VIDEOS}{user_id}", extension, now, name)


def audio_key(user_id: UUID, extension: str, now: datetime, name: str | None = None) -> str:
    """``audio/{user_id}/{YYYY}/{MM}/{DD}/{name}.{extension}``; the name is made up unless given."""
    return _dated(f"{AUDIO}{user_id}", extension, now, name)


def document_key(user_id: UUID, extension: str, now: datetime, name: str | None = None) -> str:
    """``documents/{user_id}/...``: captions, kits and what else is neither image, video nor sound."""
    return _dated(f"{DOCUMENTS}{user_id}", extension, now, name)


def temp_key(extension: str, now: datetime, name: str | None = None) -> str:
    """``temp/{YYYY}/{MM}/{DD}/{name}.{extension}``: removed after 30 days (FIL-21)."""
    return _dated(TEMP.rstrip("/"), extension, now, name)


def quarantine_key(name: str) -> str:
    """``quarantine/{name}.bin``: what was found to be dangerous. No link is ever made to it."""
    return check_key(f"{QUARANTINE}{name}.bin")


def all_of(user_id: UUID) -> tuple[str, ...]:
    """What the keys of everything of a user's begin with, temporary and dangerous files apart."""
    return tuple(f"{prefix}{user_id}/" for prefix in (IMAGES, VIDEOS, AUDIO, DOCUMENTS))


def prefixes_of(user_id: UUID, made: datetime, name: str) -> tuple[str, ...]:
    """What the user's keys of that day begin with when their names begin with ``name``, whatever they are."""
    day = made.astimezone(UTC)
    return tuple(f"{prefix}{user_id}/{day:%Y/%m/%d}/{name}" for prefix in (IMAGES, VIDEOS, AUDIO, DOCUMENTS))


def prefixes_of_file(user_id: UUID, made: datetime, file_id: UUID) -> tuple[str, ...]:
    """What the keys of all that was stored of an uploaded file begin with, temporary or not."""
    temporary = temp_key("x", made, file_id.hex).removesuffix(".x")
    return (*prefixes_of(user_id, made, file_id.hex), temporary)


def cache_control(mime_type: str) -> str:
    """How long a client may keep an object: a year for images, 30 days for videos; never a shared cache.

    A network that checks every link (``chassis.storage.cdn``) keeps objects by its own time, 30 days.
    """
    seconds = next((age for kind, age in _CACHE_SECONDS if mime_type.startswith(kind)), _OTHER_CACHE_SECONDS)
    return f"private, max-age={seconds}, immutable"


def object_metadata(user_id: UUID, file_type: str, now: datetime) -> Mapping[str, str]:
    """What FIL-18 wants to be known of an object."""
    return {"user_id": str(user_id), "upload_time": now.astimezone(UTC).isoformat(), "file_type": file_type}


def _dated(start: str, extension: str, now: datetime, name: str | None) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise ValueError(f"not a file extension: {extension[:20]!r}")
    day = now.astimezone(UTC)
    return check_key(f"{start}/{day:%Y/%m/%d}/{name or uuid7().hex}.{extension}")


def is_stale_temp(key: str, now: datetime, older_than: timedelta = timedelta(days=30)) -> bool:
    """Whether a key under ``temp/`` is old enough to be removed, by the date it carries (FIL-21)."""
    parts = key.split("/")
    if len(parts) < 5 or parts[0] != "temp":
        return False
    try:
        made = datetime(int(parts[1]), int(parts[2]), int(parts[3]), tzinfo=UTC)
    except ValueError:
        return False
    # The key knows only the day: the last moment of it counts, so that nothing goes early.
    return made + timedelta(days=1) <= now - older_than
