"""SQL for batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from chassis.data.database import Transaction

_OPEN = """
INSERT INTO batches (id, user_id, product_line, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (user_id, product_line, name) DO UPDATE SET updated_at = excluded.updated_at
RETURNING id
"""

_ADD = """
INSERT INTO batch_rows (batch_id, ref, line, digest, run_id)
SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::text[], $5::uuid[])
"""

_FILES = """
SELECT id, prepared, width, height, scan_status, kind, findings, storage_backend FROM files
WHERE id = ANY($1::uuid[]) AND user_id = $2 AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
"""


class Taken(NamedTuple):
    """A row that has been ordered."""

    digest: str
    run_id: UUID


async def opened(tx: Transaction, batch_id: UUID, user_id: UUID, product_line: str, name: str) -> UUID:
    """The user's batch of that name, made if there is none; locked, so that it is submitted by one at a time."""
    record = await tx.fetchrow(_OPEN, batch_id, user_id, product_line, name, tx.now)
    assert record is not None  # noqa: S101  an upsert returns its row
    return UUID(str(record["id"]))


async def taken(tx: Transaction, user_id: UUID, product_line: str, name: str) -> dict[str, Taken]:
    """What has been ordered in a batch, by the rows' names."""
    rows = await tx.fetch(
        "SELECT ref, digest, run_id FROM batch_rows JOIN batches ON batches.id = batch_id "
        "WHERE user_id = $1 AND product_line = $2 AND name = $3",
        user_id,
        product_line,
        name,
    )
    return {row["ref"]: Taken(row["digest"], row["run_id"]) for row in rows}


async def files(tx: Transaction, user_id: UUID, file_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of the files that are the user's and can be used, as an order's check wants them."""
    return {row["id"]: dict(row) for row in await tx.fetch(_FILES, list(file_ids), user_id, tx.now)}


def add(tx: Transaction, batch_id: UUID, rows: Sequence[tuple[str, int, str, UUID]]) -> None:
    """Remember, with the commit, what has been ordered: name, line, digest and run of each row."""
    if rows:
        tx.later(_ADD, batch_id, *(list(column) for column in zip(*rows, strict=True)))
