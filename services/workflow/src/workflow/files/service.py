"""The use case of an upload: receive, scan, judge, prepare, store, record."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.clock import Clock
from chassis.data.database import Database, Transaction
from chassis.identity.tokens import Identity
from chassis.storage import keys
from chassis.storage.port import ObjectStore, StoreUnavailable
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from contracts.workflow import FileUploaded
from media import errors as media_errors
from media.images.photos import MAX_BYTES, sniff
from media.types import Finding
from workflow.files import repository
from workflow.files.errors import FileInfected, FileNotFound, FormatNotAccepted, ImageRefused, InspectionBusy, NoFile
from workflow.files.inspection import Inspected, find, inspect
from workflow.files.receiving import Received, receive
from workflow.files.repository import NewFile
from workflow.files.scanning import EICAR, Scanner

log = structlog.get_logger(__name__)

IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""Accepted photos and their extension (FIL-08)."""
INSPECTION_S = 60.0
FINDING_S = 10.0
"""A face that is not found by then is left to whoever animates it: an upload does not wait longer for an opinion."""
TEMPORARY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Uploads:
    """What an upload needs. ``fallback`` takes it while ``store`` is away (FIL-24)."""

    database: Database
    store: ObjectStore
    fallback: ObjectStore | None
    scanner: Scanner
    processes: ProcessPool
    clock: Clock
    landmarks: Path | None = None

    async def upload(self, caller: Identity, product_line: str, content_type: str, body: AsyncIterator[bytes]) -> UUID:
        """Take a photo in; returns the file's id.

        Nothing is held in the database while bytes arrive or pixels are looked at. Raises the errors of
        ``files.errors``, and ``StoreUnavailable`` when there is nowhere to keep it.
        """
        workspace = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="upload-"))
        try:
            received = await receive(
                content_type, body, workspace / "original", limit=MAX_BYTES, judge_head=_judge_head
            )
            return await self._take(caller, product_line, received)
        finally:
            await asyncio.to_thread(shutil.rmtree, workspace, ignore_errors=True)

    async def _take(self, caller: Identity, product_line: str, received: Received) -> UUID:
        purpose, temporary = _options(received)
        scan = await self.scanner.scan(received.path)
        if scan.status is ScanStatus.INFECTED:
            await self._quarantine(caller, product_line, received, purpose)
            log.warning("file.infected", user_id=str(caller.user_id), found=scan.found, sha256=received.sha256)
            raise FileInfected("The file is not safe and was not accepted.", details={"found": scan.found or ""})
        mime_type = _mime_type(received.path)
        inspected = await self._inspect(received.path)
        findings = await self._find(received.path)
        file_id = ids.uuid7()
        backend, original, prepared = await self._keep(caller, file_id, received, mime_type, temporary)
        now = self.clock.now()
        await self._record(
            NewFile(
                id=file_id,
                user_id=caller.user_id,
                product_line=product_line,
                original_name=_plain_name(received.name),
                purpose=purpose,
                storage_backend=backend,
                original=original,
                prepared=prepared,
                width=inspected.width,
                height=inspected.height,
                findings=findings,
                kind="image",
                scan_status=scan.status,
                is_temporary=temporary,
                expires_at=now + timedelta(days=TEMPORARY_DAYS) if temporary else None,
            )
        )
        return file_id

    async def _inspect(self, path: Path) -> Inspected:
        try:
            return await self.processes.run(inspect, path, path.with_name("prepared.jpg"), deadline_s=INSPECTION_S)
        except media_errors.UnknownFormat as refusal:
            raise FormatNotAccepted(_said(refusal)) from refusal
        except media_errors.BadMedia as refusal:
            raise ImageRefused(_said(refusal), fields={"file": refusal.message}) from refusal
        except (media_errors.MediaError, TimeoutError, WorkerDied) as failure:
            raise InspectionBusy("The photo could not be looked at just now. Try again.", retry_after_s=5) from failure

    async def _find(self, path: Path) -> tuple[Finding, ...]:
        try:
            return await self.processes.run(find, path.with_name("prepared.jpg"), self.landmarks, deadline_s=FINDING_S)
        except (media_errors.MediaError, TimeoutError, WorkerDied) as failure:
            log.warning("file.not_looked_at", reason=repr(failure))
            return ()

    async def _keep(
        self, caller: Identity, file_id: UUID, received: Received, mime_type: str, temporary: bool
    ) -> tuple[str, StoredObject, StoredObject]:
        now = self.clock.now()
        name, extension = file_id.hex, IMAGES[mime_type]
        if temporary:
            key, prepared_key = keys.temp_key(extension, now, name), keys.temp_key("jpg", now, f"{name}-prepared")
        else:
            key = keys.image_key(caller.user_id, extension, now, name)
            prepared_key = keys.image_key(caller.user_id, "jpg", now, f"{name}-prepared")
        about = keys.object_metadata(caller.user_id, "upload", now)
        prepared_path = received.path.with_name("prepared.jpg")
        for backend, store in (("store", self.store), ("fallback", self.fallback)):
            if store is None:
                continue
            try:
                prepared = await store.put_file(prepared_path, prepared_key, "image/jpeg", metadata=about)
                return backend, await store.put_file(received.path, key, mime_type, metadata=about), prepared
            except StoreUnavailable:
                log.warning("file.store_away", backend=backend)
                if store is self.fallback or self.fallback is None:
                    raise
        raise StoreUnavailable("The object store does not answer. Try again shortly.", retry_after_s=5)

    async def _quarantine(self, caller: Identity, product_line: str, received: Received, purpose: str) -> None:
        """Keep the evidence where no link is ever made for, and remember who sent it."""
        file_id = ids.uuid7()
        key = f"quarantine/{file_id.hex}.bin"
        stored = await self.store.put_file(received.path, key, "application/octet-stream")
        await self._record(
            NewFile(
                id=file_id,
                user_id=caller.user_id,
                product_line=product_line,
                original_name=_plain_name(received.name),
                purpose=purpose,
                storage_backend="store",
                original=stored,
                prepared=None,
                width=None,
                height=None,
                findings=(),
                kind="other",
                scan_status=ScanStatus.INFECTED,
                is_temporary=False,
                expires_at=None,
            )
        )

    async def _record(self, file: NewFile) -> None:
        async with self.database.transaction() as tx:
            await repository.add(tx, file)
            if file.scan_status is not ScanStatus.INFECTED:
                tx.emit(
                    FileUploaded(
                        file_id=file.id,
                        user_id=file.user_id,
                        product_line=file.product_line,
                        mime_type=file.original.mime_type,
                        size=file.original.size,
                        sha256=file.original.sha256,
                    )
                )


def described(
    row: dict[str, Any], stores: dict[str, ObjectStore | None], link_s: int, *, links: bool
) -> dict[str, Any]:
    """A row as the API shows it, with links where they are wanted and the file may be used."""
    store = stores[row["storage_backend"]] if links and row["scan_status"] == ScanStatus.CLEAN else None
    prepared = row["prepared"]
    return {
        **row,
        "stored_locally": row["storage_backend"] == "fallback",
        "url": store.signed_url(row["storage_key"], expires_s=link_s) if store is not None else None,
        "prepared_url": store.signed_url(prepared["key"], expires_s=link_s) if store and prepared else None,
    }


async def opened(tx: Transaction, caller: Identity, file_id: UUID) -> dict[str, Any]:
    """A file that the caller may see; counts the access. Raises ``FileNotFound``."""
    row = await repository.opened(tx, file_id, caller.user_id, any_owner=caller.is_admin)
    if row is None:
        raise FileNotFound("There is no such file.")
    return row


async def delete(tx: Transaction, caller: Identity, file_id: UUID) -> None:
    """Hide a file at once; its objects go later. Raises ``FileNotFound``."""
    if not await repository.delete(tx, file_id, caller.user_id, any_owner=caller.is_admin):
        raise FileNotFound("There is no such file.")


def _judge_head(head: bytes) -> None:
    """Refuse at once what can be no photo; what the scanner must see is let through to it."""
    if not head:
        raise NoFile("The file is empty.")
    if EICAR not in head:
        _accepted(head)


def _mime_type(path: Path) -> str:
    with path.open("rb") as source:
        return _accepted(source.read(64))


def _accepted(head: bytes) -> str:
    try:
        mime_type = sniff(head[:64])
    except media_errors.UnknownFormat as refusal:
        raise FormatNotAccepted(_said(refusal)) from refusal
    if mime_type not in IMAGES:
        raise FormatNotAccepted(f"This is {mime_type}. Send a JPEG, PNG or WebP photo.")
    return mime_type


def _options(received: Received) -> tuple[str, bool]:
    purpose = received.fields.get("purpose", "input").strip() or "input"
    if len(purpose) > 50 or not purpose.isprintable():
        raise NoFile("The purpose is a short word such as input.", fields={"purpose": "at most 50 characters"})
    temporary = received.fields.get("is_temporary", "false").strip().lower()
    if temporary not in ("true", "false", "1", "0", ""):
        raise NoFile("is_temporary is true or false.", fields={"is_temporary": "true or false"})
    return purpose, temporary in ("true", "1")


def _plain_name(name: str) -> str:
    """What the client calls the file, without folders and control characters; only ever shown, never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:255] or "unnamed"


def _said(refusal: media_errors.MediaError) -> str:
    return f"{refusal.message} {refusal.advice}".strip()
