"""Whether a code is good, and logins that wait for one (USR-42)."""

from __future__ import annotations

import secrets
from uuid import UUID

from chassis.clock import Clock
from chassis.data.database import Transaction
from chassis.identity.vault import Vault, hashed
from users.accounts.models import User
from users.accounts.repository import AccountRepository
from users.secondfactor.errors import ChallengeRefused
from users.secondfactor.models import (
    CHALLENGE_FAILURES,
    CHALLENGE_LIVES,
    LoginChallenge,
    SecondFactor,
    normal,
    step_of,
)
from users.secondfactor.repository import SecondFactorRepository
from users.secondfactor.schemas import ChallengeOut


class Codes:
    """Checks codes. In every method the account's row is locked by the caller."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def needed(self, user_id: UUID, tx: Transaction) -> bool:
        """Whether the account has a second factor that is on."""
        factor = await SecondFactorRepository(tx.session).get(user_id)
        return factor is not None and factor.enabled_at is not None

    async def accepts(self, user_id: UUID, code: str, tx: Transaction) -> bool:
        """Whether the code is good; it is none a second time. False where no second factor is on."""
        factors, plain = SecondFactorRepository(tx.session), normal(code)
        factor = await factors.get(user_id)
        if factor is None or factor.enabled_at is None:
            return False
        return self.fits(factor, plain) or await factors.spend_code(user_id, hashed(plain), tx.now)

    def fits(self, factor: SecondFactor, code: str) -> bool:
        """Whether it is a code of the app that was not used before, nor a later one; then it is used."""
        # An app goes by the time of the world, wherever the platform's was moved to.
        step = step_of(code, self._vault.open(factor.sealed_secret), self._clock.machine())
        if step is None or (factor.last_step is not None and step <= factor.last_step):
            return False
        factor.last_step = step
        return True

    def challenge(self, user: User, product_line: str, tx: Transaction) -> ChallengeOut:
        """Let a login wait for a code."""
        ticket = secrets.token_urlsafe(32)
        SecondFactorRepository(tx.session).add_challenge(
            LoginChallenge(
                ticket_hash=hashed(ticket),
                user_id=user.id,
                product_line=product_line,
                expires_at=tx.now + CHALLENGE_LIVES,
            )
        )
        return ChallengeOut(ticket=ticket, expires_in=int(CHALLENGE_LIVES.total_seconds()))

    async def waiting(self, ticket: str, tx: Transaction) -> tuple[LoginChallenge, User]:
        """A login that waits for a code, and its account, whose row is locked here. Raises ``ChallengeRefused``."""
        factors = SecondFactorRepository(tx.session)
        found = await factors.challenge(hashed(ticket))
        if found is not None:
            # The account first, everywhere: whoever holds it may end its challenges.
            user = await AccountRepository(tx.session).get(found.user_id, lock=True)
            found = await factors.challenge(found.ticket_hash)
            if user is not None and found is not None and found.expires_at > tx.now:
                return found, user
        raise ChallengeRefused("This login cannot be finished any more. Log in again.")

    async def failed(self, challenge: LoginChallenge, tx: Transaction) -> None:
        """One more wrong code; after the fifth the login has to begin anew."""
        challenge.failures += 1
        if challenge.failures >= CHALLENGE_FAILURES:
            await self.finished(challenge, tx)

    async def finished(self, challenge: LoginChallenge, tx: Transaction) -> None:
        """This login waits no more."""
        await SecondFactorRepository(tx.session).end_challenge(challenge)
