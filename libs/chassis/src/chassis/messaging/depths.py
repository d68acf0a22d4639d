"""How many messages wait in each queue, looked at every few seconds for ``/metrics``."""

from __future__ import annotations

from chassis.bus.port import Bus
from chassis.messaging.listeners import QUEUE_OF_LISTENER
from chassis.observe.metrics import QUEUE_DEPTH
from chassis.work.periodic import Periodic

EVERY_S = 5.0


class QueueDepths(Periodic):
    """A background part of a process that reads queues. While the bus is away the last figures stay."""

    def __init__(self, bus: Bus) -> None:
        super().__init__("queue depths", EVERY_S, rests_first=True)
        self._bus = bus

    async def round(self) -> None:
        """Look once."""
        for queue, waiting in (await self._bus.depths()).items():
            QUEUE_DEPTH.labels(label_of(queue)).set(waiting)


def label_of(queue: str) -> str:
    """A queue's name without what only this process has in it: each start would be a new time series."""
    name, listener, _ = queue.partition(QUEUE_OF_LISTENER)
    return f"{name}{listener}".rstrip(".")
