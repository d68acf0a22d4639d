"""SQL for files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from media.types import Finding

COLUMNS = """
id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size, mime_type, checksum,
prepared, width, height, duration, findings, kind, scan_status, is_temporary, expires_at, access_count,
last_accessed_at, created_at, updated_at
"""

_ADD = """
INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size,
    mime_type, checksum, prepared, width, height, kind, scan_status, is_temporary, expires_at, findings, created_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)
"""

VISIBLE = "deleted_at IS NULL AND scan_status <> 'infected' AND (expires_at IS NULL OR expires_at > $2)"
_OPEN = f"""
UPDATE files SET access_count = access_count + 1, last_accessed_at = $2
WHERE id = $1 AND (user_id = $3 OR $4) AND {VISIBLE} RETURNING {COLUMNS}
"""  # noqa: S608
_DELETE = f"UPDATE files SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND (user_id = $3 OR $4) AND {VISIBLE}"  # noqa: S608

_TO_REMOVE = """
SELECT id, storage_backend, storage_key, prepared FROM files
WHERE objects_removed_at IS NULL AND (deleted_at <= $1 OR expires_at <= $1) ORDER BY id LIMIT $2
FOR UPDATE SKIP LOCKED
"""
_REMOVED = """
UPDATE files SET objects_removed_at = $2, deleted_at = coalesce(deleted_at, $2), updated_at = $2
WHERE id = ANY($1::uuid[])
"""
_TO_MOVE = f"""
SELECT {COLUMNS} FROM files WHERE storage_backend = 'fallback' AND deleted_at IS NULL ORDER BY id LIMIT $1
FOR UPDATE SKIP LOCKED
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class NewFile:
    """An upload to be recorded."""

    id: UUID
    user_id: UUID
    product_line: str
    original_name: str
    purpose: str
    storage_backend: str
    original: StoredObject
    prepared: StoredObject | None
    width: int | None
    height: int | None
    findings: tuple[Finding, ...]
    kind: str
    scan_status: ScanStatus
    is_temporary: bool
    expires_at: datetime | None


async def add(tx: Transaction, file: NewFile) -> None:
    """Record an upload."""
    await tx.execute(
        _ADD,
        file.id,
        file.user_id,
        file.product_line,
        file.original_name,
        file.purpose,
        file.storage_backend,
        file.original.key,
        file.original.size,
        file.original.mime_type,
        file.original.sha256,
        orjson.dumps(file.prepared.model_dump()).decode() if file.prepared is not None else None,
        file.width,
        file.height,
        file.kind,
        file.scan_status.value,
        file.is_temporary,
        file.expires_at,
        orjson.dumps(file.findings).decode(),
        tx.now,
    )


async def opened(tx: Transaction, file_id: UUID, user_id: UUID, *, any_owner: bool) -> dict[str, Any] | None:
    """A file as :func:`workflow.files.queries.own` gives it; counts the access (FIL-03)."""
    record = await tx.fetchrow(_OPEN, file_id, tx.now, user_id, any_owner)
    return dict(record) if record is not None else None


async def delete(tx: Transaction, file_id: UUID, user_id: UUID, *, any_owner: bool) -> bool:
    """Hide a file at once; its objects go later. False when there is none."""
    return await tx.execute(_DELETE, file_id, tx.now, user_id, any_owner) == "UPDATE 1"


async def to_remove(tx: Transaction, before: datetime, limit: int) -> list[dict[str, Any]]:
    """Deleted and expired files whose objects are still there, locked."""
    return [dict(record) for record in await tx.fetch(_TO_REMOVE, before, limit)]


async def removed(tx: Transaction, file_ids: list[UUID]) -> None:
    """The objects of these files are gone."""
    await tx.execute(_REMOVED, file_ids, tx.now)


async def to_move(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    """Files that wait in the fallback folder for the store to come back, locked."""
    return [dict(record) for record in await tx.fetch(_TO_MOVE, limit)]


async def moved(tx: Transaction, file_id: UUID) -> None:
    """A file has arrived in the store."""
    await tx.execute("UPDATE files SET storage_backend = 'store', updated_at = $2 WHERE id = $1", file_id, tx.now)
