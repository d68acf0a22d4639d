"""Keys that sign, and sessions that have ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis.data.database import Transaction
from chassis.identity.revocations import LONGEST_LIFE_S
from users.accounts.models import Session
from users.api_keys.models import ApiKey

_LIVING = timedelta(seconds=LONGEST_LIFE_S, minutes=5)
_UNDER_WAY = timedelta(minutes=1)
"""A transaction begun before an answer may be committed after it; its sessions are told again."""


async def signing_since(tx: Transaction, since: datetime) -> dict[str, str]:
    """Public halves of the keys that were noted since then, by id."""
    rows = await tx.fetch("SELECT key_id, public FROM signing_keys WHERE last_signed_at >= $1 ORDER BY key_id", since)
    return {row["key_id"]: row["public"] for row in rows}


async def ended_since(tx: Transaction, since: datetime | None) -> list[UUID]:
    """Sessions that ended since then, or since the oldest token that can be alive was given out; API keys too."""
    earliest = tx.now - _LIVING
    if since is not None:
        earliest = max(earliest, since - _UNDER_WAY)
    of_keys = select(ApiKey.id).where(ApiKey.revoked_at >= earliest)
    return list(await tx.session.scalars(select(Session.id).where(Session.revoked_at >= earliest).union_all(of_keys)))
