"""SQL of recipients."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chassis.data.database import Transaction
from notify.recipients.models import Recipient


async def find(tx: Transaction, user_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    """What is known of these users; who is unknown is missing."""
    rows = await tx.fetch("SELECT * FROM recipients WHERE user_id = ANY($1::uuid[])", list(user_ids))
    return {
        row["user_id"]: Recipient(row["name"] or "", row["language"], row["email"], row["timezone"]) for row in rows
    }


async def remember(tx: Transaction, user_id: UUID, known: Recipient, version: int, *, timezone: str | None) -> None:
    """Keep a copy; an older version changes nothing. Without ``timezone`` the one that is known stays."""
    await tx.execute(
        """
        INSERT INTO recipients (user_id, name, language, email, timezone, version)
        VALUES ($1, $2, $3, $4, coalesce($5, 'UTC'), $6)
        ON CONFLICT (user_id) DO UPDATE
        SET name = coalesce(nullif(excluded.name, ''), recipients.name), language = excluded.language,
            email = excluded.email, timezone = coalesce($5, recipients.timezone), version = excluded.version
        WHERE recipients.version < excluded.version
        """,
        user_id,
        known.name,
        known.language,
        known.email,
        timezone,
        version,
    )
