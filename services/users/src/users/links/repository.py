"""SQL of one-time tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.data.database import Transaction
from users.links.models import LETTERS, WITHIN, OneTimeToken, Purpose

_COUNT = """
INSERT INTO letters_asked AS known (who, purpose, asked_at, last_asked_at) VALUES ($1, $2, ARRAY[$3::timestamptz], $3)
ON CONFLICT (who, purpose) DO UPDATE SET
    last_asked_at = $3,
    asked_at = ARRAY(SELECT at FROM unnest(known.asked_at) AS at WHERE at > $4 ORDER BY at DESC LIMIT $5 - 1) || $3
WHERE (SELECT count(*) FROM unnest(known.asked_at) AS at WHERE at > $4) < $5
RETURNING who
"""

_OLDEST = """
SELECT (SELECT min(at) FROM unnest(asked_at) AS at WHERE at > $3) AS oldest
FROM letters_asked WHERE (who, purpose) = ($1, $2)
"""


class OneTimeTokenRepository:
    """Keeps one-time tokens."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, token: OneTimeToken) -> None:
        """A new one."""
        self._session.add(token)

    async def find(self, token_hash: bytes) -> OneTimeToken | None:
        """The token with this hash, as it is at this moment."""
        return await self._session.get(OneTimeToken, token_hash, populate_existing=True)

    async def end_open(self, user_id: UUID, now: datetime, *purposes: Purpose) -> None:
        """From now on an account's open tokens of these purposes, or of all, are good for nothing."""
        statement = update(OneTimeToken).where(
            OneTimeToken.user_id == user_id, OneTimeToken.used_at.is_(None), OneTimeToken.expires_at > now
        )
        if purposes:
            statement = statement.where(OneTimeToken.purpose.in_([purpose.value for purpose in purposes]))
        await self._session.execute(statement.values(expires_at=now).execution_options(synchronize_session=False))

    async def end_changes(self, user_id: UUID, now: datetime, *, kept: UUID | None) -> None:
        """Links to another address are good for nothing, but those that the session ``kept`` has asked for."""
        await self._session.execute(
            update(OneTimeToken)
            .where(
                OneTimeToken.user_id == user_id,
                OneTimeToken.purpose == Purpose.CHANGE_EMAIL.value,
                OneTimeToken.session_id.is_distinct_from(kept),
                OneTimeToken.used_at.is_(None),
                OneTimeToken.expires_at > now,
            )
            .values(expires_at=now)
            .execution_options(synchronize_session=False)
        )


async def count_letter(who: UUID, purpose: Purpose, tx: Transaction) -> datetime | None:
    """Count that a letter is asked for; when the next one may be, if this is one too many.

    ``who`` need not be an account: what is asked for an address that nobody has is counted by the same statement.
    """
    since = tx.now - WITHIN
    if await tx.fetchrow(_COUNT, who, purpose.value, tx.now, since, LETTERS) is not None:
        return None
    row = await tx.fetchrow(_OLDEST, who, purpose.value, since)
    oldest: datetime = tx.now if row is None or row["oldest"] is None else row["oldest"]
    return oldest + WITHIN
