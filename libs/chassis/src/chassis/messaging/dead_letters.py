"""Dead letters of the in-process bus, kept in the database of the service whose consumer gave up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from chassis import faults, ids
from chassis.bus.messages import Delivery
from chassis.bus.port import DeadLetter
from chassis.data.database import Database
from chassis.data.outbox_row import from_row


class PostgresDeadLetters:
    """Finds the database by the service name in front of the queue's first dot."""

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._databases = databases

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Keep one; returns when it is committed."""
        faults.point("dead_letter.before_commit")
        async with self._database(delivery.queue).connection() as connection:
            await connection.execute(
                "INSERT INTO dead_letters (id, queue, message_id, headers, body, attempt, reason) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                ids.uuid7(),
                delivery.queue,
                _message_id(delivery.headers),
                orjson.dumps(dict(delivery.headers)).decode(),
                delivery.body,
                delivery.attempt,
                reason[:2000],
            )
        faults.point("dead_letter.after_commit")

    async def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        """The oldest letters of a queue."""
        async with self._database(queue).connection() as connection:
            rows = await connection.fetch(
                "SELECT * FROM dead_letters WHERE queue = $1 ORDER BY died_at LIMIT $2", queue, limit
            )
        return [_letter(row) for row in rows]

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None) -> int:
        """Move letters (all, or those whose letter or message id is named) to the outbox in one statement."""
        database = self._database(queue)
        async with database.connection() as connection:
            rows = await connection.fetch(
                """
                WITH risen AS (
                    DELETE FROM dead_letters WHERE queue = $1
                    AND ($2::uuid[] IS NULL OR id = ANY($2) OR message_id = ANY($2)) RETURNING *
                )
                INSERT INTO outbox (id, exchange, routing_key, headers, body, mandatory)
                SELECT id, '', $1, headers, body, true FROM risen RETURNING *
                """,
                queue,
                list(message_ids) if message_ids is not None else None,
            )
        if database.outbox is not None:
            database.outbox.accept([from_row(row) for row in rows])
        return len(rows)

    def _database(self, queue: str) -> Database:
        return self._databases[queue.split(".", 1)[0]]


def _message_id(headers: Mapping[str, object]) -> UUID | None:
    try:
        return UUID(str(headers.get("cloudEvents:id")))
    except ValueError:
        return None


def _letter(row: asyncpg.Record) -> DeadLetter:
    headers: dict[str, Any] = row["headers"]
    return DeadLetter(
        id=row["id"],
        queue=row["queue"],
        headers=headers,
        body=row["body"],
        attempt=row["attempt"],
        reason=row["reason"],
        died_at=row["died_at"],
    )
