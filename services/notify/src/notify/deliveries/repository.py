"""SQL of deliveries."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from notify.messages.models import Message


async def add(tx: Transaction, delivery_id: UUID, message: Message, channel: str) -> bool:
    """Keep that a message is to be delivered; whether that is new."""
    rows = await tx.fetch(
        """
        INSERT INTO deliveries (id, notification_id, channel, status, sealed_token, sealed_address, created_at)
        VALUES ($1, $2, $3, 'pending', $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id
        """,
        delivery_id,
        message.id,
        channel,
        message.draft.sealed_token,
        message.draft.sealed_address,
        tx.now,
    )
    return bool(rows)


async def pending(tx: Transaction, delivery_id: UUID) -> asyncpg.Record | None:
    """A delivery that has not ended, with its message and what is known of whom it is for."""
    return await tx.fetchrow(
        """
        SELECT delivery.id, delivery.sealed_token, delivery.sealed_address, delivery.attempts, message.id AS message_id,
               message.user_id, message.product_line, message.kind, message.title, message.body, message.data,
               message.language, message.objects, recipient.name, recipient.email
        FROM deliveries AS delivery
        JOIN notifications AS message ON message.id = delivery.notification_id
        LEFT JOIN recipients AS recipient ON recipient.user_id = message.user_id
        WHERE delivery.id = $1 AND delivery.status = 'pending'
        """,
        delivery_id,
    )


async def tried(tx: Transaction, delivery_id: UUID, error: str) -> None:
    """Keep that an attempt has failed and there will be another."""
    await tx.execute(
        "UPDATE deliveries SET attempts = attempts + 1, error = $2 WHERE id = $1 AND status = 'pending'",
        delivery_id,
        error,
    )


async def ended(
    tx: Transaction, delivery_id: UUID, status: str, *, error: str | None = None, provider_id: str | None = None
) -> None:
    """Keep how a delivery ended, and forget what was secret about it."""
    await tx.execute(
        """
        UPDATE deliveries
        SET status = $2, error = $3, provider_id = $4, ended_at = $5, sealed_token = NULL, sealed_address = NULL,
            attempts = attempts + CASE WHEN $2 = 'skipped' THEN 0 ELSE 1 END
        WHERE id = $1 AND status = 'pending'
        """,
        delivery_id,
        status,
        error,
        provider_id,
        tx.now,
    )
