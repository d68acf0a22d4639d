"""A message as a row of the outbox. What follows from its id, key and type is not written twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.messages import Outgoing
from contracts.envelope import PREFIX, SCHEMA_BASE, SPEC_VERSION


def packed(message: Outgoing) -> dict[str, str]:
    """The headers to be stored: those of an envelope shortened, any others as they are."""
    kind = message.headers.get(PREFIX + "type", "")
    implied = _implied(message.id, kind)
    if kind == message.routing_key:
        implied[PREFIX + "type"] = kind
    ours = all(name.startswith(PREFIX) for name in message.headers)
    if not ours or not implied.items() <= message.headers.items():
        return dict(message.headers)
    return {name.removeprefix(PREFIX): value for name, value in message.headers.items() if name not in implied}


def from_row(row: Mapping[str, Any]) -> Outgoing:
    """The message that an outbox row was; rows that were stored with all their headers too."""
    stored = row["headers"]
    if "source" in stored:
        stored = _implied(row["id"], stored.get("type", row["routing_key"])) | {
            PREFIX + "type": row["routing_key"],
            **{PREFIX + name: value for name, value in stored.items()},
        }
    return Outgoing(row["id"], row["exchange"], row["routing_key"], stored, row["body"], row["mandatory"])


def _implied(message_id: UUID, kind: str) -> dict[str, str]:
    return {
        PREFIX + "specversion": SPEC_VERSION,
        PREFIX + "id": str(message_id),
        PREFIX + "dataschema": SCHEMA_BASE + kind,
    }
