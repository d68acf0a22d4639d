"""An object store that takes objects while the real one is away, and hands them over later (FIL-24, PLT-28)."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import structlog

from chassis.storage.folder import FolderStore
from chassis.storage.port import (
    DAY_S,
    NO_METADATA,
    READ_LIMIT,
    ObjectDamaged,
    ObjectMissing,
    ObjectStat,
    ObjectStore,
    StoreUnavailable,
)
from chassis.work.periodic import keep_doing
from contracts.objects import StoredObject

log = structlog.get_logger()

Result = TypeVar("Result")


class FallbackStore:
    """``primary``, and ``spare`` while it is away. Satisfies ``ObjectStore``, and is a background part.

    What could not be put waits in ``spare`` under the same key and can be read from there; ``waiting`` says of a key
    that it does. After ``start`` it is handed over as soon as ``primary`` is back. After a failed put ``primary`` is
    left alone for ``retry_after_s``, so that not every caller waits for its time-out.
    """

    def __init__(
        self,
        primary: ObjectStore,
        spare: FolderStore,
        *,
        retry_after_s: float = 5.0,
        hand_over_every_s: float = 15.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.primary = primary
        self.spare = spare
        self._retry_after_s = retry_after_s
        self._every_s = hand_over_every_s
        self._ticks = ticks
        self._away_until = float("-inf")
        self._loop: asyncio.Task[None] | None = None

    def waiting(self, key: str) -> bool:
        """Whether the object is only in the spare store yet."""
        return self.spare.holds(key)

    async def put_file(
        self, path: Path, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store the file's content, in the spare store when need be."""
        return await self._put(key, lambda store: store.put_file(path, key, mime_type, metadata=metadata))

    async def put_bytes(
        self, data: bytes, key: str, mime_type: str, *, metadata: Mapping[str, str] = NO_METADATA
    ) -> StoredObject:
        """Store ``data``, in the spare store when need be."""
        return await self._put(key, lambda store: store.put_bytes(data, key, mime_type, metadata=metadata))

    async def fetch(self, stored: StoredObject, into: Path) -> Path:
        """Write the object to ``into``, from wherever it is."""
        return await self._from_holder(stored.key, lambda store: store.fetch(stored, into))

    async def read(self, stored: StoredObject, *, limit: int = READ_LIMIT) -> bytes:
        """The object's content, from wherever it is."""
        return await self._from_holder(stored.key, lambda store: store.read(stored, limit=limit))

    async def open_range(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from ``start`` up to ``end``, from wherever the object is."""
        if self.spare.holds(key):
            try:
                async for piece in self.spare.open_range(key, start, end):
                    yield piece
            except ObjectMissing:
                log.debug("objects.just_handed_over", key=key)
            else:
                return
        async for piece in self.primary.open_range(key, start, end):
            yield piece

    async def stat(self, key: str) -> ObjectStat | None:
        """Size, type and metadata; None when neither store has it."""
        return await self.spare.stat(key) or await self.primary.stat(key)

    async def delete(self, key: str) -> None:
        """Remove the object from both."""
        await self.spare.delete(key)
        await self.primary.delete(key)

    def signed_url(self, key: str, *, expires_s: int = DAY_S, filename: str | None = None) -> str:
        """A link to the store that has it now."""
        holder: ObjectStore = self.spare if self.spare.holds(key) else self.primary
        return holder.signed_url(key, expires_s=expires_s, filename=filename)

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """Every key that begins with ``prefix``; what waits comes first, so the order holds only within each store."""
        first = set()
        async for key in self.spare.list_keys(prefix):
            first.add(key)
            yield key
        async for key in self.primary.list_keys(prefix):
            if key not in first:
                yield key

    async def clean_unfinished(self, older_than: timedelta) -> int:
        """Remove what interrupted puts left behind in either."""
        return await self.spare.clean_unfinished(older_than) + await self.primary.clean_unfinished(older_than)

    async def ready(self) -> None:
        """Return when an object could be put, be it in the spare store."""
        try:
            await self.primary.ready()
        except StoreUnavailable:
            await self.spare.ready()

    async def start(self) -> None:
        """Begin to hand over what waits, also from before a restart."""
        if self._loop is None:
            self._loop = keep_doing("objects.hand_over", self._hand_over_and_rest, rest_s=self._every_s)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop handing over; what still waits stays in the folder."""
        if self._loop is not None:
            task, self._loop = self._loop, None
            task.cancel()
            await asyncio.wait({task}, timeout=grace_s)

    async def hand_over(self) -> int:
        """Move what waits into ``primary`` and say how much it was; raises ``StoreUnavailable`` when it is still away.

        A crash in between leaves an object in both, and handing it over again does no harm.
        """
        moved = 0
        async for key in self.spare.list_keys(""):
            try:
                moved += await self._hand_over_one(key)
            except ObjectDamaged:
                # It would fail each time; the others must not wait for it.
                log.exception("objects.waiting_damaged", key=key)
            except ObjectMissing:
                # Another process with the same folder has just handed it over.
                log.debug("objects.just_handed_over", key=key)
        return moved

    async def _hand_over_one(self, key: str) -> bool:
        found = await self.spare.stat(key)
        if found is None:
            return False
        metadata = dict(found.metadata)
        stored = StoredObject(key=key, sha256=metadata.pop("sha256"), size=found.size, mime_type=found.mime_type)
        with tempfile.TemporaryDirectory(prefix="hand-over-") as folder:
            copy = await self.spare.fetch(stored, Path(folder) / "object")
            await self.primary.put_file(copy, key, found.mime_type, metadata=metadata)
        await self.spare.delete(key)
        return True

    async def _put(self, key: str, put: Callable[[ObjectStore], Awaitable[StoredObject]]) -> StoredObject:
        if self._ticks() >= self._away_until:
            try:
                stored = await put(self.primary)
            except StoreUnavailable as failure:
                self._away_until = self._ticks() + self._retry_after_s
                log.warning("objects.put_aside", key=key, reason=failure.message)
            else:
                # An older version may still wait from when the store was away; it must not come back.
                if self.spare.holds(key):
                    await self.spare.delete(key)
                return stored
        return await put(self.spare)

    async def _from_holder(self, key: str, use: Callable[[ObjectStore], Awaitable[Result]]) -> Result:
        if self.spare.holds(key):
            try:
                return await use(self.spare)
            except ObjectMissing:
                log.debug("objects.just_handed_over", key=key)
        return await use(self.primary)

    async def _hand_over_and_rest(self) -> None:
        if moved := await self.hand_over():
            log.info("objects.handed_over", count=moved)
        await asyncio.sleep(self._every_s)
