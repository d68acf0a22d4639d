"""Spans of messages: what is handled, what is published, and what a batch has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis.bus.messages import Delivery, Received, outgoing
from chassis.bus.port import ACKNOWLEDGE, Retry
from chassis.data.database import Database, Transaction
from chassis.messaging.consumer import Consumers, wait_until
from chassis.messaging.outbox import Outbox
from chassis.observe import context, traces
from chassis.testing.slices import NOW, Handlers
from contracts.message import Message
from contracts.users import UserRegistered

NewService = Callable[..., Awaitable[Database]]
QUEUE = "billing.accounts"


def sampled(number: int) -> str:
    return f"00-{number:032x}-{number:016x}-01"


def delivery(message: Message, traceparent: str | None, attempt: int = 1) -> Delivery:
    cause = context.Context(correlation_id="request-1", traceparent=traceparent)
    wrapped = outgoing(message, service="users", now=NOW, cause=cause)
    return Delivery(QUEUE, wrapped.headers, wrapped.body, attempt)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent is not None else None


async def test_a_message_is_a_span_below_the_one_that_sent_it_and_above_what_follows(
    spans: InMemorySpanExporter, new_service: NewService, registered: Callable[..., UserRegistered]
) -> None:
    database, consumers, bus = await new_service(), Consumers("billing"), Handlers()
    handed_on: list[str | None] = []

    @consumers.queue("accounts").each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        handed_on.append(context.current().traceparent)
        await tx.execute("INSERT INTO effects VALUES ($1)", event.username)

    consumers.attach(bus, database)  # type: ignore[arg-type]
    message = delivery(registered(), sampled(7))
    assert await bus.by_queue[QUEUE]([message]) == [ACKNOWLEDGE]
    assert await bus.by_queue[QUEUE]([message]) == [ACKNOWLEDGE]

    first, again = named(spans, f"process {QUEUE}")
    assert (first.kind, first.status.status_code) == (SpanKind.CONSUMER, StatusCode.UNSET)
    assert parent_of(first) == 7
    assert dict(first.attributes or {}) == {
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": QUEUE,
        "messaging.message.id": message.headers["cloudEvents:id"],
        "messaging.message.conversation_id": "request-1",
        "cloudevents.event_type": UserRegistered.NAME,
        "talkingphoto.attempt": 1,
        "talkingphoto.service": "billing",
    }
    assert first.context is not None
    assert handed_on[0] == f"{sampled(7)[:36]}{first.context.span_id:016x}-01"
    statements = named(spans, "INSERT effects")
    assert parent_of(statements[0]) == first.context.span_id
    assert (again.attributes or {})["talkingphoto.seen_before"] is True
    assert again.status.status_code is StatusCode.UNSET


async def test_in_a_batch_each_message_stays_in_its_trace_and_the_first_has_what_they_share(
    spans: InMemorySpanExporter, new_service: NewService, registered: Callable[..., UserRegistered]
) -> None:
    database, consumers, bus = await new_service(), Consumers("billing"), Handlers()
    handed_on: list[str | None] = []

    @consumers.queue("accounts").many(UserRegistered)
    async def open_accounts(received: Sequence[Received[UserRegistered]], tx: Transaction) -> None:
        handed_on.extend(item.context.traceparent for item in received)
        await tx.execute("INSERT INTO effects VALUES ('all')")

    consumers.attach(bus, database)  # type: ignore[arg-type]
    unrecorded = sampled(2)[:-1] + "0"
    parents = (sampled(1), unrecorded, sampled(3))
    await bus.by_queue[QUEUE]([delivery(registered(f"u{n}"), parent) for n, parent in enumerate(parents)])

    first, third = named(spans, f"process {QUEUE}")
    assert first.context is not None
    assert third.context is not None
    assert (first.context.trace_id, third.context.trace_id) == (1, 3)
    assert [link.context for link in third.links] == [first.context]
    assert (first.attributes or {})["messaging.batch.message_count"] == 3
    assert handed_on == [
        f"{sampled(1)[:36]}{first.context.span_id:016x}-01",
        unrecorded,
        f"{sampled(3)[:36]}{third.context.span_id:016x}-01",
    ]
    assert {parent_of(span) for span in named(spans, "INSERT effects")} == {first.context.span_id}


async def test_a_message_that_fails_is_a_span_that_failed_for_each_try(
    spans: InMemorySpanExporter, new_service: NewService, registered: Callable[..., UserRegistered]
) -> None:
    database, consumers, bus = await new_service(), Consumers("billing"), Handlers()

    @consumers.queue("accounts").each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        raise ValueError(f"no account for {event.username}")

    consumers.attach(bus, database)  # type: ignore[arg-type]
    event = registered("asha")
    for attempt in (1, 2):
        [verdict] = await bus.by_queue[QUEUE]([delivery(event, sampled(7), attempt)])
        assert isinstance(verdict, Retry)

    tries = named(spans, f"process {QUEUE}")
    assert [(span.attributes or {})["talkingphoto.attempt"] for span in tries] == [1, 2]
    assert {(span.status.status_code, (span.attributes or {})["error.type"]) for span in tries} == {
        (StatusCode.ERROR, "ValueError")
    }
    assert "asha" not in "".join(span.to_json() for span in spans.get_finished_spans())


async def test_a_message_is_published_in_the_trace_that_wrote_it_also_after_a_restart(
    spans: InMemorySpanExporter, new_service: NewService, scripted_bus: Any, registered: Callable[..., UserRegistered]
) -> None:
    database = await new_service("users")
    with traces.start_span_from(sampled(7), "work"):
        async with database.transaction() as tx:
            tx.emit(registered())
    outbox = Outbox(database, scripted_bus, lease_s=0.05, poll_s=0.02, alone=True)
    scripted_bus.takes = lambda _: False
    await outbox.start()
    try:
        await wait_until(lambda: len(named(spans, "publish events")) == 1, timeout_s=10)
        scripted_bus.takes = lambda _: True
        await wait_until(lambda: len(named(spans, "publish events")) == 2, timeout_s=10)
    finally:
        await outbox.stop()

    [work] = named(spans, "work")
    refused, sent = named(spans, "publish events")[:2]
    assert work.context is not None
    assert parent_of(refused) == parent_of(sent) == work.context.span_id
    assert (sent.kind, sent.status.status_code) == (SpanKind.PRODUCER, StatusCode.UNSET)
    assert (refused.status.status_code, (refused.attributes or {})["error.type"]) == (StatusCode.ERROR, "PublishFailed")
    assert (sent.attributes or {})["cloudevents.event_type"] == UserRegistered.NAME


async def test_what_is_not_recorded_makes_no_span(
    spans: InMemorySpanExporter, new_service: NewService, scripted_bus: Any, registered: Callable[..., UserRegistered]
) -> None:
    database, consumers, bus = await new_service("users"), Consumers("billing"), Handlers()

    @consumers.queue("accounts").each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        tx.emit(event)

    consumers.attach(bus, database)  # type: ignore[arg-type]
    outbox = Outbox(database, scripted_bus)
    await outbox.start()
    await bus.by_queue[QUEUE]([delivery(registered(), sampled(2)[:-1] + "0")])
    await wait_until(lambda: len(scripted_bus.published) == 1, timeout_s=10)
    await outbox.stop()

    assert spans.get_finished_spans() == ()
    assert scripted_bus.published[0].headers["cloudEvents:traceparent"] == sampled(2)[:-1] + "0"
