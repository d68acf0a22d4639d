"""The broker is killed, frozen, and cut off: nothing waits longer than it may, nothing confirmed is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
import pytest_asyncio

from chassis.bus.messages import EVENTS
from chassis.bus.port import Binding, PublishFailed, QueueSpec
from chassis.run.private_rabbitmq import BreakableBroker
from chassis.testing.rabbitmq import RabbitMQBuses

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

QUEUE = QueueSpec("tests.faults", (Binding(EVENTS, "a.happened.v1"),), batch=10, retry_delays_s=(0.1,))


@pytest_asyncio.fixture(loop_scope="session")
async def buses(breakable_rabbitmq: BreakableBroker) -> AsyncIterator[RabbitMQBuses]:
    made = RabbitMQBuses(breakable_rabbitmq.url)
    yield made
    await made.clear()


@asynccontextmanager
async def frozen(broker: BreakableBroker) -> AsyncIterator[None]:
    broker.freeze()
    try:
        yield
    finally:
        broker.thaw()


async def _until_ready(bus: Any) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await bus.ready()
            except PublishFailed:
                await asyncio.sleep(0.05)
            else:
                return


async def _publish_in_the_end(world: Any, body: bytes) -> None:
    """Until the queues are bound again a mandatory message is refused; its sender tries again."""
    async with asyncio.timeout(30):
        while failure := await world.publish(world.message("a.happened.v1", body)):
            assert isinstance(failure, PublishFailed)
            await asyncio.sleep(0.05)


async def test_a_frozen_broker_costs_a_publisher_its_time_out_and_no_more(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses(publish_timeout_s=1.0))
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await world.bus.start()
    messages = [world.message("a.happened.v1", b"%d" % n) for n in range(20)]
    large = [world.message("a.happened.v1", b"x" * 100_000) for _ in range(100)]

    async with frozen(breakable_rabbitmq):
        started = time.monotonic()
        failures = await asyncio.gather(world.publish(*messages), world.publish(*large))
        assert 0.9 <= time.monotonic() - started < 2
        assert all(isinstance(failure, PublishFailed) for failure in failures)
        assert world.confirmed == []
        started = time.monotonic()
        with pytest.raises(PublishFailed):
            await world.bus.ready()
        assert time.monotonic() - started < 3

    # A time-out was not a failure: what had been sent arrives, and is then reported as safe after all.
    await world.until(lambda: len(handler.deliveries) == 120, timeout_s=20)
    await world.until(lambda: len(world.confirmed) == 120, timeout_s=10)
    await _until_ready(world.bus)


async def test_a_broker_that_stays_silent_is_given_up_and_taken_again(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses(publish_timeout_s=0.5, heartbeat_s=1))
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await world.bus.start()

    async with frozen(breakable_rabbitmq):
        # aio-pika waits for three heartbeats and three seconds.
        await world.until(lambda: not world.bus._publisher.usable, timeout_s=8)
        started = time.monotonic()
        assert isinstance(await world.publish(world.message("a.happened.v1")), PublishFailed)
        assert time.monotonic() - started < 0.2

    await _until_ready(world.bus)
    await _publish_in_the_end(world, b"after")
    await world.until(lambda: b"after" in handler.bodies, timeout_s=20)


async def test_stopping_beside_a_frozen_broker_takes_seconds(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses())
    world.bus.subscribe(QUEUE, world.recorder())
    await world.bus.start()
    async with frozen(breakable_rabbitmq):
        started = time.monotonic()
        await world.bus.stop(1)
        assert time.monotonic() - started < 8


async def test_a_killed_broker_fails_publishers_at_once_and_everything_goes_on_when_it_is_back(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses())
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await world.bus.start()
    before = [world.message("a.happened.v1", b"before %d" % n) for n in range(50)]
    handler.hold.clear()
    assert await world.publish(*before) is None
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)

    await breakable_rabbitmq.kill()
    try:
        await world.until(lambda: not world.bus._publisher.usable, timeout_s=5)
        started = time.monotonic()
        assert isinstance(await world.publish(world.message("a.happened.v1", b"lost")), PublishFailed)
        assert time.monotonic() - started < 0.2
        handler.hold.set()
    finally:
        await breakable_rabbitmq.start()

    await _until_ready(world.bus)
    after = world.message("a.happened.v1", b"after")
    assert await world.publish(after) is None
    await world.until(lambda: {m.body for m in [*before, after]} == set(handler.bodies), timeout_s=30)
    assert b"lost" not in handler.bodies


async def test_a_bus_starts_without_its_broker_and_finds_it_later(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses())
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await breakable_rabbitmq.kill()
    try:
        await asyncio.wait_for(world.bus.start(), timeout=5)
        with pytest.raises(PublishFailed):
            await world.bus.ready()
    finally:
        await breakable_rabbitmq.start()

    await _until_ready(world.bus)
    await _publish_in_the_end(world, b"found")
    await world.until(lambda: b"found" in handler.bodies, timeout_s=20)


async def test_a_deleted_queue_is_declared_again(
    breakable_rabbitmq: BreakableBroker, buses: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(buses())
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await world.bus.start()
    async with await aio_pika.connect(breakable_rabbitmq.url) as connection:
        await (await connection.channel()).queue_delete(buses.prefix + QUEUE.name)

    await _publish_in_the_end(world, b"again")
    await world.until(lambda: b"again" in handler.bodies, timeout_s=10)
