"""What happens to files later: objects of deleted ones go, and what waited in the fallback folder moves on."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from chassis.data.database import Database, Transaction
from chassis.storage.port import ObjectMissing, ObjectStore
from chassis.work.periodic import Periodic
from contracts.objects import StoredObject
from workflow.files import repository

log = structlog.get_logger(__name__)

BATCH = 20

Chore = Callable[[Transaction], Awaitable[None]]
"""Something else to be done now and then, in a transaction of its own."""


class Housekeeping(Periodic):
    """A background part; several processes may run one each, rows are claimed with ``SKIP LOCKED``.

    ``also``: chores of others that are done at the same pace.
    """

    def __init__(
        self,
        database: Database,
        stores: dict[str, ObjectStore | None],
        *,
        keep_deleted_s: float,
        poll_s: float,
        also: Sequence[Chore] = (),
    ) -> None:
        super().__init__("workflow housekeeping", poll_s)
        self._database = database
        self._stores = stores
        self._keep_deleted = timedelta(seconds=keep_deleted_s)
        self._also = also

    async def round(self) -> None:
        """Do whatever is due."""
        while sum(await self.run_once()) >= BATCH:
            pass

    async def run_once(self) -> tuple[int, int]:
        """Do one batch of each kind; how many files lost their objects and how many moved."""
        for chore in self._also:
            async with self._database.transaction() as tx:
                await chore(tx)
        return await self._remove(), await self._move()

    async def _remove(self) -> int:
        async with self._database.transaction() as tx:
            rows = await repository.to_remove(tx, tx.now - self._keep_deleted, BATCH)
            for row in rows:
                store = self._stores[row["storage_backend"]]
                for key in (row["storage_key"], (row["prepared"] or {}).get("key")):
                    if store is not None and key is not None:
                        await store.delete(key)
                log.info("file.objects_removed", file_id=str(row["id"]))
            if rows:
                await repository.removed(tx, [row["id"] for row in rows])
        return len(rows)

    async def _move(self) -> int:
        source, target = self._stores["fallback"], self._stores["store"]
        if source is None or target is None:
            return 0
        count = 0
        async with self._database.transaction() as tx:
            for row in await repository.to_move(tx, BATCH):
                for stored in _objects(row):
                    await _copy(source, target, stored)
                await repository.moved(tx, row["id"])
                count += 1
        return count


def _objects(row: dict[str, Any]) -> list[StoredObject]:
    original = StoredObject(
        key=row["storage_key"], sha256=row["checksum"], size=row["file_size"], mime_type=row["mime_type"]
    )
    return [original] + ([StoredObject.model_validate(row["prepared"])] if row["prepared"] else [])


async def _copy(source: ObjectStore, target: ObjectStore, stored: StoredObject) -> None:
    with tempfile.TemporaryDirectory(prefix="move-") as folder:
        try:
            path = await source.fetch(stored, Path(folder) / "object")
        except ObjectMissing:
            if await target.stat(stored.key) is not None:
                return
            raise
        await target.put_file(path, stored.key, stored.mime_type)
    await source.delete(stored.key)
