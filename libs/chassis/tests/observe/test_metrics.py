"""What messages, outbox, work and pool show at ``/metrics``, and whose name is in the log lines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import pytest
import structlog

from chassis import ids
from chassis.bus.messages import Delivery, Received, outgoing
from chassis.bus.port import Bury, Retry
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import NewWork, WorkItem
from chassis.messaging import depths as depths_module
from chassis.messaging.consumer import Consumers, Unacceptable, wait_until
from chassis.messaging.listeners import Listeners
from chassis.messaging.outbox import UNKNOWN_TYPE, Outbox
from chassis.observe.context import Context
from chassis.observe.metrics import REGISTRY
from chassis.run.service import Running, Service
from chassis.testing.slices import NOW, Handlers
from chassis.work.workers import WorkPool
from contracts.message import Message
from contracts.users import UserDeleted, UserRegistered

log = structlog.get_logger("tests.measures")

NewService = Callable[..., Awaitable[Database]]
QUEUE = "billing.accounts"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def delivery(message: Message, attempt: int = 1) -> Delivery:
    wrapped = outgoing(message, service="users", now=NOW, cause=Context())
    return Delivery(QUEUE, wrapped.headers, wrapped.body, attempt)


def consuming(database: Database, handle: Callable[[Any, Transaction], Awaitable[None]]) -> Any:
    consumers = Consumers("billing")
    consumers.queue("accounts").each(UserRegistered)(handle)
    bus = Handlers()
    consumers.attach(bus, database, retry_delays_s=(1.0,))  # type: ignore[arg-type]
    return bus.by_queue[QUEUE]


async def test_messages_are_counted_by_how_they_ended(
    new_service: NewService, registered: Callable[..., UserRegistered]
) -> None:
    async def handle(event: UserRegistered, tx: Transaction) -> None:
        if event.username == "unacceptable":
            raise Unacceptable("never")
        if event.username == "failing":
            raise ValueError("not now")

    process = consuming(await new_service("billing"), handle)
    names = ("messages_handled_total", "messages_repeated_total", "messages_retried_total")

    def counted() -> list[float]:
        return [
            value(names[0], queue=QUEUE, type=UserRegistered.NAME),
            *(value(name, queue=QUEUE) for name in (*names[1:], "messages_dead_lettered_total")),
            value("message_seconds_count", queue=QUEUE),
            value("message_wait_seconds_count", queue=QUEUE),
        ]

    before = counted()
    good = delivery(registered("good"))
    await process([good, delivery(registered("fine"))])
    await process([good])
    [again] = await process([delivery(registered("failing"))])
    [given_up] = await process([delivery(registered("failing"), attempt=2)])
    [never] = await process([delivery(registered("unacceptable"))])
    assert isinstance(again, Retry)
    assert isinstance(given_up, Bury)
    assert isinstance(never, Bury)
    assert [after - earlier for after, earlier in zip(counted(), before, strict=True)] == [2, 1, 1, 2, 5, 6]


async def test_the_outbox_shows_what_is_on_its_way_and_what_was_left_behind(
    new_service: NewService, scripted_bus: Any, registered: Callable[..., UserRegistered]
) -> None:
    database = await new_service("users")
    async with database.transaction() as tx:
        tx.emit(registered())
    outbox = Outbox(database, scripted_bus, lease_s=0.2, poll_s=0.02)
    scripted_bus.is_ready = False
    published = value("messages_published_total", service="users", type=UserRegistered.NAME)
    await outbox.start()
    try:
        await wait_until(lambda: value("outbox_pending", service="users") == 1, timeout_s=10)
        assert 0.2 <= value("outbox_oldest_seconds", service="users") < 10
        scripted_bus.open.clear()
        scripted_bus.is_ready = True
        async with database.transaction() as tx:
            tx.emit(registered())
            tx.emit(registered())
        assert outbox.in_flight == 2
        assert value("outbox_pending", service="users") >= 2
        scripted_bus.open.set()
        await wait_until(lambda: value("outbox_pending", service="users") == 0, timeout_s=10)
        await wait_until(lambda: value("outbox_oldest_seconds", service="users") == 0, timeout_s=10)
    finally:
        await outbox.stop()
    assert value("outbox_pending", service="users") == 0
    assert value("messages_published_total", service="users", type=UserRegistered.NAME) - published == 3
    assert value("messages_published_total", service="users", type=UNKNOWN_TYPE) == 0
    assert (
        REGISTRY.get_sample_value("messages_published_total", {"service": "users", "type": UserDeleted.NAME})
        is not None
    ), "what has not happened yet is a figure too"


async def test_a_process_that_reads_queues_shows_how_much_waits_in_each(
    new_service: NewService, scripted_bus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def depths() -> dict[str, int]:
        return {QUEUE: 7, f"{QUEUE}.dead": 2, "billing.listener.0123456789abcdef": 3}

    monkeypatch.setattr(scripted_bus, "depths", depths)
    monkeypatch.setattr(depths_module, "EVERY_S", 0.01)
    database, consumers = await new_service("billing"), Consumers("billing")
    running = Running(
        Service(name="billing", app=None, database=database, consumers=consumers),  # type: ignore[arg-type]
        scripted_bus,
        serve=False,
    )
    await running.start()
    try:
        await wait_until(lambda: value("queue_depth", queue=QUEUE) == 7, timeout_s=10)
        assert value("queue_depth", queue=f"{QUEUE}.dead") == 2
        assert value("queue_depth", queue="billing.listener") == 3, "no new series for each process that ever started"
    finally:
        await running.stop()


async def test_the_pool_shows_connections_in_use_and_idle(new_service: NewService) -> None:
    database = await new_service("billing")
    async with database.connection(), database.connection():
        assert value("pool_connections", service="billing", state="in_use") == 2
    assert value("pool_connections", service="billing", state="in_use") == 0
    assert value("pool_connections", service="billing", state="idle") == 2
    most = value("pool_connections_most", service="billing")
    assert most >= 15
    beside = Database(database.url, service="billing", pool_size=1, max_overflow=1)
    async with beside.connection():
        assert value("pool_connections", service="billing", state="in_use") == 1, "the sum of all pools of a service"
        assert value("pool_connections_most", service="billing") == most + 2
    await beside.close()
    assert value("pool_connections_most", service="billing") == most
    await database.close()
    assert value("pool_connections", service="billing", state="idle") == 0


async def test_a_work_pool_shows_what_runs_and_its_room(new_service: NewService) -> None:
    database = await new_service("billing")
    go_on = asyncio.Event()

    async def run(item: WorkItem) -> None:
        await go_on.wait()
        async with database.transaction() as tx:
            tx.finish_work(item)

    pool = WorkPool(database, "measured", run, concurrency=3, poll_s=0.02)
    await pool.start()
    try:
        async with database.transaction() as tx:
            tx.add_work(NewWork(id=ids.uuid7(), kind="measured", payload={}))
        await wait_until(lambda: value("work_items", kind="measured", state="running") == 1, timeout_s=10)
        assert value("work_items", kind="measured", state="free") == 2
        go_on.set()
        await wait_until(lambda: value("work_items", kind="measured", state="free") == 3, timeout_s=10)
    finally:
        go_on.set()
        await pool.stop()


class Loop:
    """A background part that logs from a task of its own."""

    async def start(self) -> None:
        self.task = asyncio.create_task(self._say())

    async def stop(self, grace_s: float = 5.0) -> None:
        await self.task

    async def _say(self) -> None:
        log.info("said.in_background")


async def test_where_one_process_runs_several_services_each_line_names_its_own(
    new_service: NewService, scripted_bus: Any, registered: Callable[..., UserRegistered], logged: Callable[[], str]
) -> None:
    database = await new_service("billing")

    async def handle(event: UserRegistered, tx: Transaction) -> None:
        log.info("said.in_consumer")

    heard: Sequence[Received[Any]] = []
    listeners = Listeners("notify")
    listeners.on(UserRegistered)(lambda received: log.info("said.in_listener", heard=len(heard)))
    bus = Handlers()
    listeners.attach(bus)  # type: ignore[arg-type]
    await consuming(database, handle)([delivery(registered())])
    await next(iter(bus.by_queue.values()))([delivery(registered())])
    running = Running(
        Service(name="billing", app=None, database=database, background=[Loop()]),  # type: ignore[arg-type]
        scripted_bus,
    )
    await running.start()
    log.info("said.outside")
    await running.stop()
    lines = {line["message"]: line["service"] for line in map(orjson.loads, logged().splitlines())}
    assert {name: who for name, who in lines.items() if name.startswith("said.")} == {
        "said.in_consumer": "billing",
        "said.in_listener": "notify",
        "said.in_background": "billing",
        "said.outside": "test",
    }
