"""SQL of API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.data.database import Transaction
from users.api_keys.models import ApiKey

_NOTED_AGAIN = timedelta(minutes=1)


class ApiKeyRepository:
    """Finds keys."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def working(self, user_id: UUID, now: datetime) -> Sequence[ApiKey]:
        """A user's keys that have neither been revoked nor expired, newest first."""
        rows = await self._session.scalars(
            select(ApiKey)
            .where(
                ApiKey.user_id == user_id,
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            )
            .order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
        )
        return rows.all()

    async def get(self, key_id: UUID) -> ApiKey | None:
        """One key, locked."""
        return await self._session.get(ApiKey, key_id, with_for_update=True)

    async def by_hash(self, key_hash: bytes) -> ApiKey | None:
        """The key with this hash."""
        return (await self._session.scalars(select(ApiKey).where(ApiKey.key_hash == key_hash))).first()

    def add(self, key: ApiKey) -> None:
        """A new key."""
        self._session.add(key)


def note_use(tx: Transaction, key_id: UUID) -> None:
    """The key is being used; written once a minute at most."""
    tx.later(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
        key_id,
        tx.now,
        tx.now - _NOTED_AGAIN,
    )
