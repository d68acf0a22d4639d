"""SQL for files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from media.types import Finding
from workflow.files.quota import FREE_PLAN, Usage
from workflow.periods import Before

COLUMNS = """
id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size, mime_type, checksum,
prepared, width, height, duration, findings, faces, kind, scan_status, is_temporary, expires_at, access_count,
last_accessed_at, created_at, updated_at, sizes
"""

_ADD = """
INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size,
    mime_type, checksum, prepared, width, height, kind, scan_status, is_temporary, expires_at, findings, deleted_at,
    created_at, updated_at, duration, faces)
VALUES ($1, $2, $3, $4, $5, 'store', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20, $21)
"""

SCAN_AGAIN_AFTER = timedelta(minutes=1)
"""A file that waits for the scanner is looked at as often as that."""

VISIBLE = "deleted_at IS NULL AND scan_status <> 'infected' AND (expires_at IS NULL OR expires_at > $2)"
_OPEN = f"""
UPDATE files SET access_count = access_count + 1, last_accessed_at = $2
WHERE id = $1 AND (user_id = $3 OR $4) AND {VISIBLE} RETURNING {COLUMNS}
"""  # noqa: S608
_DELETE = f"""
UPDATE files SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND (user_id = $3 OR $4) AND {VISIBLE}
RETURNING user_id, product_line
"""  # noqa: S608

_LOCK_USER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
# What is recorded and not shown yet counts: it is about to be.
_USAGE = """
SELECT
    (SELECT coalesce(sum(file_size), 0)::bigint FROM files WHERE user_id = $1 AND product_line = $2
        AND (deleted_at IS NULL OR deleted_at > $3) AND scan_status <> 'infected') AS kept,
    (SELECT coalesce(sum(length), 0)::bigint FROM uploads WHERE user_id = $1 AND product_line = $2
        AND file_id IS NULL AND expires_at > $3 AND id IS DISTINCT FROM $4) AS arriving,
    (SELECT plan FROM entitlements WHERE user_id = $1 AND product_line = $2) AS plan,
    (SELECT features || limits FROM entitlements WHERE user_id = $1 AND product_line = $2) AS limits
"""

_PUBLISH = """
UPDATE files SET deleted_at = NULL, storage_backend = $3, updated_at = $2 WHERE id = $1 AND deleted_at > $2
"""

# A run that goes on, or can be tried again, reads its photo once more; and what a run made is its result as well.
_TO_REMOVE = """
SELECT id, storage_key, prepared, sizes FROM files
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT own FROM unnest($1::text[], $2::timestamptz[]) AS line (name, own) WHERE name = product_line), $3
) AS too_old) AS moment
WHERE (deleted_at <= $4 OR expires_at <= $4) AND (deleted_at <= too_old OR expires_at <= too_old) AND NOT EXISTS (
    SELECT FROM runs WHERE runs.file_id = files.id AND runs.status <> 'completed' AND runs.cleaned_at IS NULL
) AND NOT (purpose = 'output' AND EXISTS (
    SELECT FROM runs WHERE runs.user_id = files.user_id AND runs.cleaned_at IS NULL
    AND position(files.storage_key IN runs.state::text) > 0
))
ORDER BY least(deleted_at, expires_at) LIMIT $5 FOR UPDATE OF files SKIP LOCKED
"""
_EXPIRE = """
UPDATE files SET deleted_at = $1, updated_at = $1 WHERE id IN (
    SELECT id FROM files WHERE expires_at <= $1 AND deleted_at IS NULL ORDER BY expires_at LIMIT $2
    FOR UPDATE SKIP LOCKED
) RETURNING id, user_id, product_line
"""
# Whoever has claimed one looks at it now; should that fail, it is its turn again after those that wait longer.
_CLAIM_PENDING = f"""
UPDATE files SET updated_at = $1 WHERE id IN (
    SELECT id FROM files WHERE scan_status = 'pending' AND deleted_at IS NULL AND updated_at < $2
    ORDER BY updated_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING {COLUMNS}
"""  # noqa: S608
_SCANNED = """
UPDATE files SET scan_status = $3, updated_at = $2, storage_key = coalesce($4, storage_key),
    prepared = CASE WHEN $4::text IS NULL THEN prepared END,
    sizes = CASE WHEN $4::text IS NULL THEN sizes ELSE '{}' END,
    expires_at = CASE WHEN $4::text IS NULL THEN expires_at ELSE $5 END
WHERE id = $1 AND scan_status = 'pending'
"""
_WAITING = """
SELECT id, storage_key, prepared, sizes FROM files WHERE storage_backend = 'fallback' ORDER BY updated_at LIMIT $1
FOR UPDATE SKIP LOCKED
"""
_LOOKED_AT = """
UPDATE files SET storage_backend = CASE WHEN id = ANY($2::uuid[]) THEN 'store' ELSE storage_backend END, updated_at = $3
WHERE id = ANY($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class NewFile:
    """An upload to be recorded. ``unless_by``: it counts as deleted from then on, unless it is published before."""

    id: UUID
    user_id: UUID
    product_line: str
    original_name: str
    purpose: str
    original: StoredObject
    prepared: StoredObject | None
    width: int | None
    height: int | None
    duration: float | None
    findings: tuple[Finding, ...]
    kind: str
    scan_status: ScanStatus
    is_temporary: bool
    expires_at: datetime | None
    unless_by: datetime
    faces: Sequence[Mapping[str, float]] = ()
    """Where they are in the photo, the largest first."""


async def add(tx: Transaction, file: NewFile) -> None:
    """Record an upload that is about to be stored; nobody sees it before it is published."""
    await tx.execute(
        _ADD,
        file.id,
        file.user_id,
        file.product_line,
        file.original_name,
        file.purpose,
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
        file.unless_by,
        tx.now,
        file.duration,
        orjson.dumps(file.faces).decode(),
    )


async def opened(tx: Transaction, file_id: UUID, user_id: UUID, *, any_owner: bool) -> dict[str, Any] | None:
    """A file as :func:`workflow.files.queries.own` gives it; counts the access (FIL-03)."""
    record = await tx.fetchrow(_OPEN, file_id, tx.now, user_id, any_owner)
    return dict(record) if record is not None else None


async def delete(tx: Transaction, file_id: UUID, user_id: UUID, *, any_owner: bool) -> dict[str, Any] | None:
    """Hide a file at once; its objects go later. Whose it was, None when there is none."""
    record = await tx.fetchrow(_DELETE, file_id, tx.now, user_id, any_owner)
    return dict(record) if record is not None else None


async def usage(tx: Transaction, user_id: UUID, product_line: str, upload_id: UUID | None) -> Usage:
    """How much a user keeps in a product line, and by which plan; ``upload_id`` is an upload that does not count.

    Until the transaction ends no other one of the user's is told: what two files need together is seen.
    """
    await tx.execute(_LOCK_USER, f"files {user_id}")
    record = await tx.fetchrow(_USAGE, user_id, product_line, tx.now, upload_id)
    assert record is not None  # noqa: S101  it has no FROM
    return Usage(record["kept"], record["arriving"], record["plan"] or FREE_PLAN, record["limits"] or {})


async def publish(tx: Transaction, file_id: UUID, backend: str) -> bool:
    """Show a file that has been stored; False when that took too long and it counts as deleted."""
    return await tx.execute(_PUBLISH, file_id, tx.now, backend) == "UPDATE 1"


async def to_remove(tx: Transaction, before: Before, limit: int) -> list[dict[str, Any]]:
    """Files that were deleted or expired before then and that no run may need again, locked."""
    return [dict(record) for record in await tx.fetch(_TO_REMOVE, *before, limit)]


async def remove(tx: Transaction, file_ids: list[UUID]) -> None:
    """Forget files whose objects are gone; runs made of them name none any more."""
    await tx.execute("DELETE FROM files WHERE id = ANY($1::uuid[])", file_ids)


async def waiting(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    """Files that were kept beside the store, those looked at longest ago first, locked."""
    return [dict(record) for record in await tx.fetch(_WAITING, limit)]


async def looked_at(tx: Transaction, file_ids: list[UUID], arrived: list[UUID]) -> None:
    """These waiting files have been looked at, and some of them have arrived in the store."""
    await tx.execute(_LOOKED_AT, file_ids, arrived, tx.now)


async def expire(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    """Delete files whose time is over; which, and whose they were."""
    return [dict(record) for record in await tx.fetch(_EXPIRE, tx.now, limit)]


async def claim_pending(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    """Files that wait for the scanner, those looked at longest ago first, and nobody's for a minute."""
    return [dict(record) for record in await tx.fetch(_CLAIM_PENDING, tx.now, tx.now - SCAN_AGAIN_AFTER, limit)]


async def scanned(
    tx: Transaction, file_id: UUID, status: ScanStatus, quarantine: str | None, keep_until: datetime
) -> bool:
    """A pending file has been judged; with ``quarantine`` it lies there, until ``keep_until``. False when it is no
    longer pending."""
    return await tx.execute(_SCANNED, file_id, tx.now, status.value, quarantine, keep_until) == "UPDATE 1"


def keys_of(row: Mapping[str, Any]) -> list[str]:
    """Where a file's objects are: the original, the prepared version where there is one, sizes that were asked for."""
    prepared = [row["prepared"]["key"]] if row["prepared"] else []
    return [row["storage_key"], *prepared, *(stored["key"] for stored in row["sizes"].values())]
