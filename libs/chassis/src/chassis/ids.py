"""Identifiers: UUIDv7, so that primary keys are ordered by time (PLT-08)."""

from __future__ import annotations

import os
import time
from datetime import datetime
from uuid import UUID, uuid5

_RANDOM_BITS = 74


def uuid7() -> UUID:
    """A new identifier, RFC 9562 version 7: 48 bits of Unix milliseconds, 74 random bits."""
    return _compose(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big") >> (80 - _RANDOM_BITS))


def uuid7_floor(moment: datetime) -> UUID:
    """The smallest identifier that can have been made at ``moment``: compare with ``<`` to mean "made before"."""
    return _compose(int(moment.timestamp() * 1000), 0)


def derived(namespace: UUID, *parts: object) -> UUID:
    """The same identifier for the same parts, so that a repeated command repeats its ids (version 5)."""
    return uuid5(namespace, ":".join(str(part) for part in parts))


def _compose(milliseconds: int, random: int) -> UUID:
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low)
