"""The client event log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Database, Transaction
from contracts.enums import Status
from notify.live.updates import Update

_FINAL = [status.value for status in Status if status.final]


def append(updates: Sequence[Update], tx: Transaction) -> None:
    """Keep a batch of updates, with the commit; a sequence number of a run is kept once."""
    tx.later(
        """
        INSERT INTO client_events (run_id, sequence, user_id, state, update, created_at)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::json[], $6::timestamptz[])
        ON CONFLICT DO NOTHING
        """,
        [update.run_id for update in updates],
        [update.sequence for update in updates],
        [update.user_id for update in updates],
        [update.state.value for update in updates],
        [orjson.dumps(update.body).decode() for update in updates],
        [update.created_at for update in updates],
    )


async def owner(database: Database, run_id: UUID) -> UUID | None:
    """Whose run it is; None when nothing has been heard of it."""
    async with database.connection() as connection:
        found: UUID | None = await connection.fetchval(
            "SELECT user_id FROM client_events WHERE run_id = $1 LIMIT 1", run_id
        )
    return found


async def final_sequence(database: Database, run_id: UUID) -> int | None:
    """The number of the update that ended the run; None while it goes on."""
    async with database.connection() as connection:
        found: int | None = await connection.fetchval(
            "SELECT sequence FROM client_events WHERE run_id = $1 AND state = ANY($2) LIMIT 1", run_id, _FINAL
        )
    return found


async def after(database: Database, run_id: UUID, sequence: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Updates of a run past ``sequence``, in order: sequence, state, body."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT sequence, state, update FROM client_events WHERE run_id = $1 AND sequence > $2 ORDER BY sequence",
            run_id,
            sequence,
        )
    return [(row["sequence"], row["state"], row["update"]) for row in rows]
