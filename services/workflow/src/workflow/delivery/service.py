"""The use cases of delivery: a photo in a size, made when it is first asked for; a photo made smaller."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from chassis import faults, ids
from chassis.identity.tokens import Identity
from chassis.storage import keys
from chassis.storage.port import described_file
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from media import errors as media_errors
from workflow.assets import repository as lineage
from workflow.assets.lineage import Node
from workflow.assets.service import upload_node
from workflow.delivery import repository
from workflow.delivery.errors import NoPhoto, NotCleanYet, NotSmaller
from workflow.delivery.schemas import CompressIn
from workflow.delivery.sizes import Format, Size, size_of
from workflow.files import queries
from workflow.files.intake import STORED_WITHIN, Intake, busy, object_keys
from workflow.files.kinds import ACCEPTED
from workflow.files.repository import NewFile
from workflow.files.service import no_such_file

MADE_WITHIN_S = 20.0
COMPRESSED = "compress"

_MAKING = "workflow.delivery.making"
_ENCODINGS = {Format.JPEG: "JPEG", Format.WEBP: "WEBP", Format.AVIF: "AVIF"}


@dataclass(frozen=True, slots=True)
class Compressed:
    """A new file that is smaller than ``original_size`` bytes, or not."""

    file_id: UUID
    size: int
    original_size: int
    quality: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What it takes to make sizes of photos."""

    intake: Intake

    async def sized(self, caller: Identity, file_id: UUID, name: str, wanted: Format) -> tuple[StoredObject, Size]:
        """A photo in a size, made now unless it was before.

        Raises ``FileNotFound``, ``NoPhoto``, ``NotCleanYet``, ``InspectionBusy``, ``StoreUnavailable``.
        """
        size = size_of(name)
        row = await self._photo(caller, file_id)
        known = row["sizes"].get(f"{size.name}.{wanted.extension}")
        if known is not None:
            return StoredObject.model_validate(known), size
        return await self._make(row, size, wanted), size

    async def compress(self, caller: Identity, body: CompressIn) -> Compressed:
        """Make a new, smaller file of a photo. Raises as :meth:`sized`, ``NotSmaller``, ``StorageFull``."""
        row = await self._photo(caller, body.file_id)
        with TemporaryDirectory(prefix="compress-") as name:
            folder = Path(name)
            source = await self.intake.store.fetch(_original(row), folder / "source")
            out, prepared = folder / f"out.{body.format.extension}", folder / "prepared.jpg"
            try:
                width, height, quality = await self.intake.sandbox.run(
                    f"{_MAKING}:compress",
                    Path(source.name),
                    Path(out.name),
                    Path(prepared.name),
                    _ENCODINGS[body.format],
                    body.quality,
                    body.max_side,
                    body.max_size,
                    folder=folder,
                    within_s=MADE_WITHIN_S,
                )
            except media_errors.TooLarge as refusal:
                raise NotSmaller(
                    f"{refusal.message} {refusal.advice}".strip(), fields={"max_size": refusal.message}
                ) from refusal
            except media_errors.MediaError as failure:
                raise busy() from failure
            file = await self._new_file(row, out, prepared, body.format, width, height)
            await self.intake.keep(file, _objects(file, out, prepared), None)
        node = Node(
            object=file.original,
            name=file.original_name,
            operation=COMPRESSED,
            made_at=self.intake.clock.now(),
            parents=(upload_node(row).object.key,),
            file_id=file.id,
            parameters={"format": body.format.value, "quality": quality, "width": width, "height": height},
        )
        async with self.intake.database.transaction() as tx:
            await self.intake.publish(tx, file)
            await lineage.tell(tx, row["user_id"], [upload_node(row), node])
        return Compressed(file.id, file.original.size, row["file_size"], quality)

    async def _photo(self, caller: Identity, file_id: UUID) -> dict[str, Any]:
        async with self.intake.database.transaction() as tx:
            row = await queries.own(tx, file_id, caller.user_id, any_owner=False)
        if row is None:
            raise no_such_file()
        if row["kind"] != "image" or row["prepared"] is None:
            raise NoPhoto("This file is not a photo.", fields={"file_id": "is not a photo"})
        if row["scan_status"] != ScanStatus.CLEAN:
            raise NotCleanYet("This file has not been found clean yet. Ask again in a minute.")
        return row

    async def _make(self, row: dict[str, Any], size: Size, wanted: Format) -> StoredObject:
        prepared = StoredObject.model_validate(row["prepared"])
        now = self.intake.clock.now()
        with TemporaryDirectory(prefix="size-") as name:
            folder = Path(name)
            source = await self.intake.store.fetch(prepared, folder / "source")
            out = folder / f"out.{wanted.extension}"
            try:
                await self.intake.sandbox.run(
                    f"{_MAKING}:size",
                    Path(source.name),
                    Path(out.name),
                    size.width,
                    size.height,
                    size.mode,
                    size.quality,
                    folder=folder,
                    within_s=MADE_WITHIN_S,
                )
            except media_errors.MediaError as failure:
                raise busy() from failure
            key = _size_key(row, size, wanted)
            stored = await asyncio.to_thread(described_file, out, key, wanted.mime_type)
            about = keys.object_metadata(row["user_id"], "delivery_size", now)
            # The key follows from the file: made again after a crash it takes the place of what was left.
            await self.intake.store.put_file(out, key, wanted.mime_type, metadata=about)
        faults.point("files.before_size_is_known")
        async with self.intake.database.transaction() as tx:
            kept = await repository.keep(tx, row["id"], f"{size.name}.{wanted.extension}", stored)
        faults.point("files.after_size_is_known")
        if not kept:
            await self.intake.store.delete(key)
            raise no_such_file()
        return stored

    async def _new_file(
        self, row: dict[str, Any], out: Path, prepared: Path, wanted: Format, width: int, height: int
    ) -> NewFile:
        now = self.intake.clock.now()
        file_id = ids.uuid7()
        key, prepared_key = _keys(row, file_id, wanted, now)
        original = await asyncio.to_thread(described_file, out, key, wanted.mime_type)
        made = await asyncio.to_thread(described_file, prepared, prepared_key, "image/jpeg")
        stem = row["original_name"].rsplit(".", 1)[0][:240] or "photo"
        return NewFile(
            id=file_id,
            user_id=row["user_id"],
            product_line=row["product_line"],
            original_name=f"{stem}.{wanted.extension}",
            purpose=row["purpose"],
            scan_status=ScanStatus.CLEAN,
            unless_by=now + STORED_WITHIN,
            original=original,
            prepared=made,
            width=width,
            height=height,
            duration=None,
            findings=(),
            kind="image",
            is_temporary=row["is_temporary"],
            expires_at=row["expires_at"],
        )


def _objects(file: NewFile, out: Path, prepared: Path) -> list[tuple[Path, StoredObject]]:
    assert file.prepared is not None  # noqa: S101  a photo's is always made
    return [(prepared, file.prepared), (out, file.original)]


def _original(row: dict[str, Any]) -> StoredObject:
    return StoredObject(
        key=row["storage_key"], sha256=row["checksum"].strip(), size=row["file_size"], mime_type=row["mime_type"]
    )


def _keys(row: dict[str, Any], file_id: UUID, wanted: Format, now: datetime) -> tuple[str, str]:
    kind = ACCEPTED["image/webp" if wanted is Format.WEBP else "image/jpeg"]
    key, prepared_key = object_keys(kind, row["user_id"], file_id, now, temporary=row["is_temporary"])
    return key.rsplit(".", 1)[0] + f".{wanted.extension}", prepared_key


def _size_key(row: dict[str, Any], size: Size, wanted: Format) -> str:
    """Beside the original: what is temporary stays with what is."""
    return f"{row['storage_key'].rsplit('.', 1)[0]}-{size.name}.{wanted.extension}"
