"""What the processor reported and did not arrive is fetched; what is kept can be gone through again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import structlog

from billing.payments import repository
from billing.payments.inbox import Inbox, Result
from billing.payments.port import PaymentFailure, PaymentProcessor
from chassis.data.database import Database
from chassis.work.daily import Daily

log = structlog.get_logger(__name__)

REACH = timedelta(days=30)
"""Stripe tells of thirty days."""
_BATCH = 100


class Reconciliation(Daily):
    """Once a day takes in every event of the last thirty days that is not kept; their order does not matter."""

    def __init__(self, database: Database, processor: PaymentProcessor, inbox: Inbox) -> None:
        super().__init__(database, "payment reconciliation")
        self._processor = processor
        self._inbox = inbox

    async def do(self) -> None:
        """Reconcile, or leave it to tomorrow."""
        try:
            await self.run_once()
        except PaymentFailure as failure:
            log.error("payments.not_reconciled", kind=failure.kind, error=str(failure))

    async def run_once(self, reach: timedelta = REACH) -> Counter[Result]:
        """Take in what is missing; returns how many events had which result. Raises ``PaymentFailure``."""
        results: Counter[Result] = Counter()
        async for body in self._processor.events_since(self._database.clock.now() - reach):
            event = self._inbox.dialect.envelope(body)
            async with self._database.transaction() as tx:
                result, _ = await self._inbox.take(event, body, tx)
            results[result] += 1
        found = results.total() - results[Result.REPEATED]
        level = log.warning if found else log.info
        level("payments.reconciled", seen=results.total(), missing=found)
        return results


async def replay(database: Database, inbox: Inbox) -> Counter[Result]:
    """Let every event of the inbox's processor that is kept take effect again; returns how many had which result.

    For events that came before we could read them, or knew what to do with them. What has had its effect changes
    nothing.
    """
    results: Counter[Result] = Counter()
    after = ""
    while True:
        async with database.transaction() as tx:
            batch = await repository.kept_events(tx, after, _BATCH, inbox.dialect.name)
            for event_id, body in batch:
                result, _ = await inbox.take_effect(inbox.dialect.envelope(body), tx)
                results[result] += 1
                after = event_id
        if len(batch) < _BATCH:
            return results
