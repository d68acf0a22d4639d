"""Values as JSON text, the form in which statements and services take them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson


def as_json(value: Any) -> str:
    """JSON text of plain values, dates, UUIDs and dataclasses. Raises ``TypeError`` for anything else."""
    return orjson.dumps(value, default=_identifier).decode()


def _identifier(value: Any) -> str:
    # The driver's own kind of UUID (see :mod:`chassis.ids`) is a subclass, which the encoder does not know.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
