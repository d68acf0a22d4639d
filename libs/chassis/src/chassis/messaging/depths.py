"""How many messages wait in each queue, looked at every few seconds for ``/metrics``."""

from __future__ import annotations

from chassis.bus.port import Bus
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
            QUEUE_DEPTH.labels(queue).set(waiting)
