"""What a webhook is, and the rules of its deliveries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from standardwebhooks import Webhook

from chassis import ids
from chassis.bus.messages import Received
from contracts.workflow import RunCancelled, RunCompleted, RunCreated, RunEvent, RunFailed, StepCompleted
from notify.live.updates import update_of

FEATURE = "customer_webhooks"
"""What a plan that comes with webhooks calls it."""
MOST_ENDPOINTS = 10
MOST_FAILURES = 20
"""In a row; then the endpoint is switched off."""
MOST_ATTEMPTS = 8
"""Of one delivery: over a little more than two hours."""
OLD_SECRET_LIVES = timedelta(days=1)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 60.0, 3600.0


class EventType(StrEnum):
    """What customers can be told of."""

    CREATED = "workflow.created"
    STEP_COMPLETED = "workflow.step_completed"
    COMPLETED = "workflow.completed"
    FAILED = "workflow.failed"
    CANCELLED = "workflow.cancelled"


TEST = "webhook.test"

_TYPES: Mapping[type[RunEvent], EventType] = {
    RunCreated: EventType.CREATED,
    StepCompleted: EventType.STEP_COMPLETED,
    RunCompleted: EventType.COMPLETED,
    RunFailed: EventType.FAILED,
    RunCancelled: EventType.CANCELLED,
}


class DeliveryStatus(StrEnum):
    """How a delivery is. ``missed``: never tried, because the endpoint was off or an earlier one of its run failed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Told:
    """One event as customers get it. Those of one ``lane`` arrive in the order of ``sequence``."""

    id: UUID
    user_id: UUID
    lane: UUID
    sequence: int
    type: str
    body: str


def is_told(event: RunEvent) -> bool:
    """Whether customers can hear of it."""
    return type(event) in _TYPES


def told(received: Received[Any]) -> Told:
    """What customers hear of an event of a run that :func:`is_told`."""
    event: RunEvent = received.message
    kind = _TYPES[type(event)]
    update = update_of(event, received.envelope.time)
    data = {name: value for name, value in update.body.items() if name not in ("type", "timestamp", "trace_id")}
    body = _body(kind, update.body["timestamp"], data)
    event_id = ids.derived(event.run_id, kind, event.sequence)
    return Told(event_id, event.user_id, event.run_id, event.sequence, kind, body)


def trial(user_id: UUID, now: datetime) -> Told:
    """What is sent to try an endpoint out."""
    event_id = ids.uuid7()
    said = {"message": "If you can read this and the signature is right, your webhook works."}
    return Told(event_id, user_id, event_id, 0, TEST, _body(TEST, now.isoformat().replace("+00:00", "Z"), said))


def _body(kind: str, timestamp: str, data: Mapping[str, Any]) -> str:
    return orjson.dumps({"type": kind, "timestamp": timestamp, "data": data}).decode()


def wait_after(attempts: int) -> timedelta:
    """How long after so many failed attempts the next one comes: 60, 120, 240 seconds and on, an hour at most."""
    return timedelta(seconds=min(_FIRST_WAIT_S * 2.0 ** (attempts - 1), _LONGEST_WAIT_S))


def new_secret() -> str:
    """A secret as the specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def signed(event_id: UUID, body: str, secrets_in_force: list[str], now: datetime) -> dict[str, str]:
    """The headers of a delivery; receivers that know any of the secrets accept it."""
    name = f"msg_{event_id.hex}"
    signatures = (Webhook(secret).sign(name, now, body) for secret in secrets_in_force)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
