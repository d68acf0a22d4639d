"""What notify publishes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from contracts.message import Event
from contracts.objects import StoredObject


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


class NotifyUserDataErased(Event):
    """A person's messages are gone.

    ``ask``: of the ``users.user_deletion_requested.v1`` that this answers.
    """

    NAME: ClassVar[str] = "notify.user_data_erased.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    user_id: UUID
    ask: int


class NotifyDataExportPartReady(Event):
    """What notify knows of a person is in the store, as JSON; users makes one archive of all parts."""

    NAME: ClassVar[str] = "notify.data_export_part_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    export_id: UUID
    part: StoredObject
