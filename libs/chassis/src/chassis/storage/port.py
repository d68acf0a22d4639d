"""What a service may ask of an object store, whichever it is."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from chassis.errors import NotFound, ServiceError, TooLarge, Unavailable
from chassis.storage.keys import all_of
from contracts.objects import StoredObject

DAY_S = 86_400
LONGEST_LINK_S = 7 * DAY_S
CHUNK = 1 << 20
READ_LIMIT = 64 * 1024 * 1024

NO_METADATA: Mapping[str, str] = {}


class ObjectMissing(NotFound):
    """The object is not in the store."""

    code = "object_missing"


class ObjectDamaged(ServiceError):
    """What the store holds is not what was stored: its size or SHA-256 differs."""

    code = "object_damaged"


class StoreUnavailable(Unavailable):
    """The object store does not answer."""

    code = "object_store_unavailable"


class ObjectStat(NamedTuple):
    """What the store knows about an object without reading it."""

    size: int
    mime_type: str
    metadata: Mapping[str, str]


class ObjectStore(Protocol):
    """Keeps objects by key. Putting is atomic: a reader sees the whole object or none.

    A key is never given different content on purpose, so whoever has read a key may cache it; putting again after a
    crash replaces the object whole. Keys follow ``chassis.storage.keys``. Methods raise ``StoreUnavailable`` when the
    store does not answer, and ``ValueError`` for a key that is not well formed.
    """

    async def put_file(
        self, path: Path, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store the file's content; durable when this returns."""
        ...

    async def put_bytes(
        self, data: bytes, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store ``data``; durable when this returns."""
        ...

    async def fetch(self, stored: StoredObject, into: Path) -> Path:
        """Write the object to file ``into`` (atomically) and return it.

        Raises ``ObjectMissing``, or ``ObjectDamaged`` when size or SHA-256 are not those of ``stored``.
        """
        ...

    async def read(self, stored: StoredObject, *, limit: int = READ_LIMIT) -> bytes:
        """The object's content, checked as ``fetch`` does; raises ``TooLarge`` above ``limit`` bytes."""
        ...

    def open_range(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes ``start`` up to and without ``end`` (None: to the last), in pieces. Raises ``ObjectMissing``."""
        ...

    async def stat(self, key: str) -> ObjectStat | None:
        """Size, type and metadata; None when there is no such object."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""
        ...

    def signed_url(self, key: str, *, expires_s: int = DAY_S, filename: str | None = None) -> str:
        """A link anyone may read the object by until it expires, as a download when ``filename`` is given (FIL-20).

        Raises ``ValueError`` above seven days.
        """
        ...

    def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """Every key that begins with ``prefix``, all pages of the listing, in order of the key."""
        ...

    async def clean_unfinished(self, older_than: timedelta) -> int:
        """Remove what interrupted puts left behind that long ago; how many there were (FIL-19)."""
        ...

    async def ready(self) -> None:
        """Return when the store can be written to; raise when not."""
        ...


def described(data: bytes, key: str, mime_type: str) -> StoredObject:
    """The reference to ``data`` stored as ``key``."""
    return StoredObject(key=key, sha256=hashlib.sha256(data).hexdigest(), size=len(data), mime_type=mime_type)


def described_file(path: Path, key: str, mime_type: str) -> StoredObject:
    """The reference to the content of ``path`` stored as ``key``; reads the whole file, so call it in a thread."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return StoredObject(key=key, sha256=digest.hexdigest(), size=size, mime_type=mime_type)


def checked(data: bytes, stored: StoredObject) -> bytes:
    """``data`` when it is what ``stored`` says; raises ``ObjectDamaged``."""
    require_same(described(data, stored.key, stored.mime_type), stored)
    return data


def require_same(found: StoredObject, stored: StoredObject) -> None:
    """Raise ``ObjectDamaged`` unless size and SHA-256 agree."""
    if (found.size, found.sha256) != (stored.size, stored.sha256):
        raise ObjectDamaged(
            "A stored file is damaged.",
            details={"key": stored.key, "expected_size": stored.size, "found_size": found.size},
        )


def require_readable(stored: StoredObject, limit: int) -> None:
    """Raise ``TooLarge`` when reading the object into memory would take more than ``limit`` bytes."""
    if stored.size > limit:
        raise TooLarge(f"The file has {stored.size} bytes; at most {limit} can be read at once.")


def require_life(expires_s: int) -> None:
    """Raise ``ValueError`` unless a link may live that long (FIL-20)."""
    if not 0 < expires_s <= LONGEST_LINK_S:
        raise ValueError(f"a link lives between 1 second and 7 days, not {expires_s} s")


async def delete_all_of(store: ObjectStore, user_id: UUID) -> int:
    """Remove every object under a user's name; how many there were. Repeating it is harmless."""
    removed = 0
    for prefix in all_of(user_id):
        async for key in store.list_keys(prefix):
            await store.delete(key)
            removed += 1
    return removed


def missing(key: str) -> ObjectMissing:
    """The error for a key that leads nowhere."""
    return ObjectMissing("The file is not there (any more).", details={"key": key})
