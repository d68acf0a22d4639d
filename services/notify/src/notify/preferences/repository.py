"""SQL of preferences."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg
import orjson

from chassis.data.database import Transaction
from notify.preferences.models import Preferences


async def find(tx: Transaction, user_ids: Collection[UUID]) -> dict[UUID, Preferences]:
    """What each of these users has decided."""
    rows = await tx.fetch("SELECT * FROM preferences WHERE user_id = ANY($1::uuid[])", list(user_ids))
    return dict.fromkeys(user_ids, Preferences()) | {row["user_id"]: preferences_of(row) for row in rows}


async def put(tx: Transaction, user_id: UUID, wanted: Preferences) -> None:
    """Keep what a user has decided, instead of what was."""
    await tx.execute(
        """
        INSERT INTO preferences (user_id, choices, quiet_from, quiet_until, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id) DO UPDATE
        SET choices = excluded.choices, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
            updated_at = excluded.updated_at
        """,
        user_id,
        orjson.dumps(wanted.choices).decode(),
        wanted.quiet_from,
        wanted.quiet_to,
        tx.now,
    )


async def switch_off(tx: Transaction, user_id: UUID, kind: str, channel: str) -> None:
    """Send no more messages of this kind by this channel; again is fine."""
    await tx.execute(
        """
        INSERT INTO preferences (user_id, choices, updated_at)
        VALUES ($1, jsonb_build_object($2::text, jsonb_build_object($3::text, false)), $4)
        ON CONFLICT (user_id) DO UPDATE
        SET choices = preferences.choices || jsonb_build_object(
                $2::text, coalesce(preferences.choices->$2, '{}') || jsonb_build_object($3::text, false)),
            updated_at = excluded.updated_at
        """,
        user_id,
        kind,
        channel,
        tx.now,
    )


def preferences_of(row: asyncpg.Record) -> Preferences:
    """A row as the rules see it."""
    return Preferences(row["choices"], row["quiet_from"], row["quiet_until"])
