"""SQL for reading accounts and their entries, without locks."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from billing.ledger.models import Account, Hold
from billing.ledger.repository import account_of, hold_of
from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest


async def account(tx: Transaction, user_id: UUID, product_line: str) -> Account | None:
    """A user's account in a product line, as it is stored."""
    row = await tx.fetchrow(
        "SELECT * FROM credit_accounts WHERE user_id = $1 AND product_line = $2", user_id, product_line
    )
    return account_of(row) if row is not None else None


async def hold(tx: Transaction, hold_id: UUID) -> Hold | None:
    """A hold as it is stored."""
    row = await tx.fetchrow("SELECT * FROM holds WHERE id = $1", hold_id)
    return hold_of(row) if row is not None else None


async def entries(tx: Transaction, account_name: str, wanted: PageRequest) -> tuple[list[asyncpg.Record], int]:
    """One page of an account's entries with the balance after each, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT *, (sum(credits) OVER (ORDER BY id))::bigint AS balance_after FROM ledger_entries WHERE account = $1 "
        "ORDER BY id DESC LIMIT $2 OFFSET $3",
        account_name,
        wanted.limit,
        wanted.offset,
    )
    [counted] = await tx.fetch("SELECT count(*) AS total FROM ledger_entries WHERE account = $1", account_name)
    return rows, counted["total"]
