"""What time ends or changes: holds that nobody settled, months, grants, and what copies were told of edited plans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from billing.ledger import repository
from billing.ledger.service import Ledger
from chassis.data.database import Database, Transaction
from chassis.work.periodic import Periodic

_BATCH = 200

Find = Callable[[Transaction, int], Awaitable[Sequence[Any]]]
Settle = Callable[[Sequence[Any], Transaction], Awaitable[object]]


class Upkeep(Periodic):
    """Every ``poll_s`` finds what is due, a batch a transaction, and settles it. Several processes may do so: the
    account's lock decides."""

    def __init__(self, name: str, database: Database, find: Find, settle: Settle, *, poll_s: float) -> None:
        super().__init__(name, poll_s)
        self.name = name
        self._database = database
        self._find = find
        self._settle = settle

    async def round(self) -> None:
        """Settle whatever is due."""
        while await self.run_once() == _BATCH:
            pass

    async def run_once(self) -> int:
        """Settle one batch of what is due now; returns how many were found."""
        async with self._database.transaction() as tx:
            due = await self._find(tx, _BATCH)
            if due:
                await self._settle(due, tx)
        return len(due)


def hold_expiry(database: Database, ledger: Ledger, *, poll_s: float) -> Upkeep:
    """Gives back holds that outlived their time."""
    return Upkeep("hold expiry", database, repository.overdue, ledger.expire, poll_s=poll_s)


def month_end(database: Database, ledger: Ledger, *, poll_s: float) -> Upkeep:
    """Begins the new month of accounts whose old one is over, and ends plans and grants whose time is."""
    return Upkeep("month end", database, repository.ended, ledger.turn, poll_s=poll_s)


def catalogue_news(database: Database, ledger: Ledger, *, poll_s: float) -> Upkeep:
    """Tells whoever keeps a copy of entitlements when an owner has edited the plans."""
    return Upkeep("catalogue news", database, repository.outdated, ledger.tell_again, poll_s=poll_s)
