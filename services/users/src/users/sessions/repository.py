"""SQL of sessions, of their refresh tokens, and of failed logins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.data.database import Transaction
from users.accounts.models import LoginAddress, LoginGuard, RefreshToken, Session, UnknownLogin

_SESSIONS_LOOKED_AT = 200
_NOTED_EVERY = timedelta(minutes=1)


class SessionRepository:
    """Finds sessions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def token(self, token_hash: bytes) -> RefreshToken | None:
        """The refresh token with this hash, locked."""
        query = select(RefreshToken).where(RefreshToken.token_hash == token_hash)
        return (await self._session.scalars(query.with_for_update())).first()

    async def get(self, session_id: UUID) -> Session | None:
        """One session, locked."""
        return await self._session.get(Session, session_id, with_for_update=True)

    async def active(self, user_id: UUID, now: datetime) -> Sequence[Session]:
        """A user's sessions that can still be used, newest first."""
        rows = await self._session.scalars(
            select(Session)
            .where(Session.user_id == user_id, Session.revoked_at.is_(None), Session.expires_at > now)
            .order_by(Session.created_at.desc())
        )
        return rows.all()

    async def addresses(self, user_id: UUID) -> Sequence[str | None]:
        """Where the newest sessions of a user were opened from."""
        rows = await self._session.scalars(
            select(Session.ip_address)
            .where(Session.user_id == user_id)
            .order_by(Session.created_at.desc())
            .limit(_SESSIONS_LOOKED_AT)
        )
        return rows.all()

    async def user_agents(self, user_id: UUID) -> Sequence[str | None]:
        """What the newest sessions of a user were opened with."""
        rows = await self._session.scalars(
            select(Session.user_agent)
            .where(Session.user_id == user_id)
            .order_by(Session.created_at.desc())
            .limit(_SESSIONS_LOOKED_AT)
        )
        return rows.all()


def touch(session_id: UUID, tx: Transaction) -> None:
    """Note with the commit that a session is in use, unless that was noted within the last minute."""
    tx.later(
        "UPDATE user_sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $3 AND revoked_at IS NULL",
        session_id,
        tx.now,
        tx.now - _NOTED_EVERY,
    )


class FailureRepository:
    """Keeps the counters of failed logins: by address, and by account and address."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def address(self, address: bytes) -> LoginAddress | None:
        """What is counted for an address."""
        return await self._session.get(LoginAddress, address)

    async def guard(self, user_id: UUID, address: bytes) -> LoginGuard | None:
        """What is counted for an address and an account."""
        return await self._session.get(LoginGuard, (user_id, address))

    async def unknown(self, login: UUID) -> UnknownLogin | None:
        """What is counted for a login that is nobody's."""
        return await self._session.get(UnknownLogin, login)

    async def locked_unknown(self, login: UUID) -> UnknownLogin:
        """The counter of a login that is nobody's, new if need be, locked."""
        # One statement, as the one that locks an account: more of them show in the time.
        statement = insert(UnknownLogin).values(id=login)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"id": statement.excluded.id})
        found = await self._session.scalars(
            statement.returning(UnknownLogin), execution_options={"populate_existing": True}
        )
        return found.one()

    async def locked_address(self, address: bytes) -> LoginAddress:
        """The counter of an address, new if need be, locked."""
        await self._session.execute(insert(LoginAddress).values(address=address).on_conflict_do_nothing())
        return await self._session.get_one(LoginAddress, address, with_for_update=True, populate_existing=True)

    async def locked_guard(self, user_id: UUID, address: bytes) -> LoginGuard:
        """The counter of an address for an account, new if need be, locked."""
        await self._session.execute(
            insert(LoginGuard).values(user_id=user_id, address=address).on_conflict_do_nothing()
        )
        return await self._session.get_one(LoginGuard, (user_id, address), with_for_update=True, populate_existing=True)

    async def forget_guard(self, user_id: UUID, address: bytes) -> None:
        """Remove the counter of an address for an account."""
        await self._session.execute(
            delete(LoginGuard).where(LoginGuard.user_id == user_id, LoginGuard.address == address)
        )

    async def spend_guards(self, user_id: UUID, since: datetime, until: datetime, now: datetime) -> None:
        """What has failed for an account since then counts for none of its locks ``until``."""
        await self._session.execute(
            update(LoginGuard)
            .where(LoginGuard.user_id == user_id, LoginGuard.failing_since >= since, _counts(now))
            .values(spent_until=until)
            .execution_options(synchronize_session=False)
        )


def _counts(now: datetime) -> ColumnElement[bool]:
    return or_(LoginGuard.spent_until.is_(None), LoginGuard.spent_until <= now)
