"""Copies of entitlements follow the catalogue when an owner edits it."""

from __future__ import annotations

from billing.ledger import repository
from billing.ledger.service import Ledger
from chassis.data.database import Database
from chassis.work.periodic import Periodic

_BATCH = 200


class CatalogueNews(Periodic):
    """Looks for accounts whose plans were edited every ``poll_s``. Several processes may do so: locks decide."""

    def __init__(self, database: Database, ledger: Ledger, *, poll_s: float) -> None:
        super().__init__("catalogue news", poll_s)
        self._database = database
        self._ledger = ledger

    async def round(self) -> None:
        """Tell of whatever was edited."""
        while await self.run_once() == _BATCH:
            pass

    async def run_once(self) -> int:
        """Tell of one batch of accounts; returns how many."""
        async with self._database.transaction() as tx:
            accounts = await repository.outdated(tx, _BATCH)
            if accounts:
                await self._ledger.tell_again(accounts, tx)
        return len(accounts)
