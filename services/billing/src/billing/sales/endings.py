"""Who wants to be forgotten is charged no more: their subscriptions are ended at the processor.

The erasure writes down what is to be ended, in its own transaction; here it is carried out, outside of any, under the
decision's id as the key.
"""

from __future__ import annotations

import structlog

from billing.payments.port import FailureClass, PaymentFailure, PaymentProcessor
from billing.sales import repository
from chassis.data.database import Database
from chassis.work.periodic import Periodic

log = structlog.get_logger(__name__)

_BATCH = 50


class Endings(Periodic):
    """Ends what erasures left to be ended, every ``poll_s``. Several processes may: ended twice is ended once."""

    name = "endings"

    def __init__(self, database: Database, processor: PaymentProcessor, *, poll_s: float) -> None:
        super().__init__("endings", poll_s)
        self._database = database
        self._processor = processor

    async def round(self) -> None:
        """End whatever waits; what cannot be ended now waits for the next round."""
        await self.run_once()

    async def run_once(self) -> int:
        """Try what waits now, once each; returns how many subscriptions were ended."""
        async with self._database.transaction() as tx:
            waiting = await repository.to_be_ended(tx, self._processor.name, _BATCH)
        ended = 0
        for decision_id, subscription_id in waiting:
            try:
                await self._processor.cancel_subscription(subscription_id, at_once=True, key=decision_id)
                outcome = "done"
            except PaymentFailure as failure:
                log.error("subscription.not_ended", subscription=subscription_id, kind=failure.kind, error=str(failure))
                if failure.kind not in (FailureClass.NOT_FOUND, FailureClass.INVALID):
                    continue
                outcome = f"{failure.kind}: {failure}"
            async with self._database.transaction() as tx:
                await repository.decided(tx, decision_id, outcome)
            ended += outcome == "done"
        return ended
