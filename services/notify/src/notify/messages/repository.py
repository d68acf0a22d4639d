"""SQL of messages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from notify.messages.models import Message


async def add(tx: Transaction, messages: Sequence[Message]) -> set[UUID]:
    """Keep what is new; the ids of what was."""
    rows = await tx.fetch(
        """
        INSERT INTO notifications
            (id, user_id, product_line, kind, title, body, data, in_app, language, objects, created_at)
        SELECT *, $11::timestamptz
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::boolean[],
                    $9::text[], $10::jsonb[])
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        [message.id for message in messages],
        [message.draft.user_id for message in messages],
        [message.draft.product_line for message in messages],
        [message.draft.kind for message in messages],
        [message.title for message in messages],
        [message.body for message in messages],
        [orjson.dumps(message.draft.data).decode() for message in messages],
        [message.in_app for message in messages],
        [message.language for message in messages],
        [_objects(message) for message in messages],
        tx.now,
    )
    return {row["id"] for row in rows}


def _objects(message: Message) -> str:
    return orjson.dumps({name: stored.model_dump() for name, stored in message.draft.objects.items()}).decode()


async def mark_all_read(tx: Transaction, user_id: UUID) -> int:
    """Mark every message of a user as read; how many were not."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND in_app AND read_at IS NULL RETURNING id",
        user_id,
        tx.now,
    )
    return len(rows)


async def mark_read(tx: Transaction, user_id: UUID, notification_id: UUID) -> bool:
    """Mark one message of a user as read, again is fine; False when there is none."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = coalesce(read_at, $3) "
        "WHERE id = $1 AND user_id = $2 AND in_app RETURNING id",
        notification_id,
        user_id,
        tx.now,
    )
    return bool(rows)
