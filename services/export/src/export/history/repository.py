"""The SQL of writing the history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from chassis import ids
from chassis.data.database import Transaction

_ADD = (
    "INSERT INTO export_history (id, user_id, kind, request, result_id, created_at) "
    "VALUES ($1, $2, $3, $4::jsonb, $5, $6)"
)


async def add(
    tx: Transaction,
    user_id: UUID,
    kind: str,
    request: dict[str, Any],
    *,
    result_id: UUID | None = None,
) -> UUID:
    """Note what was asked, and its result returns the entry's id."""
    entry = ids.uuid7()
    asked = orjson.dumps(request, default=str).decode()
    await tx.execute(_ADD, entry, user_id, kind, asked, result_id, tx.now)
    return entry


async def keep_result(tx: Transaction, entry_id: UUID, result: str) -> None:
    """Keep the answer, JSON, with its entry."""
    await tx.execute("UPDATE export_history SET result = $2::json WHERE id = $1", entry_id, result)
