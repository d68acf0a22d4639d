"""SQL for reading the history."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def page_of(
    tx: Transaction, user_id: UUID, kind: str | None, *, offset: int, limit: int
) -> tuple[list[asyncpg.Record], int]:
    """One page of a user's entries, newest first and without their answers, and how many there are."""
    rows = await tx.fetch(
        "SELECT id, kind, request, result_id, created_at, result IS NOT NULL AS kept FROM export_history "
        "WHERE user_id = $1 AND ($2::text IS NULL OR kind = $2) ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT $4",
        user_id,
        kind,
        offset,
        limit,
    )
    count = await tx.fetchrow(
        "SELECT count(*) AS n FROM export_history WHERE user_id = $1 AND ($2::text IS NULL OR kind = $2)", user_id, kind
    )
    return rows, 0 if count is None else count["n"]


async def entry_of(tx: Transaction, entry_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """One entry of a user's, with its answer."""
    return await tx.fetchrow("SELECT * FROM export_history WHERE id = $1 AND user_id = $2", entry_id, user_id)


async def ordered(tx: Transaction, user_id: UUID) -> dict[str, int]:
    """How often the user's newest hundred kits went to each platform."""
    rows = await tx.fetch(
        "SELECT platform, count(*) AS n FROM (SELECT request FROM export_history WHERE user_id = $1 AND kind = 'kit' "
        "ORDER BY created_at DESC LIMIT 100) AS newest, jsonb_array_elements_text(request->'platforms') AS platform "
        "GROUP BY platform",
        user_id,
    )
    return {row["platform"]: row["n"] for row in rows}
