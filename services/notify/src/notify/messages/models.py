"""What a message is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received
from contracts.objects import StoredObject
from notify.messages.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event leads to, before anybody has looked whom it is for.

    ``once``: two drafts with the same one are the same message (NTF-10). ``values`` fill the words, ``data`` is for
    programs. ``objects`` are what the message is about, by name. ``sealed_token`` belongs into the letter's link;
    ``sealed_address`` is where the letter goes instead of the user's present address; both are under ``LINK_KEY``.
    """

    once: UUID
    user_id: UUID
    product_line: str
    kind: str
    values: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    objects: Mapping[str, StoredObject] = field(default_factory=dict)
    sealed_token: str | None = None
    sealed_address: str | None = None
    language: str | None = None
    """Where it is not the user's as it is known here."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in its recipient's words. ``in_app``: it is in the list of the user's messages."""

    draft: Draft
    title: str
    body: str
    language: str
    in_app: bool
    cause: Received[Any] | None = None

    @property
    def id(self) -> UUID:
        """Follows from the event, so a repeat is the same message."""
        return self.draft.once

    @property
    def kind(self) -> Kind:
        """What is true of all messages like it."""
        return KINDS[self.draft.kind]
