"""Spans of messages, by OpenTelemetry's messaging conventions: one ``process`` span for each message that is handled,
one ``send`` span for each that is published.

The conventions leave a choice for batches: one span that links to all its messages, or one a message whose parent is
where the message was made. It is the second here, because a run has to be one trace: a batch of many runs has no
parent. What a batch does together, its statements, is below the first of its recorded messages; the others link to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import UUID

from opentelemetry.trace import Link, Span, SpanKind

from chassis.bus.messages import EVENTS, Outgoing, Received
from chassis.data.bookkeeping import AlreadySeen
from chassis.observe import traces
from contracts.envelope import PREFIX

_TRACEPARENT, _TYPE = f"{PREFIX}traceparent", f"{PREFIX}type"
_NONE: Mapping[UUID, Span] = {}


def handling(queue: str, received: Sequence[Received[Any]]) -> AbstractContextManager[Sequence[Received[Any]]]:
    """Messages of ``queue`` are handled in the block: those it gives, which name their spans as what causes the rest.

    An error that leaves the block is noted in all of them; that they were handled before is none.
    """
    if not traces.recording():
        return nullcontext(received)
    recorded = [index for index, item in enumerate(received) if traces.records(item.envelope.traceparent)]
    return _handling(queue, received, recorded) if recorded else nullcontext(received)


@contextmanager
def _handling(
    queue: str, received: Sequence[Received[Any]], recorded: Sequence[int]
) -> Iterator[Sequence[Received[Any]]]:
    items, spans = list(received), list[Span]()
    for index in recorded:
        item = items[index]
        span = traces.begin(
            traces.valid_traceparent(item.envelope.traceparent),
            f"process {queue}",
            kind=SpanKind.CONSUMER,
            attributes=_about(queue, item, len(received)),
            links=[Link(spans[0].get_span_context())] if spans else (),
        )
        spans.append(span)
        items[index] = item._replace(envelope=item.envelope._replace(traceparent=traces.traceparent_of(span)))
    try:
        with traces.within(spans[0]):
            yield items
    except AlreadySeen:
        for span in spans:
            span.set_attribute("talkingphoto.seen_before", True)
        raise
    except Exception as error:
        for span in spans:
            traces.failed(span, error)
        raise
    finally:
        for span in spans:
            span.end()


def sending(messages: Sequence[Outgoing]) -> Mapping[UUID, Span]:
    """The spans of messages that are being published, by message id; :func:`sent` ends those that are safe."""
    if not traces.recording():
        return _NONE
    spans = {}
    for message in messages:
        carried = message.headers.get(_TRACEPARENT)
        if carried is None or not traces.records(carried) or (parent := traces.valid_traceparent(carried)) is None:
            continue
        destination = message.exchange or message.routing_key
        attributes = {
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.destination.name": destination,
            "messaging.message.id": str(message.id),
            "cloudevents.event_type": message.headers.get(_TYPE, ""),
        }
        if message.exchange != EVENTS:
            attributes["messaging.rabbitmq.destination.routing_key"] = message.routing_key
        spans[message.id] = traces.begin(
            parent, f"publish {destination}", kind=SpanKind.PRODUCER, attributes=attributes
        )
    return spans


def sent(spans: Mapping[UUID, Span], message_ids: Sequence[UUID]) -> None:
    """End the spans of messages that have been confirmed."""
    for message_id in message_ids if spans else ():
        # A confirm may come twice, and after the time-out.
        if (span := spans.get(message_id)) is not None and span.is_recording():
            span.end()


def unsent(spans: Mapping[UUID, Span], error: BaseException) -> None:
    """End the spans of messages that have not been confirmed in time."""
    for span in spans.values():
        if span.is_recording():
            traces.failed(span, error)
            span.end()


def _about(queue: str, item: Received[Any], count: int) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": queue,
        "messaging.message.id": str(item.envelope.id),
        "messaging.message.conversation_id": item.envelope.correlation_id,
        "cloudevents.event_type": item.envelope.type,
        "talkingphoto.attempt": item.attempt,
    }
    if count > 1:
        attributes["messaging.batch.message_count"] = count
    if (run_id := getattr(item.message, "run_id", None)) is not None:
        attributes["talkingphoto.run_id"] = str(run_id)
    return attributes
