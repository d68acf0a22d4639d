"""Owners of plans that were not paid for in time are told when they end."""

from __future__ import annotations

from billing.sales import repository, rules
from billing.sales.follower import Follower
from chassis.data.database import Database
from chassis.work.periodic import Periodic

_BATCH = 100


class GraceEnd(Periodic):
    """Looks for subscriptions whose week of grace is over (BIL-58). Several processes may: locks decide."""

    def __init__(self, database: Database, follower: Follower, *, poll_s: float) -> None:
        super().__init__("grace end", poll_s)
        self._database = database
        self._follower = follower

    async def round(self) -> None:
        """Tell whoever is to be told."""
        while await self.run_once() == _BATCH:
            pass

    async def run_once(self) -> int:
        """Tell of those that are over now; returns how many."""
        async with self._database.transaction() as tx:
            over = await repository.out_of_grace(tx, tx.now - rules.GRACE, _BATCH)
            for subscription_id in over:
                await self._follower.subscription(subscription_id, tx)
        return len(over)
