"""Letters that anybody may ask for, by an address (USR-06, USR-07).

What is asked for is counted and noted, and looked into only after the answer: so neither an answer nor its time says
whether the address has an account (SEC-25).
"""

from __future__ import annotations

from uuid import UUID

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import NewWork, WorkItem
from chassis.observe import context
from users.accounts.repository import AccountRepository
from users.devices import AddressHasher
from users.links.errors import TooManyLetters
from users.links.models import Purpose
from users.links.repository import count_letter
from users.links.tokens import OneTimeTokens

LETTER = "users.letter"
"""The kind of the leased work."""


class Letters:
    """Takes what is asked for, and has letters sent to those who have an account that needs one."""

    def __init__(self, database: Database, tokens: OneTimeTokens, address_hash: AddressHasher) -> None:
        self._database = database
        self._tokens = tokens
        self._address_hash = address_hash

    async def ask(self, email: str, purpose: Purpose, said: str | None, tx: Transaction) -> None:
        """Note that a letter is asked for. Raises ``TooManyLetters``."""
        await counted(self._address_hash.of_login(email), purpose, tx)
        payload = {
            "email": email,
            "purpose": purpose.value,
            "product_line": said,
            "context": context.current().known(),
        }
        tx.add_work(NewWork(ids.uuid7(), LETTER, payload))

    async def write(self, item: WorkItem) -> None:
        """Have the letter of an item sent, if its address has an active account that needs it."""
        purpose, said = Purpose(item.payload["purpose"]), item.payload["product_line"]
        async with self._database.transaction() as tx:
            tx.finish_work(item)
            user = await AccountRepository(tx.session).by_email(item.payload["email"], lock=True)
            if user is None or not user.is_active or (purpose is Purpose.VERIFY_EMAIL and user.email_verified):
                return
            await self._tokens.issue(user, purpose, tx, product_line=said or user.home_product_line)


async def counted(who: UUID, purpose: Purpose, tx: Transaction) -> None:
    """Count that a letter is asked for, for an address or by an account. Raises ``TooManyLetters``."""
    again_at = await count_letter(who, purpose, tx)
    if again_at is not None:
        seconds = (again_at - tx.now).total_seconds()
        raise TooManyLetters(
            f"Three letters were asked for within an hour. Look into the mailbox, or try again in "
            f"{max(1, round(seconds / 60))} minutes.",
            retry_after_s=seconds,
        )
