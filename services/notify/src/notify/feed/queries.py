"""SQL for reading a user's log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import asyncpg

from chassis.data.database import Database


async def after(database: Database, user_id: UUID, sequence: int, limit: int) -> list[asyncpg.Record]:
    """What a user's log has past ``sequence``, in order: sequence, state, update."""
    async with database.connection() as connection:
        found: list[asyncpg.Record] = await connection.fetch(
            """
            SELECT user_sequence AS sequence, state, update FROM client_events
            WHERE user_id = $1 AND user_sequence > $2 ORDER BY user_sequence LIMIT $3
            """,
            user_id,
            sequence,
            limit,
        )
    return found


async def newest(database: Database, user_ids: Collection[UUID]) -> dict[UUID, int]:
    """The newest number of each of these users' logs that has one, in one look."""
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(
            "SELECT user_id, newest FROM user_logs WHERE user_id = ANY($1::uuid[])", list(user_ids)
        )
    return {row["user_id"]: row["newest"] for row in rows}
