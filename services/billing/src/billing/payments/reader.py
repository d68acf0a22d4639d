"""Subscriptions whose state is in doubt are read from the processor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from billing.payments import repository, rules
from billing.payments.dialect import STRIPE
from billing.payments.port import PaymentFailure, PaymentProcessor
from billing.payments.repository import Due
from chassis.data.database import Database, Transaction
from chassis.work.periodic import Periodic

log = structlog.get_logger(__name__)

_BATCH = 20
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)


class SubscriptionReader(Periodic):
    """Looks every ``poll_s`` for what is due of the subscriptions that ``dialect`` tells of. Several processes may: a
    reading counts if nothing else did since."""

    def __init__(
        self,
        database: Database,
        processor: PaymentProcessor,
        *,
        poll_s: float,
        follow: Callable[[str, Transaction], Awaitable[None]] | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
        dialect: str = STRIPE.name,
    ) -> None:
        super().__init__("subscription reader", poll_s)
        self._database = database
        self._close = close
        self._follow = follow
        self._processor = processor
        self._dialect = dialect

    async def round(self) -> None:
        """Read whatever is due."""
        while await self.run_once() == _BATCH:
            pass

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop looking, and close what the processor is spoken to with."""
        await super().stop(grace_s)
        if self._close is not None:
            await self._close()

    async def run_once(self) -> int:
        """Read what is due now; returns how many subscriptions that were."""
        async with self._database.transaction() as tx:
            found = await repository.due(tx, _BATCH, self._dialect)
        for each in found:
            await self._read(each)
        return len(found)

    async def look(self, subscription_id: str) -> None:
        """Read one at once, because we have changed it; what cannot be read now is read by a later round."""
        async with self._database.transaction() as tx:
            known = rules.doubted(await repository.lock(tx, subscription_id, self._dialect))
            await repository.save(tx, subscription_id, known)
        await self._read(Due(subscription_id, known.version, 0))

    async def _read(self, each: Due) -> None:
        try:
            observed = await self._processor.subscription(each.id)
        except PaymentFailure as failure:
            wait = min(_FIRST_WAIT * 2 ** min(each.failures, 10), _LONGEST_WAIT)
            level = log.warning if failure.retryable else log.error
            level("subscription.not_read", subscription=each.id, kind=failure.kind, error=str(failure))
            async with self._database.transaction() as tx:
                await repository.put_off(tx, each.id, until=tx.now + wait, failures=each.failures + 1)
            return
        async with self._database.transaction() as tx:
            known = await repository.lock(tx, each.id, self._dialect)
            held, verdict = rules.reading(known, observed, asked_at_version=each.version)
            if verdict is rules.Verdict.APPLIED:
                await repository.save(tx, each.id, held)
                await repository.put_off(tx, each.id, until=tx.now + _LONGEST_WAIT, failures=0)
                if self._follow is not None:
                    await self._follow(each.id, tx)
