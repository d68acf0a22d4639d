"""The bus over a bad network: cut frames, slow lines, resets, and a line that swallows everything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from chassis.bus.messages import EVENTS
from chassis.bus.port import Binding, PublishFailed, QueueSpec
from chassis.run.private_rabbitmq import Broker
from chassis.testing.proxy import Proxy, Toxic
from chassis.testing.rabbitmq import RabbitMQBuses

pytestmark = pytest.mark.broker

QUEUE = QueueSpec("tests.network", (Binding(EVENTS, "a.happened.v1"),), batch=10, retry_delays_s=(0.1,))


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(rabbitmq: Broker) -> AsyncIterator[Proxy]:
    parts = urlsplit(rabbitmq.url)
    created = Proxy(parts.hostname or "127.0.0.1", parts.port or 5672, seed=3)
    await created.start()
    yield created
    await created.stop()


@pytest.fixture
def world(proxy: Proxy, rabbitmq: Broker, new_rabbitmq_bus: RabbitMQBuses, make_world: Any) -> Any:
    """A world whose bus reaches the broker through the proxy."""
    parts = urlsplit(rabbitmq.url)
    through = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}").geturl()
    return make_world(new_rabbitmq_bus(url=through, publish_timeout_s=2.0))


async def _started(world: Any) -> Any:
    handler = world.recorder()
    world.bus.subscribe(QUEUE, handler)
    await world.bus.start()
    return handler


async def test_frames_may_arrive_in_any_pieces(proxy: Proxy, world: Any) -> None:
    for stream in ("upstream", "downstream"):
        proxy.add(Toxic("slicer", stream, attributes={"average_size": 7, "size_variation": 6}))
    handler = await _started(world)
    messages = [world.message("a.happened.v1", b"%d" % n * 50) for n in range(20)]

    assert await world.publish(*messages) is None

    await world.until(lambda: handler.bodies == [message.body for message in messages], timeout_s=10)


async def test_a_slow_line_only_takes_longer(proxy: Proxy, world: Any) -> None:
    handler = await _started(world)
    for stream in ("upstream", "downstream"):
        proxy.add(Toxic("latency", stream, attributes={"latency": 100, "jitter": 50}))

    failures = await asyncio.gather(*(world.publish(world.message("a.happened.v1", b"%d" % n)) for n in range(50)))

    assert set(failures) == {None}
    await world.until(lambda: sorted(handler.bodies) == sorted(b"%d" % n for n in range(50)), timeout_s=10)


async def test_a_reset_fails_what_was_on_its_way_and_is_survived(proxy: Proxy, world: Any) -> None:
    handler = await _started(world)
    proxy.add(Toxic("latency", attributes={"latency": 500}))
    first, second = world.message("a.happened.v1", b"first"), world.message("a.happened.v1", b"first")
    publishing = [asyncio.create_task(world.publish(*messages)) for messages in ([first], [first], [second])]
    await world.until(lambda: world.bus._publisher.unconfirmed == 3, timeout_s=5)
    started = time.monotonic()
    proxy.add(Toxic("reset_peer"))
    for task in publishing:
        assert isinstance(await task, PublishFailed)
    assert time.monotonic() - started < 0.4

    await proxy.reset()
    async with asyncio.timeout(20):
        while failure := await world.publish(world.message("a.happened.v1", b"second")):
            assert isinstance(failure, PublishFailed)
            await asyncio.sleep(0.05)
    await world.until(lambda: b"second" in handler.bodies, timeout_s=10)


async def test_confirms_that_are_swallowed_are_a_time_out_and_the_message_is_there(proxy: Proxy, world: Any) -> None:
    handler = await _started(world)
    proxy.add(Toxic("timeout", "downstream"))
    started = time.monotonic()

    failure = await world.publish(world.message("a.happened.v1", b"maybe"))

    assert isinstance(failure, PublishFailed)
    assert 1.9 <= time.monotonic() - started < 3
    assert world.confirmed == []
    await proxy.disable()
    await proxy.reset()
    await world.until(lambda: b"maybe" in handler.bodies, timeout_s=20)


async def test_acknowledgements_that_are_lost_mean_one_more_delivery(proxy: Proxy, world: Any) -> None:
    handler = await _started(world)
    handler.hold.clear()
    assert await world.publish(world.message("a.happened.v1", b"twice")) is None
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)
    proxy.add(Toxic("timeout", "upstream"))
    handler.hold.set()
    await asyncio.wait({asyncio.create_task(world.publish(world.message("a.happened.v1", b"x")))}, timeout=3)
    await proxy.disable()
    await proxy.reset()

    await world.until(lambda: handler.bodies.count(b"twice") == 2, timeout_s=20)
    assert handler.deliveries[-1].redelivered
