"""A workspace and a store in one folder, for driving adapters without the platform."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from pathlib import Path

from contracts.objects import StoredObject


class FolderWorkspace:
    """Objects are files named by their SHA-256. Satisfies ``Workspace``."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "work"
        self._store = root / "store"
        self.directory.mkdir(parents=True, exist_ok=True)
        self._store.mkdir(exist_ok=True)

    def put(self, data: bytes, mime_type: str) -> StoredObject:
        """Store ``data`` as an input."""
        digest = hashlib.sha256(data).hexdigest()
        (self._store / digest).write_bytes(data)
        return StoredObject(key=digest, sha256=digest, size=len(data), mime_type=mime_type)

    def read(self, stored: StoredObject) -> bytes:
        """The bytes of an object."""
        return (self._store / stored.key).read_bytes()

    async def fetch(self, stored: StoredObject) -> Path:
        """The object's own file."""
        return self._store / stored.key

    async def keep(self, path: Path, mime_type: str, *, role: str) -> StoredObject:
        """Store a finished file."""
        return self.put(await asyncio.to_thread(path.read_bytes), mime_type)

    def clear(self) -> None:
        """Remove what the last attempt left behind."""
        shutil.rmtree(self.directory)
        self.directory.mkdir()
