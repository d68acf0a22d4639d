"""The private folder of one attempt, between the object store and a provider."""

from __future__ import annotations

import asyncio
import mimetypes
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from uuid import UUID

from chassis import ids
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from contracts.objects import StoredObject

_KEY_OF = {
    "image": keys.image_key,
    "video": keys.video_key,
    "audio": keys.audio_key,
}
_MOST_ATTEMPTS = 100
"""No job is tried so often."""
_EXTENSIONS = {"image/jpeg": "jpg", "audio/wav": "wav", "audio/x-wav": "wav", "application/json": "json"}


class AttemptWorkspace:
    """Satisfies ``providers.port.Workspace``. Results are named after the attempt: doing it again replaces them."""

    def __init__(self, store: ObjectStore, *, user_id: UUID, attempt_id: UUID, now: datetime) -> None:
        self._store = store
        self._user_id = user_id
        self._attempt_id = attempt_id
        self._now = now
        self._files: dict[str, Path] = {}
        self.kept: list[str] = []
        """Keys of what was stored, in order."""
        self._fetching = asyncio.Lock()

    @cached_property
    def directory(self) -> Path:
        """The folder; made when first asked for, because small jobs need none and disks are slow."""
        return Path(tempfile.mkdtemp(prefix="attempt-"))

    async def close(self) -> None:
        """Remove the folder, if there is one."""
        if "directory" in self.__dict__:
            await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)

    async def fetch(self, stored: StoredObject) -> Path:
        """A local file with the object's bytes, SHA-256 verified; each object is brought once."""
        async with self._fetching:
            if stored.key not in self._files:
                name = f"input-{len(self._files)}.{extension_of(stored.mime_type)}"
                self._files[stored.key] = await self._store.fetch(stored, self.directory / name)
            return self._files[stored.key]

    async def keep(self, path: Path, mime_type: str, *, role: str) -> StoredObject:
        """Store a finished file under a key of this attempt and role."""
        make_key = _KEY_OF.get(mime_type.split("/", 1)[0], keys.document_key)
        # Done again on another day, it is the same object.
        made = ids.moment_of(self._attempt_id)
        key = make_key(self._user_id, extension_of(mime_type), made, f"{self._attempt_id.hex}-{role}")
        metadata = keys.object_metadata(self._user_id, f"generated_{role}", self._now)
        stored = await self._store.put_file(path, key, mime_type, metadata=metadata)
        self._files[stored.key] = path
        self.kept.append(stored.key)
        return stored


@asynccontextmanager
async def workspace(
    store: ObjectStore, *, user_id: UUID, attempt_id: UUID, now: datetime
) -> AsyncIterator[AttemptWorkspace]:
    """A workspace with a folder of its own, removed at the end."""
    made = AttemptWorkspace(store, user_id=user_id, attempt_id=attempt_id, now=now)
    try:
        yield made
    finally:
        await made.close()


async def stored_for(store: ObjectStore, user_id: UUID, job_id: UUID, providers: Iterable[str]) -> list[str]:
    """Keys of all that attempts at a job by these providers have stored."""
    attempts = (*range(1, _MOST_ATTEMPTS + 1), "joined")
    names = {ids.derived(job_id, provider, attempt).hex for provider in providers for attempt in attempts}
    # What is derived from an id has its moment, which is how it begins.
    prefixes = keys.prefixes_of(user_id, ids.moment_of(job_id), job_id.hex[:12])
    found = [key for prefix in prefixes async for key in store.list_keys(prefix)]
    return [key for key in found if key.rsplit("/", 1)[-1].split("-", 1)[0] in names]


def extension_of(mime_type: str) -> str:
    """The usual file extension of a type, ``bin`` where there is none; without the dot."""
    known = _EXTENSIONS.get(mime_type) or (mimetypes.guess_extension(mime_type) or ".bin")[1:]
    return known if known.isalnum() else "bin"
