"""The client event log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from chassis.data.database import Database, Transaction
from contracts.enums import Status
from notify.live.updates import Update

_FINAL = [status.value for status in Status if status.final]


def append(updates: Sequence[Update], tx: Transaction) -> None:
    """Keep a batch of updates, with the commit; a sequence number of a run is kept once.

    Each gets a number in its user's log as well, in the order in which they are given.
    """
    # Batches that take numbers of the same users take them in the same order, so that neither waits for the other.
    updates = sorted(updates, key=lambda update: update.user_id)
    tx.later(
        """
        INSERT INTO client_events (run_id, sequence, user_id, state, update, created_at, user_sequence)
        SELECT *, next_of_user(user_id)
        FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::json[], $6::timestamptz[])
            AS new (run_id, sequence, user_id, state, update, created_at)
        ON CONFLICT DO NOTHING
        """,
        [update.run_id for update in updates],
        [update.sequence for update in updates],
        [update.user_id for update in updates],
        [update.state.value for update in updates],
        [orjson.dumps(update.body).decode() for update in updates],
        [update.created_at for update in updates],
    )


class Known(NamedTuple):
    """What the log says of a run. ``final``: the number of the update that ended it; None while it goes on."""

    user_id: UUID
    newest: int
    final: int | None


async def known(database: Database, run_id: UUID) -> Known | None:
    """Whose run it is and how far; None when nothing has been heard of it."""
    async with database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT user_id, max(sequence) AS newest, max(sequence) FILTER (WHERE state = ANY($2)) AS final "
            "FROM client_events WHERE run_id = $1 GROUP BY user_id",
            run_id,
            _FINAL,
        )
    return Known(**row) if row is not None else None


async def newest(database: Database, run_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of the newest update of each of these runs that has one, in one look."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT id, sequence FROM unnest($1::uuid[]) AS run (id) CROSS JOIN LATERAL ("
            "SELECT max(sequence) AS sequence FROM client_events WHERE run_id = run.id) AS log "
            "WHERE sequence IS NOT NULL",
            list(run_ids),
        )
    return {row["id"]: row["sequence"] for row in rows}


async def after(database: Database, run_id: UUID, sequence: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Updates of a run past ``sequence``, in order: sequence, state, body."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT sequence, state, update FROM client_events WHERE run_id = $1 AND sequence > $2 ORDER BY sequence",
            run_id,
            sequence,
        )
    return [(row["sequence"], row["state"], row["update"]) for row in rows]
