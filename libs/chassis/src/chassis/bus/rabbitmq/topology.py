"""Everything that exists on the broker, declared in one place.

Exchanges: ``events`` (topic), ``commands`` and ``dead-letters`` (direct). For each consumer ``q``:

- ``q``, or for a consumer of commands ``q.high_priority``, ``q.normal`` and ``q.low_priority`` (CON-09);
- ``<queue>.retry.<ms>``: waiting queues whose messages go back to ``<queue>`` after their time (CON-08);
- ``q.dead``: what was given up (CON-15).

All are quorum queues; dead-lettering is at least once, which needs ``reject-publish`` as the overflow policy.
A consumer that is not shared has an exclusive classic queue of its own in each process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from aio_pika.exceptions import ChannelPreconditionFailed
from aiormq import Channel

from chassis.bus.messages import COMMANDS, EVENTS
from chassis.bus.port import Binding, QueueSpec
from contracts.enums import Priority

DEAD_LETTERS = "dead-letters"
EXCHANGES = {EVENTS: "topic", COMMANDS: "direct", DEAD_LETTERS: "direct"}

OUTAGE_DELAY_S = 1.0
"""Every queue has this waiting queue besides those of its retries: for messages that wait for our own side."""

_DELIVERY_LIMIT = 50
"""A message that so many consumers died on is a dead letter. Counts every return, so it is far above a retry limit."""

_DECLARE_S = 15.0


class TopologyMismatch(Exception):
    """Something exists on the broker with other properties than ours; the text names it and the argument."""


@dataclass(frozen=True, slots=True)
class DeclaredQueue:
    """One queue on the broker. ``exclusive``: it ends with the connection that declares it."""

    name: str
    arguments: Mapping[str, str | int]
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue that a consumer reads, with the waiting queues that lead back to it."""

    queue: str
    bindings: tuple[Binding, ...]
    waiting: Mapping[float, str]
    """Delay in seconds to the name of the waiting queue."""

    def waiting_queue(self, delay_s: float) -> str:
        """The waiting queue whose delay is nearest."""
        return self.waiting[min(self.waiting, key=lambda known: abs(known - delay_s))]


@dataclass(frozen=True, slots=True)
class ConsumerTopology:
    """What one consumer needs. ``lanes`` are in the order in which they are drained."""

    lanes: tuple[Lane, ...]
    dead: str
    queues: tuple[DeclaredQueue, ...]


def dead_queue(name: str, prefix: str = "") -> str:
    """Name of the queue with a consumer's dead letters."""
    return f"{prefix}{name}.dead"


def of(spec: QueueSpec, *, prefix: str = "", instance: str = "") -> ConsumerTopology:
    """The queues of a consumer. ``instance`` names this process' copy of an unshared queue."""
    base = f"{prefix}{spec.name}" if spec.shared else f"{prefix}{spec.name}.{instance}"
    dead = dead_queue(spec.name, prefix)
    delays = sorted({OUTAGE_DELAY_S, *spec.retry_delays_s})
    lanes = tuple(
        Lane(queue, bindings, {delay: f"{queue}.retry.{round(delay * 1000)}" for delay in delays})
        for queue, bindings in _lanes(base, spec.bindings)
    )
    queues = [DeclaredQueue(dead, {"x-queue-type": "quorum"})]
    for lane in lanes:
        queues.append(_main(lane.queue, dead, prefix, shared=spec.shared))
        queues.extend(_waiting(name, delay, lane.queue, shared=spec.shared) for delay, name in lane.waiting.items())
    return ConsumerTopology(lanes, dead, tuple(queues))


async def declare_exchanges(channel: Channel, *, prefix: str = "") -> None:
    """Declare what publishers need. Raises :class:`TopologyMismatch`."""
    for name, kind in EXCHANGES.items():
        with _declaring(f"exchange {prefix}{name}"):
            await channel.exchange_declare(f"{prefix}{name}", exchange_type=kind, durable=True, timeout=_DECLARE_S)


async def declare(channel: Channel, topology: ConsumerTopology, *, prefix: str = "") -> None:
    """Declare a consumer's queues and bind them. Raises :class:`TopologyMismatch`."""
    for queue in topology.queues:
        with _declaring(f"queue {queue.name}"):
            await channel.queue_declare(
                queue.name,
                durable=not queue.exclusive,
                exclusive=queue.exclusive,
                arguments=dict(queue.arguments),
                timeout=_DECLARE_S,
            )
    bindings = [(topology.dead, Binding(DEAD_LETTERS, topology.dead))]
    bindings += [(lane.queue, binding) for lane in topology.lanes for binding in lane.bindings]
    for name, binding in bindings:
        exchange = f"{prefix}{binding.exchange}"
        await channel.queue_bind(name, exchange, binding.routing_key, timeout=_DECLARE_S)


def _lanes(base: str, bindings: Iterable[Binding]) -> list[tuple[str, tuple[Binding, ...]]]:
    """Queues with their bindings. A consumer of commands has three; what else it reads travels in the normal one."""
    bindings = tuple(bindings)
    if not any(binding.exchange == COMMANDS for binding in bindings):
        return [(base, bindings)]
    return [
        (
            f"{base}.{lane.value}",
            tuple(
                binding
                for binding in bindings
                if (
                    binding.routing_key.endswith(f".{lane.value}")
                    if binding.exchange == COMMANDS
                    else lane is Priority.NORMAL
                )
            ),
        )
        for lane in Priority
    ]


def _main(name: str, dead: str, prefix: str, *, shared: bool) -> DeclaredQueue:
    if not shared:
        return DeclaredQueue(name, {"x-queue-type": "classic"}, exclusive=True)
    return DeclaredQueue(
        name,
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": _DELIVERY_LIMIT,
            "x-dead-letter-exchange": f"{prefix}{DEAD_LETTERS}",
            "x-dead-letter-routing-key": dead,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def _waiting(name: str, delay_s: float, back_to: str, *, shared: bool) -> DeclaredQueue:
    arguments: dict[str, str | int] = {
        "x-queue-type": "quorum" if shared else "classic",
        "x-message-ttl": round(delay_s * 1000),
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": back_to,
    }
    if shared:
        arguments |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    return DeclaredQueue(name, arguments, exclusive=not shared)


@contextmanager
def _declaring(what: str) -> Iterator[None]:
    try:
        yield
    except ChannelPreconditionFailed as error:
        raise TopologyMismatch(f"{what} exists on the broker with other properties: {error}") from error
