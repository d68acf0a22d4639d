"""One queue for every answer a run can get, handled in whole batches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from workflow.engine.draft import TOLD_AT_MOST_EVERY_S
from workflow.engine.signals import Progressed
from workflow.runs import service
from workflow.runs.driver import Driver, Happening
from workflow.runs.translation import ANSWERS, translate

BATCH = 100


def subscribe(consumers: Consumers, driver: Driver) -> None:
    """Declare the queue ``workflow.runs``."""
    queue = consumers.queue("runs", batch=BATCH, prefetch=2 * BATCH)
    throttle = Throttle()

    @queue.many(*ANSWERS)
    async def on_answers(received: Sequence[Received[Any]], tx: Transaction) -> None:
        happened: dict[UUID, list[Happening]] = {}
        for item in received:
            meant = translate(item.message)
            if meant is None:
                continue
            run_id, signal = meant
            if isinstance(signal, Progressed) and not throttle.admits(signal.ref, tx.now):
                continue
            happened.setdefault(run_id, []).append(Happening(signal, item))
        if happened:
            await service.answered(tx, driver, happened)


class Throttle:
    """Lets news of progress through at most every two seconds for each piece of work.

    It only spares reading runs in vain: what is not let through would not be told either. It forgets the oldest
    beyond ``size`` entries.
    """

    def __init__(self, size: int = 10_000, every_s: float = TOLD_AT_MOST_EVERY_S) -> None:
        self._size = size
        self._every = timedelta(seconds=every_s)
        self._told: OrderedDict[UUID, datetime] = OrderedDict()

    def admits(self, ref: UUID, now: datetime) -> bool:
        """Whether news about ``ref`` are due."""
        last = self._told.get(ref)
        if last is not None and timedelta(0) <= now - last < self._every:
            return False
        self._told[ref] = now
        self._told.move_to_end(ref)
        if len(self._told) > self._size:
            self._told.popitem(last=False)
        return True
