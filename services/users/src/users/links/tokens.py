"""One-time tokens: given out sealed, and taken once (USR-28)."""

from __future__ import annotations

import secrets
from uuid import UUID

from chassis.data.database import Transaction
from chassis.identity.vault import Vault, hashed
from contracts.users import EmailVerificationRequested, PasswordResetRequested
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.links.errors import LinkRefused
from users.links.models import LIVES, OneTimeToken, Purpose
from users.links.repository import OneTimeTokenRepository


class OneTimeTokens:
    """Gives out tokens, sealed for notify, which puts them into letters; here they are kept as hashes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def issue(
        self,
        user: User,
        purpose: Purpose,
        tx: Transaction,
        *,
        product_line: str,
        email: str | None = None,
        session_id: UUID | None = None,
        told: bool = True,
    ) -> None:
        """Have a link sent to ``email``, or to the account's own address; an older one of that purpose ends.

        The account's row is locked. Without ``told`` there is a token and no letter: nobody ever sees it.
        """
        tokens = OneTimeTokenRepository(tx.session)
        await tokens.end_open(user.id, tx.now, purpose)
        token, expires_at = secrets.token_urlsafe(32), tx.now + LIVES[purpose]
        tokens.add(
            OneTimeToken(
                token_hash=hashed(token),
                user_id=user.id,
                purpose=purpose.value,
                email=email or user.email,
                session_id=session_id,
                issued_at=tx.now,
                expires_at=expires_at,
            )
        )
        sealed = self._vault.seal(token).decode()
        if not told:
            return
        if purpose is Purpose.RESET_PASSWORD:
            tx.emit(
                PasswordResetRequested(
                    user_id=user.id, sealed_token=sealed, expires_at=expires_at, product_line=product_line
                )
            )
        else:
            tx.emit(
                EmailVerificationRequested(
                    user_id=user.id,
                    email=email or user.email,
                    purpose="verify_email" if purpose is Purpose.VERIFY_EMAIL else "change_email",
                    sealed_token=sealed,
                    expires_at=expires_at,
                    product_line=product_line,
                )
            )

    async def find(self, token: str, tx: Transaction, *purposes: Purpose) -> tuple[OneTimeToken, User]:
        """An open token and its account, whose row is locked. Raises ``LinkRefused``."""
        tokens = OneTimeTokenRepository(tx.session)
        found = await tokens.find(hashed(token))
        if found is not None and found.purpose in purposes:
            # The account first, everywhere: whoever gives out a new token holds it and ends this one.
            user = await AccountRepository(tx.session).get(found.user_id, lock=True)
            found = await tokens.find(found.token_hash)
            if user is not None and user.is_active and found is not None and found.is_open(tx.now):
                return found, user
        raise LinkRefused("This link cannot be used any more. Ask for a new one.")
