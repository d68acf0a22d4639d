"""What a message is, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received


@dataclass(frozen=True, slots=True)
class Recipient:
    """What notify knows of a user."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Message:
    """One in-app message. ``id`` follows from the event, so a repeat is the same message (NTF-10)."""

    id: UUID
    user_id: UUID
    product_line: str
    kind: str
    title: str
    body: str
    data: dict[str, Any]
    cause: Received[Any] | None = None
