"""A message as a row of the outbox. What follows from its id, key and type is not written twice."""

from __future__ import annotations

from collections.abc import Mapping
from operator import methodcaller
from typing import Any

from chassis.messages import Outgoing
from contracts.envelope import PREFIX, SCHEMA_BASE, SPEC_VERSION

_SPEC, _ID, _SCHEMA, _TYPE = (PREFIX + name for name in ("specversion", "id", "dataschema", "type"))
_IMPLIED = frozenset({_SPEC, _ID, _SCHEMA})
_WITH_TYPE = _IMPLIED | {_TYPE}
_is_ours = methodcaller("startswith", PREFIX)


def packed(message: Outgoing) -> dict[str, str]:
    """The headers to be stored: those of an envelope shortened, any others as they are."""
    headers = message.headers
    kind = headers.get(_TYPE, "")
    whole = (
        headers.get(_ID) == str(message.id)
        and headers.get(_SPEC) == SPEC_VERSION
        and headers.get(_SCHEMA) == SCHEMA_BASE + kind
        and all(map(_is_ours, headers))
    )
    if not whole:
        return dict(headers)
    implied = _WITH_TYPE if kind == message.routing_key else _IMPLIED
    return {name[len(PREFIX) :]: value for name, value in headers.items() if name not in implied}


def from_row(row: Mapping[str, Any]) -> Outgoing:
    """The message that an outbox row was; rows that were stored with all their headers too."""
    stored = row["headers"]
    if "source" in stored:
        kind = stored.get("type", row["routing_key"])
        stored = {_SPEC: SPEC_VERSION, _ID: str(row["id"]), _SCHEMA: SCHEMA_BASE + kind, _TYPE: kind} | {
            PREFIX + name: value for name, value in stored.items()
        }
    return Outgoing(row["id"], row["exchange"], row["routing_key"], stored, row["body"], row["mandatory"])
