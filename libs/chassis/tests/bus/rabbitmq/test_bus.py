"""What only a broker can do: lanes over queues, replicas, copies for each process, topology that is checked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import aio_pika
import pytest

from chassis.bus.messages import COMMANDS, EVENTS, Delivery
from chassis.bus.port import ACKNOWLEDGE, Binding, Bury, PublishFailed, QueueSpec, Retry, Verdict
from chassis.bus.rabbitmq import topology
from chassis.bus.rabbitmq.connection import BrokerAway, connect
from chassis.run.private_rabbitmq import Broker
from chassis.testing.rabbitmq import RabbitMQBuses
from contracts.enums import Priority

pytestmark = pytest.mark.broker


def _events(name: str, **settings: Any) -> QueueSpec:
    return QueueSpec(f"tests.{name}", (Binding(EVENTS, "a.happened.v1"),), retry_delays_s=(0.1,), **settings)


def _commands(name: str, **settings: Any) -> QueueSpec:
    bindings = tuple(Binding(COMMANDS, f"tests.{lane.value}") for lane in Priority)
    return QueueSpec(f"tests.{name}", bindings, retry_delays_s=(0.1,), **settings)


async def _publish(bus: Any, world: Any, bodies: Sequence[bytes], *, exchange: str, key: str) -> None:
    confirmed: list[Any] = []
    await bus.publish([world.message(key, body, exchange=exchange) for body in bodies], confirmed.extend)
    assert len(confirmed) == len(bodies)


@pytest.fixture
def world(new_rabbitmq_bus: RabbitMQBuses, make_world: Any) -> Any:
    """Only the RabbitMQ half of the conformance suite's world."""
    return make_world(new_rabbitmq_bus())


async def test_replicas_share_a_queue(new_rabbitmq_bus: RabbitMQBuses, world: Any) -> None:
    one, two = new_rabbitmq_bus(), new_rabbitmq_bus()
    handlers = [world.recorder(), world.recorder()]
    for bus, handler in zip((one, two), handlers, strict=True):
        bus.subscribe(_events("shared", batch=5, prefetch=10), handler)
        await bus.start()

    await _publish(one, world, [b"%d" % n for n in range(200)], exchange=EVENTS, key="a.happened.v1")

    await world.until(lambda: sum(len(handler.deliveries) for handler in handlers) == 200, timeout_s=5)
    bodies = Counter(body for handler in handlers for body in handler.bodies)
    assert set(bodies.values()) == {1}
    assert all(handler.deliveries for handler in handlers)


async def test_an_unshared_queue_is_copied_for_each_process(new_rabbitmq_bus: RabbitMQBuses, world: Any) -> None:
    buses = [new_rabbitmq_bus(), new_rabbitmq_bus()]
    first_try: list[Verdict] = [Retry(0.1, "once more"), Retry(0.1, "once more")]
    handlers = [world.recorder(lambda d: ACKNOWLEDGE if d.attempt > 1 else first_try[0]) for _ in buses]
    for bus, handler in zip(buses, handlers, strict=True):
        bus.subscribe(_events("copies", shared=False), handler)
        await bus.start()

    await _publish(buses[0], world, [b"x"], exchange=EVENTS, key="a.happened.v1")

    await world.until(lambda: all(handler.bodies == [b"x", b"x"] for handler in handlers), timeout_s=5)
    await buses[1].stop()
    handlers[0].batches.clear()
    await _publish(buses[0], world, [b"y"], exchange=EVENTS, key="a.happened.v1")
    await world.until(lambda: handlers[0].bodies == [b"y", b"y"], timeout_s=5)


async def test_commands_are_drained_by_lane_with_a_share_for_the_lower_ones(world: Any) -> None:
    handler = world.recorder()
    handler.hold.clear()
    world.bus.subscribe(_commands("commands", batch=1, prefetch=50), handler)
    await world.bus.start()
    await _publish(world.bus, world, [b"first"], exchange=COMMANDS, key="tests.low_priority")
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)
    for lane in (Priority.LOW, Priority.NORMAL, Priority.HIGH):
        await _publish(world.bus, world, [lane.value.encode()] * 30, exchange=COMMANDS, key=f"tests.{lane.value}")
    consumer = next(iter(world.bus._consumers.values()))
    await world.until(lambda: all(len(lane.waiting) == 30 for lane in consumer._lanes), timeout_s=5)

    handler.hold.set()
    await world.until(lambda: len(handler.deliveries) == 91, timeout_s=5)

    order = handler.bodies[1:]
    assert set(order[:8]) == {b"high_priority"}
    assert Counter(order[:20])[b"high_priority"] == 18
    assert order.index(b"low_priority") < 20
    assert order[-20:] == [b"low_priority"] * 20
    assert {delivery.queue for delivery in handler.deliveries} == {"tests.commands"}


async def test_what_comes_while_a_consumer_is_attached_again_is_handled_without_waiting_for_more(world: Any) -> None:
    handler = world.recorder()
    world.bus.subscribe(_commands("again"), handler)
    await world.bus.start()
    consumer = next(iter(world.bus._consumers.values()))
    open_lane = consumer._open

    async def and_something_comes(connection: Any, lane: Any, dead: str) -> Any:
        opened = await open_lane(connection, lane, dead)
        if lane.queue.endswith("high_priority"):
            await _publish(world.bus, world, [b"x"], exchange=COMMANDS, key="tests.high_priority")
            # The reader has been woken and has found nothing: this lane is not among those it reads yet.
            await world.until(lambda: opened.waiting and not consumer._wake.is_set(), timeout_s=5)
        return opened

    consumer._open = and_something_comes
    world.bus._consuming._connection.give_up("cut by the test")

    await world.until(lambda: handler.bodies == [b"x"], timeout_s=5)


async def test_a_retried_and_a_replayed_command_stay_in_their_lane(world: Any) -> None:
    verdicts: dict[int, Verdict] = {1: Retry(0.1, "again"), 2: Bury("no")}
    handler = world.recorder(lambda delivery: verdicts.get(delivery.attempt, ACKNOWLEDGE))
    world.bus.subscribe(_commands("lanes"), handler)
    await world.bus.start()
    await _publish(world.bus, world, [b"x"], exchange=COMMANDS, key="tests.high_priority")
    await world.buried("tests.lanes", 1)
    verdicts.clear()
    lanes: list[str] = []
    consumer = next(iter(world.bus._consumers.values()))
    settle = consumer._settle

    async def remember(batch: Any, verdicts: Any) -> None:
        lanes.extend(parcel.lane.lane.queue for parcel in batch)
        await settle(batch, verdicts)

    consumer._settle = remember
    assert await world.bus.replay("tests.lanes") == 1
    await world.until(lambda: len(handler.deliveries) == 3, timeout_s=5)
    assert lanes == [f"{world.bus._prefix}tests.lanes.high_priority"]
    assert await world.bus.dead_letters("tests.lanes") == []


async def test_what_was_not_handled_at_a_stop_goes_to_another_replica(
    new_rabbitmq_bus: RabbitMQBuses, world: Any
) -> None:
    stuck, other = new_rabbitmq_bus(), new_rabbitmq_bus()
    held, handler = world.recorder(), world.recorder()
    held.hold.clear()
    stuck.subscribe(_events("handover", batch=3), held)
    await stuck.start()
    await _publish(stuck, world, [b"%d" % n for n in range(10)], exchange=EVENTS, key="a.happened.v1")
    await world.until(lambda: bool(held.batches), timeout_s=5)
    await stuck.stop(0.1)

    other.subscribe(_events("handover"), handler)
    await other.start()

    await world.until(lambda: len(handler.deliveries) == 10, timeout_s=5)
    assert handler.bodies == [b"%d" % n for n in range(10)]
    assert all(delivery.redelivered for delivery in handler.deliveries)
    assert {delivery.attempt for delivery in handler.deliveries} == {1}


async def test_a_handler_that_raises_loses_nothing(world: Any) -> None:
    calls = 0

    async def broken(deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("a bug")
        return [ACKNOWLEDGE] * len(deliveries)

    world.bus.subscribe(_events("broken"), broken)
    await world.bus.start()
    await _publish(world.bus, world, [b"x"], exchange=EVENTS, key="a.happened.v1")

    await world.until(lambda: calls == 2, timeout_s=5)


async def test_a_queue_with_other_arguments_is_named_with_the_argument(
    rabbitmq: Broker, new_rabbitmq_bus: RabbitMQBuses, world: Any
) -> None:
    bus = new_rabbitmq_bus()
    bus.subscribe(_events("mismatch"), world.recorder())
    connection = await aio_pika.connect(rabbitmq.url)
    name = f"{new_rabbitmq_bus.prefix}tests.mismatch"
    await (await connection.channel()).declare_queue(name, durable=True, arguments={"x-queue-type": "classic"})
    await connection.close()

    with pytest.raises(topology.TopologyMismatch, match=rf"{name} exists .* inequivalent arg 'x-dead-letter-exchange'"):
        await bus.start()


async def test_a_message_of_somebody_else_is_delivered_and_gets_an_id_when_it_is_moved(
    rabbitmq: Broker, world: Any
) -> None:
    handler = world.recorder(lambda _: Bury("not ours"))
    world.bus.subscribe(_events("foreign"), handler)
    await world.bus.start()
    connection = await aio_pika.connect(rabbitmq.url)
    exchange = await (await connection.channel()).get_exchange(f"{world.bus._prefix}{EVENTS}", ensure=False)
    await exchange.publish(aio_pika.Message(b"hello", headers={"n": [1, None]}, message_id="7"), "a.happened.v1")
    await connection.close()

    (letter,) = await world.buried("tests.foreign", 1)

    assert letter.body == b"hello"
    assert letter.id.version == 7


async def test_many_messages_in_several_batches_are_confirmed_each_once(
    new_rabbitmq_bus: RabbitMQBuses, make_world: Any
) -> None:
    world = make_world(new_rabbitmq_bus(publish_timeout_s=30))
    handler = world.recorder()
    world.bus.subscribe(_events("many"), handler)
    await world.bus.start()
    batches = [[world.message("a.happened.v1", b"%d.%d" % (b, n)) for n in range(1500)] for b in range(8)]
    confirmed: list[list[Any]] = [[] for _ in batches]

    await asyncio.gather(*(world.bus.publish(batch, ids.extend) for batch, ids in zip(batches, confirmed, strict=True)))

    for batch, ids in zip(batches, confirmed, strict=True):
        assert sorted(ids) == sorted(message.id for message in batch)
    # How fast is told by a benchmark: a busy machine took 20 s.
    await world.until(lambda: len(handler.deliveries) == 12000, timeout_s=60)
    assert len(set(handler.bodies)) == 12000
    assert world.bus._publisher.unconfirmed == 0


async def test_the_same_message_twice_in_flight_without_a_queue_is_never_confirmed(world: Any) -> None:
    await world.bus.start()
    message = world.message("nobody.listens.v1")
    confirmed: list[Any] = []

    results = await asyncio.gather(
        world.bus.publish([message], confirmed.extend),
        world.bus.publish([message], confirmed.extend),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [PublishFailed, PublishFailed]
    assert confirmed == []


@pytest.mark.parametrize("known_first", [True, False])
async def test_an_id_on_its_way_to_two_places_is_safe_only_where_a_queue_took_it(world: Any, known_first: bool) -> None:
    """A message that two consumers move at once has one id; the library tells returned messages apart by it alone."""
    world.bus.subscribe(_events("known"), world.recorder())
    await world.bus.start()
    known = world.message("a.happened.v1")
    unknown = known._replace(routing_key="nobody.listens.v1")
    confirmed: dict[str, list[Any]] = {known.routing_key: [], unknown.routing_key: []}
    order = (known, unknown) if known_first else (unknown, known)

    results = await asyncio.gather(
        *(world.bus.publish([message], confirmed[message.routing_key].extend) for message in order),
        return_exceptions=True,
    )

    assert {type(result) for result in results} == {type(None), PublishFailed}
    assert confirmed == {known.routing_key: [known.id], unknown.routing_key: []}


async def test_a_wrong_password_is_said(rabbitmq: Broker) -> None:
    with pytest.raises(BrokerAway, match="ACCESS_REFUSED"):
        await connect(rabbitmq.url.replace("guest:guest", "guest:wrong"))
