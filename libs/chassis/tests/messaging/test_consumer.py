"""Consumers: one transaction with the inbox, a verdict for every delivery, a bad message alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis import ids
from chassis.bus.messages import Delivery, Received, outgoing
from chassis.bus.port import ACKNOWLEDGE, Binding, Bury, Retry
from chassis.data.database import Database, Transaction
from chassis.data.outbox_row import from_row
from chassis.messaging.consumer import Consumers, Unacceptable
from chassis.observe import context, logs
from contracts.ai_router import CancelJob
from contracts.users import SessionRevoked, UserRegistered, UserUpdated

DELAYS = (60.0, 120.0, 240.0)


class _Bus:
    """Keeps what is subscribed."""

    def __init__(self) -> None:
        self.specs: list[Any] = []
        self.handlers: list[Any] = []

    def subscribe(self, spec: Any, handler: Any) -> None:
        self.specs.append(spec)
        self.handlers.append(handler)


def _attached(consumers: Consumers, database: Database) -> Any:
    bus = _Bus()
    consumers.attach(bus, database, retry_delays_s=DELAYS)  # type: ignore[arg-type]
    return bus.handlers[0]


def _delivery(message: Any, *, attempt: int = 1, correlation_id: str = "c-1") -> Delivery:
    wrapped = outgoing(
        message, service="users", now=datetime.now(UTC), cause=context.Context(correlation_id=correlation_id)
    )
    return Delivery("billing.accounts", wrapped.headers, wrapped.body, attempt)


async def _effects(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [row["name"] for row in await connection.fetch("SELECT name FROM effects ORDER BY name")]


class Accounts:
    """A consumer that writes one effect per user and fails where the test wants it to."""

    def __init__(self) -> None:
        self.consumers = Consumers("billing")
        self.fail: dict[str, Exception] = {}
        self.handled: list[str] = []

        @self.consumers.queue("accounts").each(UserRegistered)
        async def open_account(event: UserRegistered, tx: Transaction) -> None:
            self.handled.append(event.username)
            await tx.execute("INSERT INTO effects VALUES ($1)", event.username)
            if event.username in self.fail:
                raise self.fail[event.username]


async def test_a_message_is_handled_once_however_often_it_comes(new_service: Any, registered: Any, count: Any) -> None:
    database, accounts = await new_service(), Accounts()
    handle = _attached(accounts.consumers, database)
    delivery = _delivery(registered("ann"))

    assert await handle([delivery]) == [ACKNOWLEDGE]
    assert await handle([delivery]) == [ACKNOWLEDGE]
    assert await handle([delivery, delivery, delivery]) == [ACKNOWLEDGE] * 3

    assert await _effects(database) == ["ann"]
    assert await count(database, "inbox") == 1


async def test_two_consumers_each_handle_a_message(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()

    @accounts.consumers.queue("mailing").each(UserRegistered)
    async def greet(event: UserRegistered, tx: Transaction) -> None:
        await tx.execute("INSERT INTO effects VALUES ($1)", f"greeted {event.username}")

    bus = _Bus()
    accounts.consumers.attach(bus, database)  # type: ignore[arg-type]
    delivery = _delivery(registered("ann"))
    for handler in bus.handlers:
        assert await handler([delivery]) == [ACKNOWLEDGE]

    assert await _effects(database) == ["ann", "greeted ann"]


async def test_a_batch_is_one_transaction(new_service: Any, registered: Any) -> None:
    database, consumers = await new_service(), Consumers("billing")
    transactions: list[str] = []

    @consumers.queue("accounts").many(UserRegistered)
    async def open_accounts(received: Sequence[Received[UserRegistered]], tx: Transaction) -> None:
        transactions.append(str((await tx.fetch("SELECT pg_current_xact_id() AS id"))[0]["id"]))
        await tx.execute("INSERT INTO effects SELECT unnest($1::text[])", [item.message.username for item in received])

    handle = _attached(consumers, database)
    assert await handle([_delivery(registered(f"u{n}")) for n in range(50)]) == [ACKNOWLEDGE] * 50
    assert len(transactions) == 1
    assert len(await _effects(database)) == 50


async def test_a_bad_message_does_not_hold_back_its_neighbours(new_service: Any, registered: Any, count: Any) -> None:
    database, accounts = await new_service(), Accounts()
    accounts.fail["bad"] = ValueError("no such plan")
    handle = _attached(accounts.consumers, database)

    verdicts = await handle([_delivery(registered(name)) for name in ("a", "bad", "c")])

    assert verdicts == [ACKNOWLEDGE, Retry(60.0, "ValueError: no such plan"), ACKNOWLEDGE]
    assert await _effects(database) == ["a", "c"]
    assert await count(database, "inbox") == 2


async def test_repeats_inside_a_batch_do_not_stop_the_others(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    handle = _attached(accounts.consumers, database)
    seen = _delivery(registered("seen"))
    await handle([seen])

    assert await handle([_delivery(registered("a")), seen, _delivery(registered("c"))]) == [ACKNOWLEDGE] * 3

    assert await _effects(database) == ["a", "c", "seen"]


async def test_a_message_is_tried_once_and_three_times_more_then_buried(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    accounts.fail["bad"] = ValueError("no")
    handle = _attached(accounts.consumers, database)
    event = registered("bad")

    verdicts = [(await handle([_delivery(event, attempt=attempt)]))[0] for attempt in (1, 2, 3, 4)]

    assert verdicts == [
        Retry(60.0, "ValueError: no"),
        Retry(120.0, "ValueError: no"),
        Retry(240.0, "ValueError: no"),
        Bury("failed 4 times, last: ValueError: no"),
    ]


async def test_what_can_never_be_handled_is_buried_at_once(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    accounts.fail["never"] = Unacceptable("this plan was never sold")
    handle = _attached(accounts.consumers, database)
    good = _delivery(registered("ann"))
    no_json = Delivery(good.queue, _delivery(registered()).headers, b"{")
    no_envelope = Delivery(good.queue, {}, good.body)
    not_ours = _delivery(SessionRevoked(user_id=registered().user_id, session_id=registered().user_id))

    verdicts = await handle([_delivery(registered("never")), no_json, good, no_envelope, not_ours])

    assert verdicts[0] == Bury("this plan was never sold")
    assert verdicts[2] == ACKNOWLEDGE
    for verdict in (verdicts[1], verdicts[3], verdicts[4]):
        assert isinstance(verdict, Bury)
        assert verdict.reason.startswith("unreadable: ")
    assert await _effects(database) == ["ann"]


async def test_a_handler_that_fails_because_its_work_is_done_is_acknowledged(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    handle = _attached(accounts.consumers, database)
    delivery = _delivery(registered("ann"))
    await handle([delivery])
    accounts.fail["ann"] = ValueError("the account exists")

    assert await handle([delivery]) == [ACKNOWLEDGE]


@pytest.mark.parametrize("error", [ConnectionResetError("peer"), TimeoutError("storage")])
async def test_while_our_own_side_is_away_tries_do_not_count_and_no_further_ones_are_made(
    new_service: Any, registered: Any, error: Exception
) -> None:
    database, accounts = await new_service(), Accounts()
    accounts.fail["a"] = error
    handle = _attached(accounts.consumers, database)

    verdicts = await handle([_delivery(registered(name)) for name in "abc"])

    assert [verdict.counted for verdict in verdicts] == [False] * 3
    assert accounts.handled == ["a"]
    assert await _effects(database) == []


async def test_an_outage_half_way_leaves_what_was_done_done(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    handle = _attached(accounts.consumers, database)
    seen = _delivery(registered("seen"))
    await handle([seen])
    accounts.fail["b"] = ConnectionResetError("peer")
    handled = len(accounts.handled)

    # The repeat splits the batch, and the outage comes up while its messages are handled one by one.
    accounts.fail["seen"] = ValueError("the account exists")
    verdicts = await handle([seen, _delivery(registered("a")), _delivery(registered("b")), _delivery(registered("c"))])

    assert verdicts[:2] == [ACKNOWLEDGE, ACKNOWLEDGE]
    assert [isinstance(verdict, Retry) and not verdict.counted for verdict in verdicts] == [False, False, True, True]
    assert accounts.handled[handled:] == ["seen", "seen", "a", "b"]
    assert await _effects(database) == ["a", "seen"]


async def test_without_a_database_messages_wait(new_service: Any, registered: Any) -> None:
    accounts = Accounts()
    away = await new_service(url="postgresql+asyncpg://postgres@127.0.0.1:1/none")
    handle = _attached(accounts.consumers, away)

    verdicts = await handle([_delivery(registered(name)) for name in "ab"])

    assert [verdict.counted for verdict in verdicts] == [False, False]
    assert accounts.handled == []


async def test_a_missing_file_is_the_handler_s_own_fault(new_service: Any, registered: Any) -> None:
    database, accounts = await new_service(), Accounts()
    accounts.fail["a"] = FileNotFoundError("photo.jpg")
    handle = _attached(accounts.consumers, database)

    (verdict,) = await handle([_delivery(registered("a"))])

    assert isinstance(verdict, Retry)
    assert verdict.counted
    assert "photo.jpg" in verdict.reason


async def test_what_a_handler_sends_carries_the_correlation_and_names_the_cause(
    new_service: Any, registered: Any
) -> None:
    database, consumers = await new_service("ai_router"), Consumers("ai_router")

    @consumers.queue("users").each(UserRegistered)
    async def react(event: UserRegistered, tx: Transaction) -> None:
        tx.emit(UserUpdated(user_id=event.user_id, email=event.email, version=1))

    handle = _attached(consumers, database)
    delivery = _delivery(registered(), correlation_id="from the first request")
    assert await handle([delivery]) == [ACKNOWLEDGE]

    async with database.connection() as connection:
        headers = from_row(await connection.fetchrow("SELECT * FROM outbox")).headers
    assert headers["cloudEvents:correlationid"] == "from the first request"
    assert headers["cloudEvents:causationid"] == delivery.headers["cloudEvents:id"]


def test_a_queue_is_bound_to_its_events_and_to_the_lanes_of_its_service() -> None:
    consumers, bus = Consumers("ai_router"), _Bus()
    queue = consumers.queue("jobs", batch=5, prefetch=7, shared=False)

    async def handle(message: Any, tx: Any) -> None: ...

    queue.each(CancelJob, UserRegistered)(handle)
    consumers.attach(bus, None, retry_delays_s=(1.0,))  # type: ignore[arg-type]

    (spec,) = bus.specs
    assert (spec.name, spec.batch, spec.prefetch, spec.shared) == ("ai_router.jobs", 5, 7, False)
    assert spec.retry_delays_s == (1.0,)
    assert set(spec.bindings) == {
        Binding("events", "users.user_registered.v1"),
        Binding("commands", "ai_router.high_priority"),
        Binding("commands", "ai_router.normal"),
        Binding("commands", "ai_router.low_priority"),
    }


def test_a_type_is_handled_by_one_handler_and_a_queue_has_one_batch_handler() -> None:
    queue = Consumers("billing").queue("accounts")

    async def handle(*arguments: Any) -> None: ...

    queue.each(UserRegistered)(handle)
    with pytest.raises(ValueError, match="twice"):
        queue.many(UserRegistered)(handle)
    queue.many(UserUpdated)(handle)
    with pytest.raises(ValueError, match="already"):
        queue.many(SessionRevoked)(handle)


async def test_each_message_handled_is_a_line_that_says_whose_and_of_which_run(new_service: Any) -> None:
    database, consumers = await new_service(), Consumers("ai_router")
    told_in: list[str | None] = []

    @consumers.queue("commands").each(CancelJob)
    async def cancel(command: CancelJob, tx: Transaction) -> None:
        told_in.append(context.current().run_id)

    handle = _attached(consumers, database)
    orders = [CancelJob(job_id=ids.uuid7(), run_id=ids.uuid7(), reason="stopped") for _ in range(2)]
    with capture_logs(processors=[logs._Identify("ai_router")]) as lines:
        await handle([_delivery(order, correlation_id=f"c-{n}") for n, order in enumerate(orders)])
    runs = [str(order.run_id) for order in orders]
    handled = [line for line in lines if line["event"] == "message.handled"]
    assert told_in == runs
    assert [(line["request_id"], line["run_id"]) for line in handled] == [("c-0", runs[0]), ("c-1", runs[1])]
    assert {(line["queue"], line["type"], line["attempt"], line["together"]) for line in handled} == {
        ("ai_router.commands", CancelJob.NAME, 1, 2)
    }
    assert all(line["ms"] > 0 for line in handled)
