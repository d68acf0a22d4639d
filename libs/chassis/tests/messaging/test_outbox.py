"""The outbox: everything committed leaves, nothing else does, and each process keeps to its own rows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis import ids
from chassis.bus.port import PublishFailed
from chassis.data.database import AlreadySeen
from chassis.messaging.consumer import wait_until
from chassis.messaging.outbox import Outbox


async def _emit(database: Any, registered: Any, count: int = 1) -> list[Any]:
    async with database.transaction() as tx:
        return [tx.emit(registered(f"user{n}")) for n in range(count)]


async def _empty(database: Any, count: Any) -> bool:
    return bool(await count(database, "outbox") == 0)


async def test_a_committed_message_leaves_at_once_and_its_row_goes(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=0.01)
    await outbox.start()

    sent = await _emit(database, registered, 3)

    await wait_until(lambda: scripted_bus.ids == sent, timeout_s=5)
    await eventually(lambda: _empty(database, count))
    assert outbox.in_flight == 0
    assert scripted_bus.calls == 1
    await outbox.stop()


async def test_what_was_rolled_back_never_leaves(new_service: Any, scripted_bus: Any, registered: Any) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, lease_s=0.1, poll_s=0.02)
    await outbox.start()
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            tx.emit(registered("ghost"))
            raise RuntimeError("no")

    kept = await _emit(database, registered)

    await wait_until(lambda: scripted_bus.ids == kept, timeout_s=5)
    await outbox.stop()


async def test_rows_of_confirmed_messages_go_with_the_next_transaction(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=60)
    await outbox.start()
    await _emit(database, registered, 5)
    await wait_until(lambda: outbox.in_flight == 0 and scripted_bus.calls == 1, timeout_s=5)
    assert await count(database, "outbox") == 5

    async with database.transaction() as tx:
        tx.mark_seen("billing.accounts", ids.uuid7())

    assert await count(database, "outbox") == 0
    await outbox.stop()


async def test_rows_that_a_failed_transaction_was_to_delete_go_later(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=0.3)
    await outbox.start()
    await _emit(database, registered, 5)
    await wait_until(lambda: outbox.in_flight == 0 and scripted_bus.calls == 1, timeout_s=5)

    seen = ids.uuid7()
    with pytest.raises(AlreadySeen):
        async with database.transaction() as tx:
            tx.mark_seen("billing.accounts", seen)
            tx.mark_seen("billing.accounts", seen)

    assert await count(database, "outbox") == 5
    assert outbox.in_flight == 0
    await eventually(lambda: _empty(database, count))
    assert scripted_bus.calls == 1
    await outbox.stop()


async def test_unconfirmed_rows_stay_and_are_published_again_after_the_lease(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, lease_s=0.3, poll_s=0.05, sweep_s=0.01)
    await outbox.start()
    scripted_bus.takes = lambda message: message.id == scripted_bus.ids[0]
    started = asyncio.get_running_loop().time()
    sent = await _emit(database, registered, 2)

    await wait_until(lambda: len(scripted_bus.published) >= 3, timeout_s=5)
    assert asyncio.get_running_loop().time() - started >= 0.3
    assert scripted_bus.ids[:3] == [sent[0], sent[1], sent[1]]
    assert await count(database, "outbox") == 1
    scripted_bus.takes = lambda _: True
    await eventually(lambda: _empty(database, count))
    assert scripted_bus.ids.count(sent[0]) == 1
    await outbox.stop()


async def test_a_message_that_nobody_takes_is_not_tried_in_a_tight_loop(
    new_service: Any, scripted_bus: Any, registered: Any
) -> None:
    database = await new_service()
    await _emit(database, registered, 3)
    scripted_bus.takes = lambda _: False
    outbox = Outbox(database, scripted_bus, lease_s=0.4, poll_s=0.01, alone=True)
    await outbox.start()

    await wait_until(lambda: scripted_bus.calls == 3, timeout_s=5)

    times = asyncio.get_running_loop().time()
    await wait_until(lambda: scripted_bus.calls == 5, timeout_s=5)
    assert asyncio.get_running_loop().time() - times >= 0.6
    await outbox.stop()


async def test_a_confirm_that_comes_after_the_time_out_still_counts(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=0.01)
    await outbox.start()
    scripted_bus.takes = lambda _: False
    sent = await _emit(database, registered)
    await wait_until(lambda: scripted_bus.calls == 1 and outbox.in_flight == 0, timeout_s=5)

    scripted_bus.last_confirmed(sent)

    await eventually(lambda: _empty(database, count))
    assert outbox.in_flight == 0
    await outbox.stop()


async def test_while_the_bus_is_away_nothing_is_read_and_afterwards_everything_goes(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    await _emit(database, registered, 4)
    scripted_bus.is_ready = False
    asked = 0

    async def ready() -> None:
        nonlocal asked
        asked += 1
        if not scripted_bus.is_ready:
            raise PublishFailed("away")

    scripted_bus.ready = ready
    outbox = Outbox(database, scripted_bus, lease_s=0.1, poll_s=0.02, sweep_s=0.01)
    await outbox.start()
    await wait_until(lambda: asked >= 5, timeout_s=5)
    assert scripted_bus.calls == 0

    scripted_bus.is_ready = True
    await eventually(lambda: _empty(database, count))
    assert len(scripted_bus.published) == 4
    await outbox.stop()


async def test_two_relays_never_publish_the_same_rows_and_the_second_follows_the_first(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    sent = await _emit(database, registered, 10)
    other = await new_service(url=database.url)
    bus = type(scripted_bus)()
    bus.open.clear()
    first = Outbox(database, bus, lease_s=1.0, poll_s=0.05, alone=True)
    await first.start()
    await wait_until(lambda: sorted(bus.ids) == sorted(sent), timeout_s=5)
    second = Outbox(other, scripted_bus, lease_s=0.3, poll_s=0.02, sweep_s=0.01)
    await second.start()
    assert await second.drain() == 0
    held_until = asyncio.get_running_loop().time() + 0.5
    await wait_until(lambda: asyncio.get_running_loop().time() > held_until, timeout_s=2)
    assert scripted_bus.published == []

    # The first dies without a word: nothing is renewed, nothing is given up.
    for task in (*first._loops, *first._publishing):
        task.cancel()
    await asyncio.gather(*first._loops, *first._publishing, return_exceptions=True)

    await eventually(lambda: _empty(database, count))
    assert sorted(scripted_bus.ids) == sorted(sent)
    await second.stop()


async def test_a_relay_that_stops_leaves_its_place_at_once(
    new_service: Any, scripted_bus: Any, registered: Any
) -> None:
    database = await new_service()
    other = await new_service(url=database.url)
    first = Outbox(database, scripted_bus, lease_s=60)
    await _emit(other, registered)
    assert await first.drain() == 1
    left = await _emit(await new_service(url=database.url), registered)
    second = Outbox(other, scripted_bus, lease_s=60)
    assert await second.drain() == 0

    await first.stop()

    assert await second.drain() == 1
    assert scripted_bus.ids[-1:] == left


async def test_what_is_committed_before_the_stop_leaves_before_the_end(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any
) -> None:
    """No turn of the loop in between: stopping itself publishes, and the row is gone."""
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=60)
    sent = await _emit(database, registered, 2)

    await outbox.stop()

    assert scripted_bus.ids == sent
    assert await count(database, "outbox") == 0


async def test_a_process_alone_takes_what_the_one_before_it_left(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any
) -> None:
    database = await new_service()
    before = Outbox(database, scripted_bus, lease_s=60)
    scripted_bus.takes = lambda _: False
    sent = await _emit(database, registered, 3)
    await before.drain()
    scripted_bus.published.clear()
    scripted_bus.takes = lambda _: True

    outbox = Outbox(database, scripted_bus, lease_s=60, poll_s=0.02, sweep_s=0.01, alone=True)
    await outbox.start()

    await eventually(lambda: _empty(database, count))
    assert sorted(scripted_bus.ids) == sorted(sent)
    await outbox.stop()


async def test_a_drain_publishes_a_backlog_once_each(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any
) -> None:
    database = await new_service()
    sent = await _emit(database, registered, 1234)
    outbox = Outbox(database, scripted_bus, batch=100)

    assert await outbox.drain() == 1234

    assert sorted(scripted_bus.ids) == sorted(sent)
    assert scripted_bus.calls == 13
    assert await count(database, "outbox") == 0
    assert await outbox.drain() == 0
    await outbox.stop()


async def test_rows_that_a_transaction_is_deleting_are_left_alone(
    new_service: Any, scripted_bus: Any, registered: Any
) -> None:
    database = await new_service()
    other = await new_service(url=database.url)
    sent = await _emit(database, registered, 2)
    outbox = Outbox(other, scripted_bus)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM outbox WHERE id = $1", sent[0])
        assert await outbox.drain() == 1
    assert scripted_bus.ids == sent[1:]
    await outbox.stop()


async def test_stopping_waits_for_what_is_on_its_way(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, sweep_s=60)
    await outbox.start()
    scripted_bus.open.clear()
    await _emit(database, registered, 3)
    await wait_until(lambda: scripted_bus.calls == 1, timeout_s=5)
    stopping = asyncio.create_task(outbox.stop())
    await asyncio.wait({stopping}, timeout=0.1)
    assert not stopping.done()

    scripted_bus.open.set()
    await stopping

    assert await count(database, "outbox") == 0


@pytest.mark.parametrize("failure", [ConnectionRefusedError("no database"), KeyError("ours")], ids=repr)
async def test_a_sweep_that_fails_comes_again_and_nothing_is_lost(
    new_service: Any,
    scripted_bus: Any,
    registered: Any,
    count: Any,
    eventually: Any,
    monkeypatch: Any,
    failure: Exception,
) -> None:
    database = await new_service()
    outbox = Outbox(database, scripted_bus, poll_s=60, sweep_s=0.01)
    await outbox.start()
    tries = 0
    connection = database.connection

    def away() -> Any:
        nonlocal tries
        tries += 1
        raise failure

    try:
        sent = await _emit(database, registered, 2)
        monkeypatch.setattr(database, "connection", away)
        await wait_until(lambda: tries >= 3, timeout_s=5)
        monkeypatch.setattr(database, "connection", connection)

        await eventually(lambda: _empty(database, count))
        assert sorted(scripted_bus.ids) == sorted(sent)
    finally:
        await outbox.stop()


async def test_a_bus_that_breaks_its_promise_ends_neither_publishing_nor_the_relay(
    new_service: Any, scripted_bus: Any, registered: Any, count: Any, eventually: Any, monkeypatch: Any
) -> None:
    """It raises what no bus should: at the first publishing, at the relay's, and when the relay asks whether it may."""
    database = await new_service()
    outbox = Outbox(database, scripted_bus, lease_s=0.1, poll_s=0.02, sweep_s=0.01)
    publish, ready = scripted_bus.publish, scripted_bus.ready
    failures = {"publish": 2, "ready": 2}

    async def fail(what: str) -> None:
        if failures[what]:
            failures[what] -= 1
            raise KeyError(what)

    async def bad_publish(*batch: Any) -> None:
        await fail("publish")
        await publish(*batch)

    async def bad_ready() -> None:
        await fail("ready")
        await ready()

    monkeypatch.setattr(scripted_bus, "publish", bad_publish)
    monkeypatch.setattr(scripted_bus, "ready", bad_ready)
    await outbox.start()
    try:
        with capture_logs() as logs:
            sent = await _emit(database, registered, 2)
            await eventually(lambda: _empty(database, count))
    finally:
        await outbox.stop()
    assert sorted(scripted_bus.ids) == sorted(sent)
    assert failures == {"publish": 0, "ready": 0}
    told = [line["event"] for line in logs if line["log_level"] == "error"]
    assert sorted(told) == ["outbox.publish_failed"] * 2 + ["periodic.failed"] * 2
