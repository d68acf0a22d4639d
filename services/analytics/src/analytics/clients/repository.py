"""SQL of what clients tell, and of who agreed to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson

from analytics.clients.schemas import ClientEventIn
from chassis.data.database import Transaction

_SAID = """
INSERT INTO consents (person, granted, given_at) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET granted = excluded.granted, given_at = excluded.given_at
WHERE consents.given_at <= excluded.given_at
"""

_ADD = """
INSERT INTO user_analytics (id, person, product_line, event_type, event_data, page_url, referrer, session_id,
    device_type, browser, os, page_load_time, interaction_time, created_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


async def said(tx: Transaction, person: str, granted: bool, given_at: datetime) -> None:
    """Keep the newest word about a person's consent."""
    await tx.execute(_SAID, person, granted, given_at)


async def agreed(tx: Transaction, person: str) -> bool:
    """Whether the newest word is yes; without any it is no."""
    row = await tx.fetchrow("SELECT granted FROM consents WHERE person = $1", person)
    return row is not None and bool(row["granted"])


async def add(tx: Transaction, id: UUID, person: str, product_line: str, event: ClientEventIn) -> None:
    """Keep what a client told."""
    await tx.execute(
        _ADD,
        id,
        person,
        product_line,
        event.event_type,
        orjson.dumps(event.event_data).decode(),
        event.page_url,
        event.referrer,
        event.session_id,
        event.device_type,
        event.browser,
        event.os,
        event.page_load_time,
        event.interaction_time,
        tx.now,
    )
