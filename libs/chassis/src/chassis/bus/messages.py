"""Messages on their way: what leaves a service and what arrives at one.

They are tuples, because every message makes several of them: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from chassis import ids
from chassis.observe import context
from contracts.enums import Priority
from contracts.envelope import PREFIX, Envelope
from contracts.message import MAY_BE_ABSENT, Command, Event, Message

EVENTS = "events"
COMMANDS = "commands"

_TYPE = f"{PREFIX}type"

M = TypeVar("M", bound=Message)


class Outgoing(NamedTuple):
    """One message ready for the bus. ``mandatory``: it must reach a queue or it was not sent."""

    id: UUID
    exchange: str
    routing_key: str
    headers: Mapping[str, str]
    body: bytes
    mandatory: bool = True


class Delivery(NamedTuple):
    """One message as the bus hands it to a consumer. ``attempt`` is 1 for the first try."""

    queue: str
    headers: Mapping[str, object]
    body: bytes
    attempt: int = 1
    redelivered: bool = False


class Received(NamedTuple, Generic[M]):
    """A decoded message with its envelope."""

    message: M
    envelope: Envelope
    attempt: int = 1

    @property
    def context(self) -> context.Context:
        """What follows from this message carries its correlation, and names it as the cause."""
        return context.Context(
            correlation_id=self.envelope.correlation_id,
            causation_id=str(self.envelope.id),
            user_id=self.envelope.user_id,
            product_line=self.envelope.product_line,
            traceparent=self.envelope.traceparent,
            run_id=None if (run_id := getattr(self.message, "run_id", None)) is None else str(run_id),
        )


def outgoing(
    message: Message,
    *,
    service: str,
    now: datetime,
    cause: context.Context,
    priority: Priority = Priority.NORMAL,
    subject: str | None = None,
) -> Outgoing:
    """Wrap a contract model for the bus. The subject is the first declared field unless one is given.

    Raises ``TypeError`` for what is neither an event nor a command.
    """
    kind = _kind(type(message))
    said = message.__dict__
    message_id = ids.uuid7()
    envelope = Envelope(
        id=message_id,
        source=f"/services/{service}",
        type=message.NAME,
        time=now,
        subject=subject or str(said[kind.first_field]),
        correlation_id=cause.correlation_id or str(message_id),
        causation_id=cause.causation_id,
        product_line=said.get("product_line") or cause.product_line,
        user_id=said.get("user_id") or cause.user_id,
        traceparent=cause.traceparent,
    )
    return Outgoing(
        id=message_id,
        exchange=kind.exchange,
        routing_key=message.NAME if kind.exchange == EVENTS else command_key(kind.owner, priority),
        headers=envelope.to_headers(),
        body=message.__pydantic_serializer__.to_json(message),
        mandatory=kind.mandatory,
    )


class _Kind(NamedTuple):
    """What is the same for all messages of a class; looking it up takes longer than wrapping one."""

    exchange: str
    owner: str
    first_field: str
    mandatory: bool


@cache
def _kind(message: type[Message]) -> _Kind:
    command = issubclass(message, Command)
    if not command and not issubclass(message, Event):
        raise TypeError(f"{message.__name__} is neither an event nor a command")
    return _Kind(
        exchange=COMMANDS if command else EVENTS,
        owner=message.owner(),
        first_field=next(iter(message.model_fields)),
        mandatory=command or bool(set(message.READERS) - MAY_BE_ABSENT),
    )


def command_key(service: str, priority: Priority) -> str:
    """Routing key of a lane of a service's commands."""
    return f"{service}.{priority.value}"


def type_of(message: Outgoing) -> str:
    """The type that the message's envelope names; empty where it names none."""
    return message.headers.get(_TYPE, "")
