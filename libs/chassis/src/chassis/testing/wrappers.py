"""A bus that behaves as badly as a bus may, and worse, from a seed.

What a bus may do, and consumers have to bear: deliver twice, in another order, late, or lose an acknowledgement after
the consumer's commit. What it may not do, and consumers have to notice: hand over bytes that are not those that were
sent.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.bus.messages import Delivery, Outgoing
from chassis.bus.port import Bus, Confirmed, DeadLetter, Handler, PublishFailed, QueueSpec, Retry, Verdict


@dataclass(frozen=True)
class Mischief:
    """How often each thing happens to a message, 0.0 to 1.0; ``delay_s`` is the longest delay."""

    duplicate: float = 0.0
    """Published twice."""
    reorder: float = 0.0
    """A batch is handed over in another order."""
    delay: float = 0.0
    """A batch waits for up to ``delay_s`` before it is handed over."""
    forget: float = 0.0
    """The consumer has committed, but its acknowledgement does not arrive: the message comes again."""
    unconfirmed: float = 0.0
    """The message is safe, but its sender is told that it is not known to be."""
    corrupt: float = 0.0
    """One byte of the body is another one at delivery."""
    delay_s: float = 0.05


@dataclass
class MischievousBus:
    """Wraps a bus. The same seed and the same calls do the same; ``done`` counts what was done to messages."""

    bus: Bus
    mischief: Mischief
    seed: int = 0
    done: Counter[str] = field(default_factory=Counter)
    active: bool = True
    """False lets everything pass, so that a test can wait for calm."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def start(self) -> None:
        """As the bus."""
        await self.bus.start()

    async def pause(self, grace_s: float = 10.0) -> None:
        """As the bus."""
        await self.bus.pause(grace_s)

    async def stop(self, grace_s: float = 10.0) -> None:
        """As the bus."""
        await self.bus.stop(grace_s)

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """Subscribe with a handler that is troubled on the way in and on the way out."""

        async def troubled(deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
            batch = list(enumerate(deliveries))
            if self._strikes("reorder", self.mischief.reorder, len(batch) > 1):
                self._random.shuffle(batch)
            if self._strikes("delay", self.mischief.delay):
                await asyncio.sleep(self._random.uniform(0, self.mischief.delay_s))
            verdicts = await handler([self._corrupted(delivery) for _, delivery in batch])
            ordered = dict(zip((index for index, _ in batch), verdicts, strict=True))
            return [self._forgotten(ordered[index]) for index in range(len(deliveries))]

        self.bus.subscribe(queue, troubled)

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed) -> None:
        """Publish some of them twice, and keep some confirms back; raises :class:`PublishFailed` for these."""
        batch = list(messages)
        batch += [message for message in messages if self._strikes("duplicate", self.mischief.duplicate)]
        if len(batch) > len(messages):
            self._random.shuffle(batch)
        held = {message.id for message in messages if self._strikes("unconfirmed", self.mischief.unconfirmed)}
        known: set[UUID] = set()

        def some(ids: Sequence[UUID]) -> None:
            new = [message_id for message_id in dict.fromkeys(ids) if message_id not in held | known]
            known.update(new)
            if new:
                confirmed(new)

        await self.bus.publish(batch, some)
        if held:
            raise PublishFailed(f"{len(held)} of {len(messages)} messages not confirmed")

    async def ready(self) -> None:
        """As the bus."""
        await self.bus.ready()

    async def reading(self) -> None:
        """As the bus."""
        await self.bus.reading()

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """As the bus."""
        return await self.bus.dead_letters(queue, limit)

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None = None) -> int:
        """As the bus."""
        return await self.bus.replay(queue, message_ids)

    def queues(self) -> list[str]:
        """As the bus."""
        return self.bus.queues()

    async def depths(self) -> Mapping[str, int]:
        """As the bus."""
        return await self.bus.depths()

    def _corrupted(self, delivery: Delivery) -> Delivery:
        if not self._strikes("corrupt", self.mischief.corrupt, bool(delivery.body)):
            return delivery
        body = bytearray(delivery.body)
        place = self._random.randrange(len(body))
        body[place] ^= self._random.randrange(1, 256)
        return delivery._replace(body=bytes(body))

    def _forgotten(self, verdict: Verdict) -> Verdict:
        if isinstance(verdict, Retry) or not self._strikes("forget", self.mischief.forget):
            return verdict
        return Retry(self.mischief.delay_s, "the acknowledgement was lost", counted=False)

    def _strikes(self, what: str, chance: float, possible: bool = True) -> bool:
        hit = self._random.random() < chance and possible and self.active
        if hit:
            self.done[what] += 1
        return hit
