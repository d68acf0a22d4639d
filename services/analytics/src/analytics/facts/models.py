"""What is kept of an event: what it counts by and what is counted, never who, never words (CON-13, SEC-33). Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from analytics.facts.counted import COUNTED
from chassis.bus.messages import Received

WORDS = {"run_id": "run", "payment_id": "payment", "subscription_id": "subscription"}
"""Ids that lead to a person: a fact has a word instead, under another name."""

_PERSON_BYTES = 8


class Fact(NamedTuple):
    """One thing that happened. ``person`` stands for whoever did it, and leads back to nobody."""

    id: UUID
    type: str
    at: datetime
    person: str | None
    product_line: str | None
    body: dict[str, Any]


class OtherKey(ConnectionError):
    """The words in the database are under another key than ours; nothing is wrong with what waits for it."""


class Key:
    """Makes words of words: HMAC with SHA-256, of as many bytes as a word has."""

    BLOCK = 64

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, value: bytes, length: int) -> bytes:
        """The first bytes of the keyed hash."""
        return hmac.new(self._key, value, hashlib.sha256).digest()[:length]

    def pads(self) -> tuple[bytes, bytes]:
        """What PostgreSQL, which has SHA-256 but no HMAC, hashes before the value and before that hash (RFC 2104)."""
        key = self._key if len(self._key) <= self.BLOCK else hashlib.sha256(self._key).digest()
        key = key.ljust(self.BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


class Pseudonyms:
    """Words for people and for what belongs to them (SEC-33): keyed hashes, under every key there has been in turn.

    A person's is the first 16 hexadecimal characters; an id's is an id.
    """

    def __init__(self, keys: str) -> None:
        """``keys``, divided by commas, the newest first."""
        self.keys = tuple(Key(key) for key in reversed(keys.split(",")))

    def of(self, user_id: UUID) -> str:
        """Always the same for one person; without the keys nobody finds out for whom."""
        return self._word(user_id.bytes, _PERSON_BYTES).hex()

    def of_id(self, value: UUID) -> UUID:
        """The same for a run, a payment, a subscription."""
        return UUID(bytes=self._word(value.bytes, 16))

    def marks(self) -> Sequence[str]:
        """By what each key is told, with those before it, the newest last."""
        found, word = [], bytes(_PERSON_BYTES)
        for key in self.keys:
            word = key.of(word, _PERSON_BYTES)
            found.append(word.hex())
        return found

    def _word(self, value: bytes, length: int) -> bytes:
        for key in self.keys:
            value = key.of(value, length)
        return value


def fact_of(received: Received[Any], pseudonyms: Pseudonyms) -> Fact:
    """What is kept of an event that is one of ``COUNTED``."""
    message, envelope = received.message, received.envelope
    user_id = getattr(message, "user_id", None) or envelope.user_id
    line = getattr(message, "product_line", None) or getattr(message, "home_product_line", None)
    fields = set(COUNTED[type(message)].fields)
    body = message.model_dump(mode="json", include=fields - WORDS.keys(), exclude_none=True)
    for name in fields & WORDS.keys():
        body[WORDS[name]] = str(pseudonyms.of_id(getattr(message, name)))
    return Fact(
        id=envelope.id,
        type=envelope.type,
        at=envelope.time,
        person=None if user_id is None else pseudonyms.of(user_id),
        product_line=line or envelope.product_line,
        body=body,
    )
