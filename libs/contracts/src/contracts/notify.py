"""What notify publishes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from contracts.message import Event


class NotificationSent(Event):
    """A message reached a channel."""

    NAME: ClassVar[str] = "notify.notification_sent.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    notification_id: UUID
    user_id: UUID
    channel: str
    kind: str


class NotificationFailed(Event):
    """A message will not reach a channel: it was refused, or tried as often as is allowed (CON-43)."""

    NAME: ClassVar[str] = "notify.notification_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    notification_id: UUID
    user_id: UUID
    channel: str
    kind: str
    reason: str


class WebhookDeliveryFailed(Event):
    """A customer's endpoint did not take a delivery, as often as it was tried (CON-43)."""

    NAME: ClassVar[str] = "notify.webhook_delivery_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    delivery_id: UUID
    endpoint_id: UUID
    user_id: UUID
    type: str
    attempts: int
    reason: str
    switched_off: bool
    """Whether the endpoint gets nothing any more until its owner switches it on."""


class AlertRaised(Event):
    """Operators are told that something is wrong (CON-43)."""

    NAME: ClassVar[str] = "notify.alert_raised.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    alert_id: UUID
    severity: str
    service: str
    message: str
