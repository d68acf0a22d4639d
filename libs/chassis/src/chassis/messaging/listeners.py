"""Listeners: every process hears, nothing is stored. For caches and wake-ups that a missed message cannot harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from chassis import ids
from chassis.bus.messages import EVENTS, Delivery, Received
from chassis.bus.port import ACKNOWLEDGE, Binding, Bury, Bus, QueueSpec, Verdict
from chassis.observe.logs import service_scope
from contracts.envelope import BadEnvelope, Envelope
from contracts.message import Event

log = structlog.get_logger(__name__)

QUEUE_OF_LISTENER = ".listener."
"""Between the service and what tells this process' queue from others'."""

E = TypeVar("E", bound=Event)
Listener = Callable[[Received[Any]], None]


class Listeners:
    """What one process of a service listens to, on a queue of its own that ends with the process."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._types: dict[str, type[Event]] = {}
        self._listeners: dict[str, Listener] = {}

    def on(self, *types: type[Event]) -> Callable[[Listener], Listener]:
        """Call a quick, synchronous function for each event of these types."""

        def register(listener: Listener) -> Listener:
            for kind in types:
                self._types[kind.NAME] = kind
                self._listeners[kind.NAME] = listener
            return listener

        return register

    def attach(self, bus: Bus) -> None:
        """Subscribe this process."""
        bus.subscribe(
            QueueSpec(
                name=f"{self._service}{QUEUE_OF_LISTENER}{ids.uuid7().hex}",
                bindings=tuple(Binding(EVENTS, name) for name in self._types),
                shared=False,
                retry_delays_s=(),
            ),
            self._hear,
        )

    async def _hear(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        with service_scope(self._service):
            return [self._hear_one(delivery) for delivery in deliveries]

    def _hear_one(self, delivery: Delivery) -> Verdict:
        try:
            envelope = Envelope.from_headers(delivery.headers, read_id=ids.read)
            message = self._types[envelope.type].model_validate_json(delivery.body)
        except (BadEnvelope, KeyError, ValidationError) as error:
            return Bury(f"unreadable: {error}")
        try:
            self._listeners[envelope.type](Received(message, envelope, delivery.attempt))
        except Exception:
            # Hearing is only ever a convenience: one bad listener must not cost the others their news.
            log.exception("listener.failed", service=self._service, type=envelope.type)
        return ACKNOWLEDGE
