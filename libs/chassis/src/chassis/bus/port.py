"""What a bus promises, whichever it is.

At least once, in no particular order. ``publish`` reports an id as confirmed only when losing it is no longer
possible: RabbitMQ has it on a quorum, or in process every consumer has committed its effects. A message that no
queue takes is not confirmed when it is mandatory. A consumer answers each delivery with a verdict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from chassis.bus.messages import Delivery, Outgoing


class PublishFailed(Exception):
    """Some messages may not have arrived. Their rows stay, the relay tries again, inboxes absorb repeats."""


class NotReading(Exception):
    """Some queue subscribed to may not exist, or nobody here reads it at the moment."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Handled, or handled before."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Deliver again after ``delay_s``. ``counted``: it raises the attempt number."""

    delay_s: float
    reason: str
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Bury:
    """Put into the dead-letter queue with the reason."""

    reason: str


Verdict = Acknowledge | Retry | Bury

ACKNOWLEDGE = Acknowledge()


@dataclass(frozen=True, slots=True)
class Binding:
    """Messages of ``exchange`` with this routing key go to the queue."""

    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One consumer's queue. ``retry_delays_s`` are the waiting queues it may need.

    ``shared``: replicas take turns; otherwise each process has a copy of its own that ends with it.
    """

    name: str
    bindings: tuple[Binding, ...]
    batch: int = 100
    prefetch: int = 200
    shared: bool = True
    retry_delays_s: tuple[float, ...] = (60.0, 120.0, 240.0)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, why and when."""

    id: UUID
    queue: str
    headers: Mapping[str, object]
    body: bytes
    attempt: int
    reason: str
    died_at: datetime


Handler = Callable[[Sequence[Delivery]], Awaitable[Sequence[Verdict]]]
"""Takes one to ``batch`` deliveries, answers as many verdicts in the same order. Must not raise."""

Confirmed = Callable[[Sequence[UUID]], None]


class Bus(Protocol):
    """See the module."""

    async def start(self) -> None:
        """Connect, declare every queue subscribed so far and begin to deliver."""
        ...

    async def pause(self, grace_s: float = 10.0) -> None:
        """Take no more and let handlers finish within the grace; for good.

        A bus that keeps messages outside this process still publishes, so that what the last handlers committed
        leaves before the end. In process nobody would take them: they stay in the outbox for the next start.
        """
        ...

    async def stop(self, grace_s: float = 10.0) -> None:
        """Pause if that has not been done, return what is not handled, close."""
        ...

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """Deliver this queue's messages to ``handler``, one batch at a time. Call before ``start``."""
        ...

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed) -> None:
        """Hand messages over; ``confirmed`` is called with ids as they become safe, perhaps in several calls.

        Returns when all are settled or the time-out has passed; raises :class:`PublishFailed` when some are not safe.
        A confirm may come late: ``confirmed`` may still be called after that, for what had not been safe in time.
        """
        ...

    async def ready(self) -> None:
        """Return when messages can be published; raise :class:`PublishFailed` else."""
        ...

    async def reading(self) -> None:
        """Return when every queue subscribed to exists and is being read; raise :class:`NotReading` else."""
        ...

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters of a queue; they stay where they are."""
        ...

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None = None) -> int:
        """Put dead letters (all, or those) back into their queue with a fresh attempt count. Returns how many."""
        ...

    def queues(self) -> list[str]:
        """Names of the queues subscribed here."""
        ...

    async def depths(self) -> Mapping[str, int]:
        """How many messages wait, by queue subscribed here, and by ``<queue>.dead`` where the broker keeps those."""
        ...
