"""SQL for figures over all accounts."""

from __future__ import annotations

from chassis.data.database import Transaction

_ACCOUNTS = "SELECT count(*) AS total, count(*) FILTER (WHERE is_active) AS active FROM users"


async def accounts(tx: Transaction) -> dict[str, int]:
    """How many there are, and how many of them may log in."""
    row = await tx.fetchrow(_ACCOUNTS)
    return dict(row) if row is not None else {}
