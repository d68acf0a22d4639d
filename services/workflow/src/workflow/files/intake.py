"""Taking a file in, however it came: scan, judge, prepare, store, record, show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.clock import Clock
from chassis.data.database import Database, Transaction
from chassis.storage import keys
from chassis.storage.fallback import FallbackStore
from chassis.storage.port import ObjectStore, described_file
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from contracts.workflow import FileUploaded
from media import errors as media_errors
from media.sandbox.places import Sandbox
from media.types import Finding
from workflow.files import quota, repository
from workflow.files.errors import FileInfected, FileTooLarge, FormatNotAccepted, ImageRefused, InspectionBusy
from workflow.files.inspection import Inspected
from workflow.files.kinds import ACCEPTED, HEAD, Kind, mime_type_of
from workflow.files.repository import NewFile
from workflow.files.scanning import Scanner
from workflow.periods import Periods

log = structlog.get_logger(__name__)

FINDING_S = 10.0
"""A face that is not found by then is left to whoever animates it: an upload does not wait longer for an opinion."""
ANSWER_WITHIN_S = 25.0
"""An upload that has arrived is judged and stored within this time, or not at all: the gateway waits for 30 s."""
STORED_WITHIN = timedelta(minutes=10)
"""What is not published so long after it was recorded counts as deleted, whatever became of it."""

_INSPECTION = "workflow.files.inspection"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has arrived, alone in the folder of ``path``. ``upload_id``: of the upload whose room it takes."""

    user_id: UUID
    product_line: str
    name: str
    purpose: str
    temporary: bool
    path: Path
    size: int
    sha256: str
    upload_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """What it takes to judge and keep a file."""

    database: Database
    store: ObjectStore
    scanner: Scanner
    sandbox: Sandbox
    clock: Clock
    periods: Periods

    async def take(self, arrival: Arrival, *, within_s: float | None = None) -> NewFile:
        """Judge, prepare and store; what is not published afterwards is as good as deleted.

        Nothing is held in the database while pixels are looked at. Raises the errors of ``files.errors``, and
        ``StoreUnavailable`` when there is nowhere to keep it.
        """
        within_s = ANSWER_WITHIN_S if within_s is None else within_s
        try:
            async with asyncio.timeout(within_s):
                return await self._take(arrival, within_s)
        except TimeoutError as late:
            raise busy() from late

    async def keep(self, file: NewFile, objects: Sequence[tuple[Path, StoredObject]], upload_id: UUID | None) -> None:
        """Record the file before its objects: what a crash leaves in the store can always be found from a row.

        Raises ``StorageFull`` and ``FileTooLarge`` where the plan has no room for it.
        """
        async with self.database.transaction() as tx:
            if file.scan_status is not ScanStatus.INFECTED:
                usage = await repository.usage(tx, file.user_id, file.product_line, upload_id)
                quota.check(usage, file.original.size, ACCEPTED.get(file.original.mime_type))
            await repository.add(tx, file)
        about = keys.object_metadata(file.user_id, "upload", self.clock.now())
        for path, stored in objects:
            await self.store.put_file(path, stored.key, stored.mime_type, metadata=about)

    async def publish(self, tx: Transaction, file: NewFile) -> None:
        """Show the file and tell of it. Raises ``InspectionBusy`` when that took too long and it counts as deleted."""
        stored = [file.original] + ([file.prepared] if file.prepared is not None else [])
        if not await repository.publish(tx, file.id, _backend(self.store, stored)):
            raise busy()
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

    async def _take(self, arrival: Arrival, within_s: float) -> NewFile:
        scan = await self.scanner.scan(arrival.path)
        now = self.clock.now()
        about: dict[str, Any] = {
            "id": ids.uuid7(),
            "user_id": arrival.user_id,
            "product_line": arrival.product_line,
            "original_name": arrival.name,
            "purpose": arrival.purpose,
            "scan_status": scan.status,
            "unless_by": now + STORED_WITHIN,
        }
        if scan.status is ScanStatus.ERROR:
            raise FileTooLarge(
                "The file is larger than what can be looked through for viruses here. Send a smaller one.",
                fields={"file": "larger than what the scanner takes"},
            )
        if scan.status is ScanStatus.INFECTED:
            await self._quarantine(about, arrival, now)
            log.warning("file.infected", user_id=str(arrival.user_id), found=scan.found, sha256=arrival.sha256)
            raise FileInfected("The file is not safe and was not accepted.", details={"found": scan.found or ""})
        mime_type = await asyncio.to_thread(_mime_type, arrival.path)
        kind = ACCEPTED[mime_type]
        inspected = await self._inspect(arrival.path, kind, within_s)
        key, prepared_key = object_keys(kind, arrival.user_id, about["id"], now, temporary=arrival.temporary)
        original = StoredObject(key=key, sha256=arrival.sha256, size=arrival.size, mime_type=mime_type)
        objects = [(arrival.path, original)]
        prepared: StoredObject | None = None
        findings: tuple[Finding, ...] = ()
        faces: list[dict[str, float]] = []
        if kind.is_photo:
            findings, faces = await self._find(arrival.path)
            path = _prepared(arrival.path)
            prepared = await asyncio.to_thread(described_file, path, prepared_key, "image/jpeg")
            objects.insert(0, (path, prepared))
        file = NewFile(
            **about,
            original=original,
            prepared=prepared,
            width=inspected.width,
            height=inspected.height,
            duration=inspected.duration,
            findings=findings,
            faces=faces,
            kind=kind.name,
            is_temporary=arrival.temporary,
            expires_at=now + self.periods.of("temporary", arrival.product_line) if arrival.temporary else None,
        )
        await self.keep(file, objects, arrival.upload_id)
        return file

    async def _inspect(self, path: Path, kind: Kind, within_s: float) -> Inspected:
        name = Path(path.name)
        try:
            if not kind.is_photo:
                found = await self.sandbox.run(
                    f"{_INSPECTION}:look", name, kind.name, folder=path.parent, within_s=within_s
                )
                return Inspected(*found)
            sides = await self.sandbox.run(
                f"{_INSPECTION}:inspect", name, Path(_prepared(path).name), folder=path.parent, within_s=within_s
            )
            return Inspected(*sides)
        except media_errors.UnknownFormat as refusal:
            raise FormatNotAccepted(_said(refusal)) from refusal
        except media_errors.BadMedia as refusal:
            raise ImageRefused(_said(refusal), fields={"file": refusal.message}) from refusal
        except media_errors.MediaError as failure:
            raise busy() from failure

    async def _find(self, path: Path) -> tuple[tuple[Finding, ...], list[dict[str, float]]]:
        # What the child wrote is a stranger's file still: whoever made it crash may have made it.
        prepared = _prepared(path)
        try:
            found: tuple[tuple[Finding, ...], list[dict[str, float]]] = await self.sandbox.run(
                f"{_INSPECTION}:find", Path(prepared.name), folder=prepared.parent, within_s=FINDING_S
            )
        except media_errors.MediaError as failure:
            log.warning("file.not_looked_at", reason=repr(failure))
            return (), []
        return found

    async def _quarantine(self, about: dict[str, Any], arrival: Arrival, now: datetime) -> None:
        """Keep the evidence where no link is ever made for, and remember who sent it."""
        stored = StoredObject(
            key=keys.quarantine_key(about["id"].hex),
            sha256=arrival.sha256,
            size=arrival.size,
            mime_type="application/octet-stream",
        )
        file = NewFile(
            **about,
            original=stored,
            prepared=None,
            width=None,
            height=None,
            duration=None,
            findings=(),
            kind="other",
            is_temporary=False,
            expires_at=now + self.periods.of("quarantined", about["product_line"]),
        )
        await self.keep(file, [(arrival.path, stored)], None)
        async with self.database.transaction() as tx:
            await self.publish(tx, file)


def object_keys(kind: Kind, user_id: UUID, file_id: UUID, now: datetime, *, temporary: bool) -> tuple[str, str]:
    """Where a file's original and its prepared version go."""
    name = file_id.hex
    if temporary:
        return keys.temp_key(kind.extension, now, name), keys.temp_key("jpg", now, f"{name}-prepared")
    return kind.key(user_id, kind.extension, now, name), keys.image_key(user_id, "jpg", now, f"{name}-prepared")


def busy() -> InspectionBusy:
    """What is raised when there was no time to look at a file."""
    return InspectionBusy("The file could not be looked at just now. Try again.", retry_after_s=5)


def _prepared(path: Path) -> Path:
    return path.with_name("prepared.jpg")


def _backend(store: ObjectStore, objects: Sequence[StoredObject]) -> str:
    """``fallback`` while one of them waits beside the store, which other services cannot read (FIL-24)."""
    waits = isinstance(store, FallbackStore) and any(store.waiting(stored.key) for stored in objects)
    return "fallback" if waits else "store"


def _mime_type(path: Path) -> str:
    with path.open("rb") as source:
        return mime_type_of(source.read(HEAD))


def _said(refusal: media_errors.MediaError) -> str:
    return f"{refusal.message} {refusal.advice}".strip()
