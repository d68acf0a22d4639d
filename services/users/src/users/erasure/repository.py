"""SQL of erasures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.data.database import Transaction
from users.erasure.models import Erasure, Receipt

_FORGET = (
    """
    UPDATE users SET email = 'deleted_' || id || '@deleted.com', username = 'deleted_' || id, name = NULL,
        avatar_url = NULL, password_hash = NULL, is_active = false, email_verified = false, role = 'user',
        timezone = 'UTC', language = 'en', last_login = NULL, failed_login_count = 0, failing_since = NULL,
        locked_until = NULL, version = version + 1
    WHERE id = $1
    """,
    "DELETE FROM data_exports WHERE user_id = $1",
    "DELETE FROM consents WHERE user_id = $1",
    "DELETE FROM entitlements WHERE user_id = $1",
    "DELETE FROM oauth_identities WHERE user_id = $1",
    "DELETE FROM sign_in_tickets WHERE user_id = $1",
    "DELETE FROM one_time_tokens WHERE user_id = $1",
    "DELETE FROM login_challenges WHERE user_id = $1",
    "DELETE FROM second_factors WHERE user_id = $1",
    "DELETE FROM login_guards WHERE user_id = $1",
    "DELETE FROM refresh_tokens USING user_sessions AS s WHERE s.id = session_id AND s.user_id = $1",
    # Everybody who checks tokens still has to hear that these have ended.
    "UPDATE user_sessions SET ip_address = NULL, user_agent = NULL WHERE user_id = $1",
    "UPDATE api_keys SET name = '[DELETED]', allowed_addresses = '{}' WHERE user_id = $1",
)


class ErasureRepository:
    """Finds erasures."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, user_id: UUID) -> Erasure | None:
        """One, locked."""
        return await self._session.get(Erasure, user_id, with_for_update=True)

    async def by_ticket(self, ticket_hash: bytes) -> Erasure | None:
        """The one whose progress may be seen with this ticket."""
        return (await self._session.scalars(select(Erasure).where(Erasure.ticket_hash == ticket_hash))).first()

    async def unanswered(self, since: datetime, most: int) -> Sequence[Erasure]:
        """Those that were last asked about before then and have not been completed, locked; the oldest first."""
        query = select(Erasure).where(Erasure.completed_at.is_(None), Erasure.asked_at <= since)
        query = query.order_by(Erasure.asked_at).limit(most).with_for_update(skip_locked=True)
        return (await self._session.scalars(query)).all()

    async def receipts(self, user_id: UUID) -> dict[str, Receipt]:
        """What has been answered, by service."""
        rows = await self._session.scalars(select(Receipt).where(Receipt.user_id == user_id))
        return {receipt.service: receipt for receipt in rows}

    def add(self, row: Erasure | Receipt) -> None:
        """A new one."""
        self._session.add(row)


async def forget(tx: Transaction, user_id: UUID) -> None:
    """Take everything out of the account that says whose it is."""
    for statement in _FORGET:
        await tx.execute(statement, user_id)
