from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from billing.composition import SPEC
from chassis.testing.slices import DatabaseFor, Slice, slice_of


class Billing(Slice):
    """Billing, and what its books say."""

    async def account(self, user_id: UUID, product_line: str | None = None) -> dict[str, object]:
        """Somebody's only account, or the one of a product line."""
        [account] = await self.rows(
            "SELECT * FROM credit_accounts WHERE user_id = $1 AND coalesce(product_line = $2, true)",
            user_id, product_line,
        )  # fmt: skip
        return account

    async def check_books(self) -> None:
        """I3: entries add up to balances, holds add up to what is held, every transfer sums to zero."""
        wrong = await self.fetch(
            """
            SELECT account.user_id FROM credit_accounts AS account
            LEFT JOIN (SELECT account, sum(credits) AS total FROM ledger_entries GROUP BY account) AS ledger
                ON ledger.account = 'user:' || account.user_id || ':' || account.product_line
            LEFT JOIN (SELECT user_id, product_line, sum(credits) AS total FROM holds WHERE state = 'held'
                       GROUP BY user_id, product_line) AS open
                ON open.user_id = account.user_id AND open.product_line = account.product_line
            WHERE coalesce(ledger.total, 0) <> account.settled OR coalesce(open.total, 0) <> account.held
            """
        )
        unbalanced = await self.fetch(
            "SELECT transfer_id FROM ledger_entries GROUP BY transfer_id HAVING sum(credits) <> 0 OR count(*) <> 2"
        )
        assert not wrong
        assert not unbalanced


@pytest_asyncio.fixture(loop_scope="session")
async def billing(database_for: DatabaseFor) -> AsyncIterator[Billing]:
    """One billing service on its own database, driven by hand."""
    async with slice_of(SPEC, database_for, Billing) as billing:
        yield billing
