"""A small world around a bus, the same for both implementations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import pytest
import pytest_asyncio

from chassis import ids
from chassis.bus.memory import InProcessBus
from chassis.bus.messages import EVENTS, Delivery, Outgoing
from chassis.bus.port import ACKNOWLEDGE, Binding, Bus, DeadLetter, Handler, PublishFailed, QueueSpec, Verdict
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.data import tables
from chassis.data.database import Database
from chassis.messaging.consumer import wait_until
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.messaging.outbox import Outbox
from chassis.testing.plugin import NewDatabase
from chassis.testing.rabbitmq import RabbitMQBuses


class Recorder:
    """A handler that remembers its batches and answers what ``decide`` says for each delivery."""

    def __init__(self, decide: Callable[[Delivery], Verdict] = lambda _: ACKNOWLEDGE) -> None:
        self.batches: list[list[Delivery]] = []
        self.decide = decide
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        self.batches.append(list(deliveries))
        await self.hold.wait()
        return [self.decide(delivery) for delivery in deliveries]

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for batch in self.batches for delivery in batch]

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]


class World:
    """A bus with the names that a test uses on it."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.confirmed: list[UUID] = []

    recorder = Recorder

    def queue(
        self,
        name: str,
        handler: Handler,
        *keys: str,
        batch: int = 100,
        prefetch: int = 200,
        retry_delays_s: tuple[float, ...] = (0.05, 0.3),
    ) -> QueueSpec:
        spec = QueueSpec(
            name=f"tests.{name}",
            bindings=tuple(Binding(EVENTS, key) for key in keys),
            batch=batch,
            prefetch=prefetch,
            retry_delays_s=retry_delays_s,
        )
        self.bus.subscribe(spec, handler)
        return spec

    @staticmethod
    def message(key: str, body: bytes = b"{}", *, mandatory: bool = True, exchange: str = EVENTS) -> Outgoing:
        message_id = ids.uuid7()
        headers = {"cloudEvents:id": str(message_id), "cloudEvents:type": key, "cloudEvents:subject": "Größe ✓"}
        return Outgoing(message_id, exchange, key, headers, body, mandatory)

    async def publish(self, *messages: Outgoing) -> PublishFailed | None:
        """Publish; ids land in ``confirmed``; a failure is returned."""
        try:
            await self.bus.publish(messages, self.confirmed.extend)
        except PublishFailed as error:
            return error
        return None

    def publish_soon(self, *messages: Outgoing) -> asyncio.Task[PublishFailed | None]:
        """In process, ``publish`` waits for the handlers; where a test holds them it must not wait for that."""
        return asyncio.create_task(self.publish(*messages))

    def arrived(self, queue: str) -> int:
        """How many messages wait on our side for the handler; no bus promises to tell."""
        bus = self.bus
        if isinstance(bus, RabbitMQBus):
            return sum(len(lane.waiting) for lane in bus._consumers[queue]._lanes)
        assert isinstance(bus, InProcessBus)
        return bus._queues[queue].waiting.qsize()

    async def buried(self, queue: str, count: int) -> list[DeadLetter]:
        """The dead letters once there are ``count``: a verdict is carried out a moment after it is given."""
        letters: list[DeadLetter] = []
        async with asyncio.timeout(5):
            while len(letters) < count:
                letters = await self.bus.dead_letters(queue)
        return letters

    until = staticmethod(wait_until)


@pytest_asyncio.fixture(loop_scope="session")
async def in_process(new_database: NewDatabase) -> AsyncIterator[InProcessBus]:
    """The bus inside one process, its dead letters in a database whose outbox takes them back."""
    database = Database(await new_database("bus"), service="tests")
    async with database.connection() as connection:
        for statement in tables.STATEMENTS:
            await connection.execute(statement)
    bus = InProcessBus(PostgresDeadLetters({"tests": database}))
    outbox = Outbox(database, bus, poll_s=0.05)
    await outbox.start()
    yield bus
    await bus.stop(0)
    await outbox.stop(0)
    await database.close()


@pytest.fixture
def make_world() -> type[World]:
    """For suites of one bus only."""
    return World


@pytest.fixture(params=["in_process", pytest.param("new_rabbitmq_bus", marks=pytest.mark.broker)])
def world(request: pytest.FixtureRequest) -> World:
    """Both buses, one after the other."""
    made: InProcessBus | RabbitMQBuses = request.getfixturevalue(request.param)
    return World(made() if isinstance(made, RabbitMQBuses) else made)
