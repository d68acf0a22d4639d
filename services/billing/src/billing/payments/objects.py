"""Reading what a payment processor says, whichever it is: objects of JSON that may lack what they promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

JsonObject = Mapping[str, Any]


class Unreadable(ValueError):
    """An object of a processor's lacks something it is documented to have, or says something we have no word for."""


class BadSignature(Exception):
    """This is not from the processor, or not from now. The text is for the log; the sender is told nothing."""


def part(data: JsonObject, name: str) -> JsonObject:
    """The object under ``name``, an empty one where there is none."""
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def word(data: JsonObject, name: str) -> str | None:
    """The text under ``name``; None where there is none, or one that no table could hold."""
    value = data.get(name)
    return value if isinstance(value, str) and value and value.isprintable() else None


def text(data: JsonObject, name: str) -> str:
    """The text under ``name``. Raises :class:`Unreadable` where there is none."""
    value = word(data, name)
    if value is None:
        raise Unreadable(f"there is no {name}")
    return value


def moment(data: JsonObject, name: str) -> datetime | None:
    """The moment in Unix seconds under ``name``."""
    value = data.get(name)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and 0 < value < 1 << 33 else None


def uuid(value: object) -> UUID | None:
    """One of our own ids, None for what is not: others may write metadata too."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def one_of(data: JsonObject, name: str, allowed: tuple[str, ...]) -> str:
    """The word under ``name``. Raises :class:`Unreadable` for one we do not know."""
    value = data.get(name)
    if value not in allowed:
        raise Unreadable(f"{name} is {value!r}")
    return str(value)
