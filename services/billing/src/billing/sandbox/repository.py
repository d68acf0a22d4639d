"""SQL of what the sandbox holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from chassis.data.database import Transaction


async def put(
    tx: Transaction, data: dict[str, Any], *, parent: str | None = None, due_at: datetime | None = None
) -> None:
    """Keep an object, in place of what was kept under its id."""
    await tx.execute(
        """
        INSERT INTO sandbox_objects (id, kind, parent, due_at, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET data = excluded.data, due_at = excluded.due_at
        """,
        data["id"],
        data["object"],
        parent,
        due_at,
        orjson.dumps(data).decode(),
        tx.now,
    )


async def get(tx: Transaction, id: str) -> dict[str, Any] | None:
    """An object, which nobody else changes until the transaction ends."""
    row = await tx.fetchrow("SELECT data FROM sandbox_objects WHERE id = $1 FOR UPDATE", id)
    return dict(row["data"]) if row is not None else None


async def children(tx: Transaction, parent: str, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind that belong to another, the latest first."""
    rows = await tx.fetch(
        "SELECT data FROM sandbox_objects WHERE parent = $1 AND kind = $2 ORDER BY created_at DESC, id DESC",
        parent,
        kind,
    )
    return [dict(row["data"]) for row in rows]


async def due(tx: Transaction, limit: int) -> list[str]:
    """Subscriptions that are to be renewed, the longest first."""
    rows = await tx.fetch(
        "SELECT id FROM sandbox_objects WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
        tx.now,
        limit,
    )
    return [row["id"] for row in rows]
