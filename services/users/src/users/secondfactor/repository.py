"""SQL of second factors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from users.secondfactor.models import LoginChallenge, RecoveryCode, SecondFactor


class SecondFactorRepository:
    """Keeps second factors, recovery codes and logins that wait for a code. The caller holds the account's row."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, user_id: UUID) -> SecondFactor | None:
        """An account's factor, on or waiting to be confirmed, as it is at this moment."""
        return await self._session.get(SecondFactor, user_id, populate_existing=True)

    async def replace(self, factor: SecondFactor) -> None:
        """Keep a factor instead of whatever the account had."""
        await self.remove(factor.user_id)
        self._session.add(factor)
        await self._session.flush()

    async def remove(self, user_id: UUID) -> None:
        """The account has none, and no recovery codes."""
        await self._session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))

    async def replace_codes(self, user_id: UUID, hashes: Iterable[bytes]) -> None:
        """Keep new recovery codes instead of the old ones."""
        await self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        self._session.add_all(RecoveryCode(user_id=user_id, code_hash=one) for one in hashes)

    async def spend_code(self, user_id: UUID, code_hash: bytes, now: datetime) -> bool:
        """Use a recovery code; False when there is none such, or it was used."""
        statement = (
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
            .values(used_at=now)
            .returning(RecoveryCode.code_hash)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(statement) is not None

    async def codes_left(self, user_id: UUID) -> int:
        """How many recovery codes are good."""
        counted = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        return await self._session.scalar(counted) or 0

    def add_challenge(self, challenge: LoginChallenge) -> None:
        """A login that waits for a code."""
        self._session.add(challenge)

    async def challenge(self, ticket_hash: bytes) -> LoginChallenge | None:
        """A login that waits for a code, as it is at this moment."""
        return await self._session.get(LoginChallenge, ticket_hash, populate_existing=True)

    async def end_challenge(self, challenge: LoginChallenge) -> None:
        """This login waits no more."""
        await self._session.delete(challenge)

    async def end_challenges(self, user_id: UUID) -> None:
        """No login of this account waits any more."""
        await self._session.execute(
            delete(LoginChallenge).where(LoginChallenge.user_id == user_id).execution_options(synchronize_session=False)
        )
