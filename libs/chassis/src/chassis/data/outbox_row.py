"""A message as a row of the outbox. What follows from its id, key and type is not written twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.bus.messages import Outgoing
from contracts.envelope import PREFIX, SCHEMA_BASE, SPEC_VERSION

_SPEC, _ID, _SCHEMA, _TYPE = (PREFIX + name for name in ("specversion", "id", "dataschema", "type"))
_IMPLIED = frozenset({_SPEC, _ID, _SCHEMA})
_STORED = ("source", "type", "time", "subject", "correlationid", "causationid", "productline", "userid", "traceparent")
_SHORT = {PREFIX + name: name for name in _STORED}


def packed(message: Outgoing) -> dict[str, str]:
    """The headers to be stored: those of an envelope shortened, any others as they are."""
    headers = message.headers
    kind = headers.get(_TYPE, "")
    whole = (
        headers.get(_ID) == str(message.id)
        and headers.get(_SPEC) == SPEC_VERSION
        and headers.get(_SCHEMA) == SCHEMA_BASE + kind
    )
    stored = {_SHORT[name]: value for name, value in headers.items() if name in _SHORT}
    if not whole or len(stored) + len(_IMPLIED) != len(headers):
        return dict(headers)
    if kind == message.routing_key:
        del stored["type"]
    return stored


def from_row(row: Mapping[str, Any]) -> Outgoing:
    """The message that an outbox row was; rows that were stored with all their headers too."""
    stored = row["headers"]
    if "source" in stored:
        kind = stored.get("type", row["routing_key"])
        stored = {_SPEC: SPEC_VERSION, _ID: str(row["id"]), _SCHEMA: SCHEMA_BASE + kind, _TYPE: kind} | {
            PREFIX + name: value for name, value in stored.items()
        }
    return Outgoing(row["id"], row["exchange"], row["routing_key"], stored, row["body"], row["mandatory"])
