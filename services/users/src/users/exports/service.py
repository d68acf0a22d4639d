"""Exports: every service is asked for its part, and when all have come they become one archive."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import NewWork, WorkItem
from chassis.errors import NotFound
from chassis.identity.tokens import Identity
from chassis.storage.keys import document_key
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic
from contracts.objects import StoredObject
from contracts.users import DataExportReady, DataExportRequested
from users import audit
from users.accounts.repository import AccountRepository
from users.exports import queries
from users.exports.archive import put_archive
from users.exports.models import SERVICES, DataExport, Part
from users.exports.repository import ExportRepository
from users.exports.schemas import DataExportOut

ARCHIVE = "users.data_export"
"""Kind of the work that makes an archive."""

KEPT_FOR = timedelta(hours=24)
ASKED_AGAIN = timedelta(minutes=10)


async def request(caller: Identity, store: ObjectStore, tx: Transaction) -> DataExportOut:
    """Have an archive made; one that is being made, or can still be fetched, is answered again. Raises ``NotFound``."""
    exports = ExportRepository(tx.session)
    # Locked, so that two requests at the same moment have one archive made.
    if await AccountRepository(tx.session).get(caller.user_id, lock=True) is None:
        raise NotFound("This account does not exist any more.")
    if (current := await exports.current(caller.user_id, tx.now)) is not None:
        return await _seen(current, store, tx)
    made = DataExport(
        id=ids.uuid7(),
        user_id=caller.user_id,
        product_line=caller.product_line,
        requested_at=tx.now,
        asked_at=tx.now,
    )
    exports.add(made)
    tx.emit(DataExportRequested(export_id=made.id, user_id=made.user_id))
    await tx.session.flush()
    seen = await _seen(made, store, tx)
    audit.record(tx, audit.Action.EXPORT_REQUESTED, actor=caller.user_id, target=made.id)
    return seen


async def read(user_id: UUID, export_id: UUID, store: ObjectStore, tx: Transaction) -> DataExportOut:
    """One of a person's exports. Raises ``NotFound``, also when it cannot be fetched any more."""
    found = await ExportRepository(tx.session).get(export_id)
    if found is None or found.user_id != user_id or (found.expires_at is not None and found.expires_at <= tx.now):
        raise NotFound("There is no such export, or it has expired. Ask for another one.")
    return await _seen(found, store, tx)


async def keep_part(export_id: UUID, service: str, part: StoredObject, tx: Transaction) -> None:
    """A service has handed out its part; with the last one the archive is made. Repeating it changes nothing."""
    exports = ExportRepository(tx.session)
    export = await exports.get(export_id)
    if export is None or export.ready_at is not None:
        return
    parts = await exports.parts(export_id)
    if service in parts:
        return
    exports.add(Part(export_id=export_id, service=service, part=part.model_dump(mode="json")))
    if parts.keys() | {service} == set(SERVICES):
        tx.add_work(NewWork(export_id, ARCHIVE, {"export_id": str(export_id)}))


class Archivist:
    """Makes archives, as leased work."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def run(self, item: WorkItem) -> None:
        """Make one; again after a crash, under the same key. Whose account has gone meanwhile needs none."""
        export_id = UUID(str(item.payload["export_id"]))
        async with self._database.transaction() as tx:
            export = await ExportRepository(tx.session).get(export_id)
            parts = await ExportRepository(tx.session).parts(export_id)
            own = await queries.everything(tx, export.user_id) if export is not None else {}
        if export is None:
            async with self._database.transaction() as tx:
                tx.finish_work(item)
            return
        stored = {service: StoredObject.model_validate(part.part) for service, part in parts.items()}
        key = document_key(export.user_id, "zip", ids.moment_of(export_id), f"{export_id.hex}-export")
        archive = await put_archive(self._store, key, own, stored)
        async with self._database.transaction() as tx:
            export = await ExportRepository(tx.session).get(export_id)
            if export is not None:
                export.archive = archive.model_dump(mode="json")
                export.ready_at, export.expires_at = tx.now, tx.now + KEPT_FOR
                tx.emit(
                    DataExportReady(
                        export_id=export_id,
                        user_id=export.user_id,
                        archive=archive,
                        expires_at=export.expires_at,
                        product_line=export.product_line,
                    )
                )
            tx.finish_work(item)
            if export is not None:
                audit.record(tx, audit.Action.EXPORT_READY, actor=None, target=export_id)
        if export is None:
            await self._store.delete(key)
        for part in stored.values():
            await self._store.delete(part.key)


class Upkeep(Periodic):
    """Asks again for parts that are missing, and removes archives that cannot be fetched any more."""

    def __init__(self, database: Database, store: ObjectStore, *, every_s: float = 60.0) -> None:
        super().__init__("data exports", every_s)
        self._database = database
        self._store = store

    async def round(self) -> None:
        """Do whatever is due."""
        async with self._database.transaction() as tx:
            for export in await ExportRepository(tx.session).unanswered(tx.now - ASKED_AGAIN, 100):
                export.asked_at = tx.now
                tx.emit(DataExportRequested(export_id=export.id, user_id=export.user_id))
        async with self._database.transaction() as tx:
            exports = ExportRepository(tx.session)
            for export in await exports.expired(tx.now, 20):
                if export.archive is not None:
                    await self._store.delete(export.archive["key"])
                await exports.remove(export.id)


async def _seen(export: DataExport, store: ObjectStore, tx: Transaction) -> DataExportOut:
    url = None
    if export.archive is not None and export.expires_at is not None:
        left = max(1, int((export.expires_at - tx.now).total_seconds()))
        url = store.signed_url(export.archive["key"], expires_s=left, filename="my-data.zip")
    answered = await ExportRepository(tx.session).parts(export.id)
    return DataExportOut(
        id=export.id,
        status="pending" if url is None else "ready",
        requested_at=export.requested_at,
        waiting_for=sorted(set(SERVICES) - answered.keys()),
        expires_at=export.expires_at,
        download_url=url,
    )
