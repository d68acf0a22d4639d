"""SQL of sign-ins and identities."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis import ids
from chassis.data.database import Transaction
from users.signin.models import Assertion, OAuthIdentity, SignIn, SignInTicket


class SignInRepository:
    """Keeps what was started, takes it once, and knows whose identity is whose."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    def add(self, started: SignIn | SignInTicket) -> None:
        """Something that will be taken once."""
        self._session.add(started)

    async def take(self, state_hash: bytes) -> SignIn | None:
        """Remove a started sign-in and return it; of two that ask at the same moment one gets it."""
        return await self._session.scalar(delete(SignIn).where(SignIn.state_hash == state_hash).returning(SignIn))

    async def take_ticket(self, ticket_hash: bytes) -> SignInTicket | None:
        """Remove a ticket and return it."""
        statement = delete(SignInTicket).where(SignInTicket.ticket_hash == ticket_hash).returning(SignInTicket)
        return await self._session.scalar(statement)

    async def owner(self, assertion: Assertion) -> UUID | None:
        """Whose account this identity opens."""
        return await self._session.scalar(
            select(OAuthIdentity.user_id).where(
                OAuthIdentity.provider == assertion.provider, OAuthIdentity.subject == assertion.subject
            )
        )

    async def link(self, assertion: Assertion, user_id: UUID, now: datetime) -> bool:
        """Let this identity open this account; False when it opens one already."""
        statement = (
            insert(OAuthIdentity)
            .values(
                id=ids.uuid7(),
                provider=assertion.provider,
                subject=assertion.subject,
                user_id=user_id,
                email=assertion.email,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["provider", "subject"])
            .returning(OAuthIdentity.id)
        )
        return await self._session.scalar(statement) is not None

    async def unlink_all(self, user_id: UUID) -> None:
        """From now on no identity opens this account, nor a ticket that one has got."""
        for table in (OAuthIdentity, SignInTicket):
            await self._session.execute(delete(table).where(table.user_id == user_id))
