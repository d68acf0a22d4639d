"""Telling, once a day each and by one of all processes, that much or all of what a day may cost is spent (AIR-47)."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import structlog

from ai_router.catalogue.models import Rules
from ai_router.operating import repository
from ai_router.routing.router import Router
from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.ai_router import DailyCostReached

log = structlog.get_logger(__name__)


class DailyGuard(Periodic):
    """A background part; several processes may run one each."""

    def __init__(self, database: Database, router: Router, *, every_s: float = 10.0) -> None:
        super().__init__("daily cost", every_s)
        self._database = database
        self._router = router

    async def round(self) -> None:
        """Look, and tell what is new."""
        catalogue, usage = await self._router.snapshot()
        rules = catalogue.rules
        for threshold, limit in _thresholds(rules):
            if usage.cost_today < limit:
                continue
            async with self._database.transaction() as tx:
                if await repository.tell_once(tx, threshold):
                    tx.emit(
                        DailyCostReached(
                            day_began=datetime.combine(tx.now.date(), time(), UTC),
                            threshold="limit" if threshold == "stopped" else "warning",
                            cost=usage.cost_today,
                            limit=limit,
                        )
                    )
                    log.warning("cost.daily_threshold_reached", threshold=threshold, cost=str(usage.cost_today))


def _thresholds(rules: Rules) -> tuple[tuple[str, Decimal], ...]:
    return (("warned", rules.daily_warning), ("stopped", rules.daily_limit))
