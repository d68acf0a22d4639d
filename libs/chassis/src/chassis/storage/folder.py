"""Objects in a folder: for development, tests and one small machine.

::

    <root>/objects/<key>         the content
    <root>/meta/<key>.json       its type, SHA-256 and metadata
    <root>/unfinished/           what is being written; a crash leaves it there, ``clean_unfinished`` removes it
    <root>/signing-key           made at first use, so that links outlive a restart and hold for all processes
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from chassis import faults
from chassis.ids import uuid7
from chassis.storage import signing
from chassis.storage.keys import check_key
from chassis.storage.port import (
    CHUNK,
    DAY_S,
    NO_METADATA,
    READ_LIMIT,
    ObjectStat,
    checked,
    missing,
    require_life,
    require_readable,
    require_same,
)
from contracts.objects import StoredObject

_META = ".json"
_DELETE_RACES = 5


class FolderStore:
    """Keeps objects below ``root``. Satisfies ``ObjectStore``. Several processes may share one folder.

    Nothing is written before it is needed: a store that was only built leaves no trace.
    """

    def __init__(
        self,
        root: Path,
        *,
        public_url: str = "http://127.0.0.1:8000",
        signing_key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._objects = root / "objects"
        self._meta = root / "meta"
        self._unfinished = root / "unfinished"
        self._public_url = public_url.rstrip("/")
        self._given_key = signing_key
        self._clock = clock

    async def put_file(
        self, path: Path, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store the file's content; durable when this returns."""

        def chunks() -> Iterator[bytes]:
            with path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    yield chunk

        return await asyncio.to_thread(self._put, chunks, check_key(key), mime_type, metadata)

    async def put_bytes(
        self, data: bytes, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store ``data``; durable when this returns."""
        return await asyncio.to_thread(self._put, lambda: iter((data,)), check_key(key), mime_type, metadata)

    async def fetch(self, stored: StoredObject, into: Path) -> Path:
        """Write the object to ``into``; raises ``ObjectMissing`` or ``ObjectDamaged``."""
        await asyncio.to_thread(self._fetch, stored, into)
        return into

    async def read(self, stored: StoredObject, *, limit: int = READ_LIMIT) -> bytes:
        """The object's content, checked; raises ``TooLarge`` above ``limit`` bytes."""
        require_readable(stored, limit)
        path = self._path(stored.key)

        def read() -> bytes:
            with _opened(path, stored.key) as source:
                # One byte more than promised shows that the object has grown, without reading all of it.
                return checked(source.read(stored.size + 1), stored)

        return await asyncio.to_thread(read)

    async def open_range(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from ``start`` up to ``end``, in pieces."""
        source = await asyncio.to_thread(_opened, self._path(key), key)
        try:
            await asyncio.to_thread(source.seek, start)
            left = end - start if end is not None else None
            while left is None or left > 0:
                piece = await asyncio.to_thread(source.read, CHUNK if left is None else min(CHUNK, left))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece
        finally:
            source.close()

    async def stat(self, key: str) -> ObjectStat | None:
        """Size, type and metadata; the metadata has the object's ``sha256`` too. None when there is no such object."""
        return await asyncio.to_thread(self._stat, check_key(key))

    def holds(self, key: str) -> bool:
        """Whether there is such an object: one look at the folder, quick enough for the event loop."""
        return self._path(key).is_file()

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""
        await asyncio.to_thread(self._delete, check_key(key))

    def signed_url(self, key: str, *, expires_s: int = DAY_S, filename: str | None = None) -> str:
        """A link to ``chassis.storage.router``; its expiry is rounded up to a whole second."""
        require_life(expires_s)
        expires = int(self._clock()) + expires_s
        return signing.link(self._signing_key, self._public_url, check_key(key), expires, filename)

    def signed(self, key: str, expires: int, filename: str | None, signature: str) -> bool:
        """Whether this store gave out the link, however long ago."""
        return signing.genuine(self._signing_key, key, expires, filename, signature)

    def expired(self, expires: int) -> bool:
        """Whether a link with this expiry (Unix seconds) is no longer good."""
        return self._clock() >= expires

    def left(self, expires: int) -> int:
        """How many seconds a link with this expiry is good for, at least one."""
        return max(1, int(expires - self._clock()))

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """Every key that begins with ``prefix``, in order."""
        for key in await asyncio.to_thread(self._list, prefix):
            yield key

    async def clean_unfinished(self, older_than: timedelta) -> int:
        """Remove what crashed writers left behind that long ago."""
        return await asyncio.to_thread(self._clean, self._clock() - older_than.total_seconds())

    async def ready(self) -> None:
        """Return when the folder can be written to; raises ``OSError`` when not."""

        def write() -> None:
            self._prepare()
            probe = self._unfinished / f"probe-{uuid7().hex}"
            probe.write_bytes(b"")
            probe.unlink()

        await asyncio.to_thread(write)

    @cached_property
    def _signing_key(self) -> bytes:
        if self._given_key is not None:
            return self._given_key
        self._prepare()
        return _kept_signing_key(self._root / "signing-key")

    def _prepare(self) -> None:
        for folder in (self._objects, self._meta, self._unfinished):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _path(self, key: str) -> Path:
        return self._objects / check_key(key)

    def _meta_path(self, key: str) -> Path:
        return self._meta / f"{key}{_META}"

    def _put(
        self, chunks: Callable[[], Iterator[bytes]], key: str, mime_type: str, metadata: Mapping[str, str]
    ) -> StoredObject:
        self._prepare()
        content = self._unfinished / uuid7().hex
        try:
            digest, size = _write_durably(content, chunks())
            stored = StoredObject(key=key, sha256=digest, size=size, mime_type=mime_type)
            self._put_meta(stored, metadata)
            faults.point("storage.before_rename")
            _move(content, self._path(key))
            faults.point("storage.after_rename")
        finally:
            content.unlink(missing_ok=True)
        return stored

    def _put_meta(self, stored: StoredObject, metadata: Mapping[str, str]) -> None:
        # Before the content: an object never appears without its type, and a description without object is not seen.
        document = {"mime_type": stored.mime_type, "sha256": stored.sha256, "metadata": dict(metadata)}
        written = self._unfinished / uuid7().hex
        try:
            _write_durably(written, iter((json.dumps(document).encode(),)))
            faults.point("storage.before_meta_rename")
            _move(written, self._meta_path(stored.key))
            faults.point("storage.after_meta_rename")
        finally:
            written.unlink(missing_ok=True)

    def _fetch(self, stored: StoredObject, into: Path) -> None:
        into.parent.mkdir(parents=True, exist_ok=True)
        partial = into.with_name(f".{into.name}.{uuid7().hex}")
        try:
            with _opened(self._path(stored.key), stored.key) as source, partial.open("wb") as target:
                digest = hashlib.sha256()
                size = 0
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
            require_same(stored.model_copy(update={"sha256": digest.hexdigest(), "size": size}), stored)
            faults.point("storage.before_fetch_rename")
            partial.replace(into)
            faults.point("storage.after_fetch_rename")
        finally:
            partial.unlink(missing_ok=True)

    def _stat(self, key: str) -> ObjectStat | None:
        try:
            size = self._path(key).stat().st_size
            document = json.loads(self._meta_path(key).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return ObjectStat(size, document["mime_type"], {**document["metadata"], "sha256": document["sha256"]})

    def _delete(self, key: str) -> None:
        for path, top in ((self._path(key), self._objects), (self._meta_path(key), self._meta)):
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == top:
                    break
                # Another process may be about to write there: then the folder is not empty, or is made again.
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def _list(self, prefix: str) -> list[str]:
        folder, _, _ = prefix.rpartition("/")
        top = self._objects / check_key(folder) if folder else self._objects
        keys = (path.relative_to(self._objects).as_posix() for path in top.rglob("*") if path.is_file())
        return sorted(key for key in keys if key.startswith(prefix))

    def _clean(self, before: float) -> int:
        removed = 0
        for path in self._unfinished.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed


def _opened(path: Path, key: str) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise missing(key) from None


def _for_us_alone(path: str, flags: int) -> int:
    """Photos and videos are people's: no other user of the machine reads them."""
    return os.open(path, flags, 0o600)


def _write_durably(path: Path, chunks: Iterator[bytes]) -> tuple[str, int]:
    """Write and flush to disk; the SHA-256 and the size."""
    digest = hashlib.sha256()
    size = 0
    with open(path, "xb", opener=_for_us_alone) as target:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest(), size


def _move(source: Path, target: Path) -> None:
    """Rename, so that the new name survives a power cut too."""
    for _ in range(_DELETE_RACES):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.replace(target)
            break
        except FileNotFoundError:
            # A delete may have removed the empty folder between the two lines above.
            if not source.exists():
                raise
    else:
        raise FileNotFoundError(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _kept_signing_key(path: Path) -> bytes:
    """The folder's own key; made whole under another name first, so that two processes agree on one."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        draft = path.with_name(f"{path.name}.{uuid7().hex}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        return path.read_bytes()
