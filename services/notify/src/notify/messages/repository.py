"""SQL of messages and of whom they are for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from notify.messages.models import Message, Recipient


async def add(tx: Transaction, messages: Sequence[Message]) -> set[UUID]:
    """Keep what is new; the ids of what was."""
    rows = await tx.fetch(
        """
        INSERT INTO notifications (id, user_id, product_line, kind, title, body, data, created_at)
        SELECT *, $8::timestamptz
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        [message.id for message in messages],
        [message.user_id for message in messages],
        [message.product_line for message in messages],
        [message.kind for message in messages],
        [message.title for message in messages],
        [message.body for message in messages],
        [orjson.dumps(message.data).decode() for message in messages],
        tx.now,
    )
    return {row["id"] for row in rows}


async def mark_all_read(tx: Transaction, user_id: UUID) -> int:
    """Mark every message of a user as read; how many were not."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL RETURNING id", user_id, tx.now
    )
    return len(rows)


async def mark_read(tx: Transaction, user_id: UUID, notification_id: UUID) -> bool:
    """Mark one message of a user as read, again is fine; False when there is none."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = coalesce(read_at, $3) WHERE id = $1 AND user_id = $2 RETURNING id",
        notification_id,
        user_id,
        tx.now,
    )
    return bool(rows)


async def recipients(tx: Transaction, user_ids: set[UUID]) -> dict[UUID, Recipient]:
    """What is known of these users; who is unknown is missing."""
    rows = await tx.fetch("SELECT * FROM recipients WHERE user_id = ANY($1::uuid[])", list(user_ids))
    return {row["user_id"]: Recipient(row["name"] or "", row["language"]) for row in rows}


async def remember(tx: Transaction, user_id: UUID, name: str, language: str, version: int) -> None:
    """Keep name and language; an older version changes nothing."""
    await tx.execute(
        """
        INSERT INTO recipients (user_id, name, language, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE
        SET name = coalesce(nullif(excluded.name, ''), recipients.name), language = excluded.language,
            version = excluded.version
        WHERE recipients.version < excluded.version
        """,
        user_id,
        name,
        language,
        version,
    )
