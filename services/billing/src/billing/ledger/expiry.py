"""What time ends: holds that nobody settled, and months."""

from __future__ import annotations

from billing.ledger import repository
from billing.ledger.service import Ledger
from chassis.data.database import Database
from chassis.work.periodic import Periodic

_BATCH = 200


class HoldExpiry(Periodic):
    """Looks for overdue holds every ``poll_s``. Several processes may do so: the account's lock decides."""

    def __init__(self, database: Database, ledger: Ledger, *, poll_s: float) -> None:
        super().__init__("hold expiry", poll_s)
        self._database = database
        self._ledger = ledger

    async def round(self) -> None:
        """Give back whatever is overdue."""
        while await self.run_once() == _BATCH:
            pass

    async def run_once(self) -> int:
        """Give back what is overdue now; returns how many holds."""
        async with self._database.transaction() as tx:
            overdue = await repository.overdue(tx, _BATCH)
            return await self._ledger.expire(overdue, tx) if overdue else 0


class MonthEnd(Periodic):
    """Begins the new month of accounts whose old one is over, and ends plans whose time is. Several processes may."""

    def __init__(self, database: Database, ledger: Ledger, *, poll_s: float) -> None:
        super().__init__("month end", poll_s)
        self._database = database
        self._ledger = ledger

    async def round(self) -> None:
        """Turn whatever is over."""
        while await self.run_once() == _BATCH:
            pass

    async def run_once(self) -> int:
        """Turn what is over now; returns how many accounts."""
        async with self._database.transaction() as tx:
            ended = await repository.ended(tx, _BATCH)
            if ended:
                await self._ledger.turn(ended, tx)
        return len(ended)
