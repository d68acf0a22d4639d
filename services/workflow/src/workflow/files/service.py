"""The use case of an upload: receive, scan, judge, prepare, store, record."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.clock import Clock
from chassis.data.database import Database, Transaction
from chassis.identity.tokens import Identity
from chassis.storage import keys
from chassis.storage.fallback import FallbackStore
from chassis.storage.port import ObjectStore, described_file
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from contracts.workflow import FileUploaded
from media import errors as media_errors
from media.images.photos import MAX_BYTES, sniff
from media.types import Finding
from workflow.files import repository
from workflow.files.errors import (
    FileInfected,
    FileNotFound,
    FormatNotAccepted,
    ImageRefused,
    InspectionBusy,
    NoFile,
    UploadsUnderWay,
)
from workflow.files.inspection import Inspected, find, inspect
from workflow.files.receiving import Received, receive
from workflow.files.repository import NewFile
from workflow.files.scanning import EICAR, Scanner
from workflow.periods import Periods
from workflow.repeats import repository as repeats
from workflow.repeats import service as repeating
from workflow.repeats.repository import Remember

log = structlog.get_logger(__name__)

IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""Accepted photos and their extension (FIL-08)."""
_NO_PHOTO = "The content is no photo that we can read. Send a JPEG, PNG or WebP photo."
FINDING_S = 10.0
"""A face that is not found by then is left to whoever animates it: an upload does not wait longer for an opinion."""
ANSWER_WITHIN_S = 25.0
"""An upload that has arrived is judged and stored within this time, or not at all: the gateway waits for 30 s."""
STORED_WITHIN = timedelta(minutes=10)
"""What is not published so long after it was recorded counts as deleted, whatever became of it."""
MOST_AT_ONCE = 2
"""Uploads of one user under way in one process; whoever sends more is asked to wait before a byte of it is read."""

HasLeft = Callable[[], Awaitable[bool]]
"""Whether whoever sends the file has gone."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """What an upload needs."""

    database: Database
    store: ObjectStore
    scanner: Scanner
    processes: ProcessPool
    clock: Clock
    periods: Periods
    under_way: Counter[UUID] = field(default_factory=Counter)
    """By user, in this process."""

    async def upload(
        self,
        caller: Identity,
        product_line: str,
        content_type: str,
        body: AsyncIterator[bytes],
        has_left: HasLeft,
        key: str | None,
    ) -> tuple[UUID, bool]:
        """Take a photo in; returns the file's id, and whether ``key`` has brought it before (PLT-21).

        Nothing is held in the database while bytes arrive or pixels are looked at. A client that has been told
        otherwise, or has left, has no file. Raises the errors of ``files.errors``, ``KeyReused``, and
        ``StoreUnavailable`` when there is nowhere to keep it.
        """
        with self._one_more(caller.user_id):
            workspace = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="upload-"))
            try:
                received = await receive(
                    content_type, body, workspace / "original", limit=MAX_BYTES, judge_head=_judge_head
                )
                if key is not None and (known := await self._brought(caller.user_id, key, received.sha256)) is not None:
                    return known, True
                file = await self._in_time(caller, product_line, received)
                if await has_left():
                    raise NoFile("You left before the photo was stored. Send it again.")
                return await self._publish(file, key)
            finally:
                await asyncio.to_thread(shutil.rmtree, workspace, ignore_errors=True)

    @contextmanager
    def _one_more(self, user_id: UUID) -> Iterator[None]:
        if self.under_way[user_id] >= MOST_AT_ONCE:
            raise UploadsUnderWay(
                f"{MOST_AT_ONCE} of your photos are being looked at. Send the next one when they are done.",
                retry_after_s=1,
            )
        self.under_way[user_id] += 1
        try:
            yield
        finally:
            self.under_way[user_id] -= 1
            if not self.under_way[user_id]:
                del self.under_way[user_id]

    async def _brought(self, user_id: UUID, key: str, sha256: str) -> UUID | None:
        async with self.database.transaction() as tx:
            before = await repeats.remembered(tx, user_id, key)
        return _file_of(before, sha256) if before is not None else None

    async def _in_time(self, caller: Identity, product_line: str, received: Received) -> NewFile:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._take(caller, product_line, received)
        except TimeoutError as late:
            raise _busy() from late

    async def _take(self, caller: Identity, product_line: str, received: Received) -> NewFile:
        """Judge, prepare and store; what is not published afterwards is as good as deleted."""
        purpose, temporary = _options(received)
        scan = await self.scanner.scan(received.path)
        now = self.clock.now()
        file_id = ids.uuid7()
        about: dict[str, Any] = {
            "id": file_id,
            "user_id": caller.user_id,
            "product_line": product_line,
            "original_name": _plain_name(received.name),
            "purpose": purpose,
            "scan_status": scan.status,
            "unless_by": now + STORED_WITHIN,
        }
        if scan.status is ScanStatus.INFECTED:
            await self._quarantine(about, received, now)
            log.warning("file.infected", user_id=str(caller.user_id), found=scan.found, sha256=received.sha256)
            raise FileInfected("The file is not safe and was not accepted.", details={"found": scan.found or ""})
        mime_type = _mime_type(received.path)
        inspected = await self._inspect(received.path)
        findings = await self._find(received.path)
        key, prepared_key = _keys(caller.user_id, file_id, IMAGES[mime_type], now, temporary=temporary)
        prepared_path = received.path.with_name("prepared.jpg")
        prepared = await asyncio.to_thread(described_file, prepared_path, prepared_key, "image/jpeg")
        file = NewFile(
            **about,
            original=StoredObject(key=key, sha256=received.sha256, size=received.size, mime_type=mime_type),
            prepared=prepared,
            width=inspected.width,
            height=inspected.height,
            findings=findings,
            kind="image",
            is_temporary=temporary,
            expires_at=now + self.periods.of("temporary", product_line) if temporary else None,
        )
        await self._keep(file, [(prepared_path, prepared), (received.path, file.original)])
        return file

    async def _inspect(self, path: Path) -> Inspected:
        try:
            return await self.processes.run(inspect, path, path.with_name("prepared.jpg"), deadline_s=ANSWER_WITHIN_S)
        except media_errors.UnknownFormat as refusal:
            raise FormatNotAccepted(_NO_PHOTO) from refusal
        except media_errors.BadMedia as refusal:
            raise ImageRefused(_said(refusal), fields={"file": refusal.message}) from refusal
        except (media_errors.MediaError, TimeoutError, WorkerDied) as failure:
            raise _busy() from failure

    async def _find(self, path: Path) -> tuple[Finding, ...]:
        try:
            return await self.processes.run(find, path.with_name("prepared.jpg"), deadline_s=FINDING_S)
        except (media_errors.MediaError, TimeoutError, WorkerDied) as failure:
            log.warning("file.not_looked_at", reason=repr(failure))
            return ()

    async def _keep(self, file: NewFile, objects: Sequence[tuple[Path, StoredObject]]) -> None:
        """Record the file before its objects: what a crash leaves in the store can always be found from a row."""
        async with self.database.transaction() as tx:
            await repository.add(tx, file)
        about = keys.object_metadata(file.user_id, "upload", self.clock.now())
        for path, stored in objects:
            await self.store.put_file(path, stored.key, stored.mime_type, metadata=about)

    async def _publish(self, file: NewFile, key: str | None = None) -> tuple[UUID, bool]:
        """Show the file, unless another request with this key was quicker: then it is as good as deleted."""
        stored = [file.original] + ([file.prepared] if file.prepared is not None else [])
        async with self.database.transaction() as tx:
            if key is not None:
                remember = Remember(key, _digest(file.original.sha256), {"id": str(file.id)})
                if not await repeats.claim(tx, file.user_id, remember):
                    before = await repeats.remembered(tx, file.user_id, key)
                    return _file_of(before or {}, file.original.sha256), True
            if not await repository.publish(tx, file.id, _backend(self.store, stored)):
                raise _busy()
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
        return file.id, False

    async def _quarantine(self, about: dict[str, Any], received: Received, now: datetime) -> None:
        """Keep the evidence where no link is ever made for, and remember who sent it."""
        stored = StoredObject(
            key=keys.quarantine_key(about["id"].hex),
            sha256=received.sha256,
            size=received.size,
            mime_type="application/octet-stream",
        )
        file = NewFile(
            **about,
            original=stored,
            prepared=None,
            width=None,
            height=None,
            findings=(),
            kind="other",
            is_temporary=False,
            expires_at=now + self.periods.of("quarantined", about["product_line"]),
        )
        await self._keep(file, [(received.path, stored)])
        await self._publish(file)


def _keys(user_id: UUID, file_id: UUID, extension: str, now: datetime, *, temporary: bool) -> tuple[str, str]:
    """Where the original and its prepared version go."""
    name = file_id.hex
    if temporary:
        return keys.temp_key(extension, now, name), keys.temp_key("jpg", now, f"{name}-prepared")
    return keys.image_key(user_id, extension, now, name), keys.image_key(user_id, "jpg", now, f"{name}-prepared")


def _digest(sha256: str) -> str:
    """What an idempotency key of an upload stands for."""
    return repeating.digest(f"upload {sha256}")


def _file_of(before: Mapping[str, Any], sha256: str) -> UUID:
    return UUID(repeating.answer_of(before, _digest(sha256))["id"])


def _backend(store: ObjectStore, objects: Sequence[StoredObject]) -> str:
    """``fallback`` while one of them waits beside the store, which other services cannot read (FIL-24)."""
    waits = isinstance(store, FallbackStore) and any(store.waiting(stored.key) for stored in objects)
    return "fallback" if waits else "store"


def _busy() -> InspectionBusy:
    return InspectionBusy("The photo could not be looked at just now. Try again.", retry_after_s=5)


def described(row: dict[str, Any], store: ObjectStore, link_s: int, *, links: bool) -> dict[str, Any]:
    """A row as the API shows it, with links where they are wanted and the file may be used."""
    prepared = row["prepared"]
    linked = links and row["scan_status"] == ScanStatus.CLEAN
    return {
        **row,
        "stored_locally": row["storage_backend"] == "fallback",
        "url": store.signed_url(row["storage_key"], expires_s=link_s) if linked else None,
        "prepared_url": store.signed_url(prepared["key"], expires_s=link_s) if linked and prepared else None,
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
        raise FormatNotAccepted(_NO_PHOTO) from refusal
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
