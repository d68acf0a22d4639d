"""What both buses promise."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.bus.messages import Delivery
from chassis.bus.port import ACKNOWLEDGE, Bury, NotReading, PublishFailed, Retry, Verdict


async def test_a_message_reaches_each_bound_queue_once(world: Any) -> None:
    first, second, other = world.recorder(), world.recorder(), world.recorder()
    world.queue("first", first, "a.happened.v1")
    world.queue("second", second, "a.happened.v1", "b.happened.v1")
    world.queue("other", other, "c.happened.v1")
    await world.bus.start()

    message = world.message("a.happened.v1", b'{"n":1}')
    assert await world.publish(message) is None

    await world.until(lambda: first.bodies == second.bodies == [b'{"n":1}'], timeout_s=5)
    assert other.bodies == []
    assert world.confirmed == [message.id]
    delivery = first.deliveries[0]
    assert delivery == Delivery("tests.first", message.headers, b'{"n":1}', attempt=1, redelivered=False)
    assert world.bus.queues() == ["tests.first", "tests.other", "tests.second"]


async def test_waiting_messages_come_in_batches_of_at_most_the_batch_size(world: Any) -> None:
    handler = world.recorder()
    handler.hold.clear()
    queue = world.queue("batches", handler, "a.happened.v1", batch=4)
    await world.bus.start()

    first = world.publish_soon(world.message("a.happened.v1", b"0"))
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)
    rest = world.publish_soon(*(world.message("a.happened.v1", b"%d" % n) for n in range(1, 11)))
    # Confirmed is not arrived: the broker answers the publisher and serves the consumer in its own order.
    await world.until(lambda: world.arrived(queue.name) == 10, timeout_s=5)
    handler.hold.set()

    await world.until(lambda: len(handler.deliveries) == 11, timeout_s=5)
    assert [len(batch) for batch in handler.batches] == [1, 4, 4, 2]
    assert handler.bodies == [b"%d" % n for n in range(11)]
    assert await first is None
    assert await rest is None
    await world.until(lambda: len(world.confirmed) == 11, timeout_s=5)


async def test_a_large_and_an_empty_body_arrive_as_they_were(world: Any) -> None:
    handler = world.recorder()
    world.queue("bodies", handler, "a.happened.v1")
    await world.bus.start()
    large = bytes(range(256)) * 2000

    assert await world.publish(world.message("a.happened.v1", large), world.message("a.happened.v1", b"")) is None

    await world.until(lambda: sorted(handler.bodies) == [b"", large], timeout_s=5)


async def test_a_retry_comes_after_its_delay_with_the_next_attempt_number(world: Any) -> None:
    times: list[float] = []

    def decide(delivery: Delivery) -> Any:
        times.append(asyncio.get_running_loop().time())
        return Retry(0.3, "not yet") if delivery.attempt < 3 else ACKNOWLEDGE

    handler = world.recorder(decide)
    world.queue("retries", handler, "a.happened.v1")
    await world.bus.start()
    message = world.message("a.happened.v1", b"x")
    published = world.publish_soon(message)

    await world.until(lambda: len(times) == 3, timeout_s=5)
    assert await published is None
    assert [delivery.attempt for delivery in handler.deliveries] == [1, 2, 3]
    assert [delivery.redelivered for delivery in handler.deliveries] == [False, True, True]
    assert all(delivery.headers == message.headers for delivery in handler.deliveries)
    assert all(0.28 <= later - earlier < 2 for earlier, later in itertools.pairwise(times))


async def test_a_retry_that_does_not_count_keeps_the_attempt_number(world: Any) -> None:
    handler = world.recorder()
    handler.decide = lambda _: ACKNOWLEDGE if len(handler.batches) > 1 else Retry(0.05, "away", counted=False)
    world.queue("outage", handler, "a.happened.v1")
    await world.bus.start()
    published = world.publish_soon(world.message("a.happened.v1"))

    await world.until(lambda: len(handler.deliveries) == 2, timeout_s=5)
    assert await published is None
    assert [delivery.attempt for delivery in handler.deliveries] == [1, 1]


async def test_a_handler_that_raises_gets_its_messages_again_and_its_queue_goes_on(world: Any) -> None:
    def decide(delivery: Delivery) -> Any:
        if delivery.attempt == 1:
            raise KeyError("ours")
        return ACKNOWLEDGE

    handler = world.recorder(decide)
    world.queue("raising", handler, "a.happened.v1")
    await world.bus.start()

    with capture_logs() as logs:
        published = world.publish_soon(world.message("a.happened.v1"))
        await world.until(lambda: len(handler.deliveries) == 2, timeout_s=10)
        assert await published is None
    assert [delivery.attempt for delivery in handler.deliveries] == [1, 2]
    assert [line["queue"] for line in logs if line["event"] == "consumer.handler_raised"] == ["tests.raising"]


async def test_a_handler_that_forgets_a_verdict_gets_its_messages_again(world: Any) -> None:
    seen: list[bytes] = []

    async def handler(deliveries: Sequence[Delivery]) -> list[Verdict]:
        seen.extend(delivery.body for delivery in deliveries)
        return [] if len(seen) == 1 else [ACKNOWLEDGE] * len(deliveries)

    world.queue("forgetting", handler, "a.happened.v1")
    await world.bus.start()

    with capture_logs():
        published = world.publish_soon(world.message("a.happened.v1", b"1"))
        await world.until(lambda: len(seen) == 2, timeout_s=20)
        assert await published is None
    assert seen == [b"1", b"1"]


async def test_each_message_of_a_batch_has_its_own_verdict(world: Any) -> None:
    verdicts = {b"ok": ACKNOWLEDGE, b"later": Retry(0.05, "later"), b"never": Bury("never")}
    handler = world.recorder(lambda delivery: verdicts[delivery.body] if delivery.attempt == 1 else ACKNOWLEDGE)
    world.queue("mixed", handler, "a.happened.v1")
    await world.bus.start()
    order = [b"ok", b"later", b"ok", b"never", b"ok"]

    assert await world.publish(*(world.message("a.happened.v1", body) for body in order)) is None

    await world.until(lambda: len(handler.deliveries) == 6, timeout_s=5)
    assert sorted(handler.bodies) == sorted([*order, b"later"])
    assert [letter.body for letter in await world.buried("tests.mixed", 1)] == [b"never"]


async def test_dead_letters_are_listed_and_stay(world: Any) -> None:
    handler = world.recorder(lambda delivery: Bury(f"cannot read {delivery.body.decode()}"))
    world.queue("dead", handler, "a.happened.v1")
    await world.bus.start()
    messages = [world.message("a.happened.v1", b"%d" % n) for n in range(5)]
    assert await world.publish(*messages) is None
    await world.until(lambda: len(handler.deliveries) == 5, timeout_s=5)
    await world.buried("tests.dead", 5)

    letters = await world.bus.dead_letters("tests.dead", limit=3)

    assert [letter.body for letter in letters] == [b"0", b"1", b"2"]
    assert letters[0].reason == "cannot read 0"
    assert letters[0].headers == messages[0].headers
    assert letters[0].queue == "tests.dead"
    assert letters[0].attempt == 1
    assert letters[0].died_at.tzinfo is not None
    assert len(await world.bus.dead_letters("tests.dead")) == 5


async def test_dead_letters_can_be_delivered_again_all_or_some(world: Any) -> None:
    handler = world.recorder(lambda _: Bury("broken"))
    world.queue("replay", handler, "a.happened.v1")
    await world.bus.start()
    messages = [world.message("a.happened.v1", b"%d" % n) for n in range(4)]
    assert await world.publish(*messages) is None
    await world.buried("tests.replay", 4)
    handler.decide = lambda _: ACKNOWLEDGE
    handler.batches.clear()

    assert await world.bus.replay("tests.replay", [messages[2].id]) == 1
    await world.until(lambda: handler.bodies == [b"2"], timeout_s=5)
    assert await world.bus.replay("tests.replay") == 3
    await world.until(lambda: sorted(handler.bodies) == [b"0", b"1", b"2", b"3"], timeout_s=5)

    assert {delivery.attempt for delivery in handler.deliveries} == {1}
    assert handler.deliveries[0].headers == messages[2].headers
    assert await world.bus.dead_letters("tests.replay") == []
    assert await world.bus.replay("tests.replay") == 0


async def test_a_mandatory_message_without_a_queue_is_not_confirmed(world: Any) -> None:
    handler = world.recorder()
    world.queue("known", handler, "a.happened.v1")
    await world.bus.start()
    known, unknown = world.message("a.happened.v1"), world.message("nobody.listens.v1")

    failure = await world.publish(unknown, known)

    assert isinstance(failure, PublishFailed)
    await world.until(lambda: len(handler.deliveries) == 1, timeout_s=5)
    assert world.confirmed == [known.id]


async def test_an_optional_message_without_a_queue_is_confirmed(world: Any) -> None:
    await world.bus.start()
    message = world.message("nobody.listens.v1", mandatory=False)

    assert await world.publish(message) is None

    assert world.confirmed == [message.id]


async def test_a_slow_handler_does_not_hold_back_other_queues(world: Any) -> None:
    slow, quick = world.recorder(), world.recorder()
    slow.hold.clear()
    world.queue("slow", slow, "slow.happened.v1")
    world.queue("quick", quick, "quick.happened.v1")
    await world.bus.start()
    waiting = world.publish_soon(world.message("slow.happened.v1"))
    await world.until(lambda: len(slow.batches) == 1, timeout_s=5)

    for n in range(20):
        assert await world.publish(world.message("quick.happened.v1", b"%d" % n)) is None
    await world.until(lambda: len(quick.deliveries) == 20, timeout_s=5)

    assert len(slow.batches) == 1
    slow.hold.set()
    assert await waiting is None


async def test_stop_lets_the_batch_in_hand_finish(world: Any) -> None:
    handler = world.recorder()
    handler.hold.clear()
    world.queue("stopping", handler, "a.happened.v1", batch=1)
    await world.bus.start()
    published = world.publish_soon(*(world.message("a.happened.v1", b"%d" % n) for n in range(3)))
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)
    ended = False

    async def stop() -> None:
        nonlocal ended
        await world.bus.stop(5)
        ended = True

    stopping = asyncio.create_task(stop())
    await asyncio.wait({stopping}, timeout=0.2)
    assert not ended
    handler.hold.set()
    await asyncio.wait_for(stopping, timeout=5)

    assert handler.bodies == [b"0"]
    published.cancel()
    await asyncio.gather(published, return_exceptions=True)


async def test_stop_interrupts_a_handler_after_the_grace(world: Any) -> None:
    interrupted = asyncio.Event()

    async def stuck(deliveries: Any) -> Any:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    started = asyncio.Event()
    world.queue("stuck", stuck, "a.happened.v1")
    await world.bus.start()
    published = world.publish_soon(world.message("a.happened.v1"))
    await asyncio.wait_for(started.wait(), timeout=5)

    await asyncio.wait_for(world.bus.stop(0.1), timeout=5)

    assert interrupted.is_set()
    published.cancel()
    await asyncio.gather(published, return_exceptions=True)


async def test_ready_while_it_runs_and_not_after(world: Any) -> None:
    world.queue("ready", world.recorder(), "a.happened.v1")
    with pytest.raises(PublishFailed):
        await world.bus.ready()
    with pytest.raises(NotReading):
        await world.bus.reading()
    await world.bus.start()
    await world.bus.ready()
    await world.bus.reading()
    await world.bus.stop(0)

    with pytest.raises(PublishFailed):
        await world.bus.ready()
    with pytest.raises(NotReading):
        await world.bus.reading()
    assert isinstance(await world.publish(world.message("a.happened.v1", mandatory=False)), PublishFailed)


async def test_a_queue_has_one_consumer(world: Any) -> None:
    world.queue("twice", world.recorder(), "a.happened.v1")
    with pytest.raises(ValueError, match=r"tests\.twice"):
        world.queue("twice", world.recorder(), "a.happened.v1")


async def test_a_paused_bus_finishes_what_is_in_hand_and_takes_no_more(world: Any) -> None:
    """Pausing waits for the handler; what comes after is not handed over; stopping afterwards is no error."""
    handler = world.recorder()
    handler.hold.clear()
    world.queue("paused", handler, "a.happened.v1", batch=1)
    await world.bus.start()
    first, second = world.message("a.happened.v1", b"1"), world.message("a.happened.v1", b"2")
    publishing = world.publish_soon(first, second)
    await world.until(lambda: len(handler.batches) == 1, timeout_s=5)

    pausing = asyncio.create_task(world.bus.pause(5))
    done, _ = await asyncio.wait({pausing}, timeout=0.2)
    assert not done, "the batch in hand is not finished"
    handler.hold.set()
    await pausing
    await publishing
    assert first.id in world.confirmed

    third = world.message("a.happened.v1", b"3")
    failure = await world.publish(third)
    assert (failure is None) == (third.id in world.confirmed), "safe, or still its sender's"
    await world.bus.stop(1)
    assert handler.bodies == [b"1"]


async def test_it_tells_how_many_messages_wait(world: Any) -> None:
    """In process what waits for its handler, on a broker what no process has been given yet and what is dead."""
    handler = world.recorder(lambda _: Bury("no"))
    handler.hold.clear()
    world.queue("deep", handler, "a.happened.v1", batch=1, prefetch=1)
    await world.bus.start()
    assert (await world.bus.depths())["tests.deep"] == 0
    published = world.publish_soon(*(world.message("a.happened.v1") for _ in range(5)))

    async def deep(wanted: int) -> None:
        async with asyncio.timeout(5):
            while (await world.bus.depths())["tests.deep"] != wanted:
                await asyncio.sleep(0.02)

    await deep(4)
    handler.hold.set()
    await deep(0)
    await published
    assert len(await world.buried("tests.deep", 5)) == 5
    # A broker keeps the dead in a queue, the bus in process in a table.
    assert (await world.bus.depths()).get("tests.deep.dead", 5) == 5
