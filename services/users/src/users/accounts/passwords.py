"""Passwords: what is accepted, and how they are kept (USR-30, USR-31)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Iterable

import bcrypt

SHORTEST = 8
LONGEST = 256

_COMMON = frozenset(
    [
        "123456789",
        "1234567890",
        "12345678",
        "password1",
        "password12",
        "password123",
        "passw0rd",
        "p@ssword1",
        "qwerty123",
        "qwertyuiop1",
        "abc12345",
        "abcd1234",
        "iloveyou1",
        "admin123",
        "admin1234",
        "welcome1",
        "welcome123",
        "letmein1",
        "monkey123",
        "dragon123",
        "sunshine1",
        "princess1",
        "football1",
        "baseball1",
        "superman1",
        "trustno1",
        "master123",
        "hello123",
        "test1234",
        "changeme1",
        "summer2025",
        "winter2025",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "zaq12wsx",
        "qazwsx123",
        "asdf1234",
        "a1b2c3d4",
        "11111111a",
        "00000000a",
        "india123",
        "india@123",
        "krishna123",
        "ganesh123",
    ]
)
"""Passwords that every guesser tries first. The check against a breach service comes on top of it."""


def weakness(password: str, *, not_like: Iterable[str] = ()) -> str | None:
    """What is wrong with a password, for the person choosing it; None when it is accepted."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if not any(c.isalpha() for c in password) or all(c.isalpha() for c in password):
        return "Mix letters with digits or symbols."
    if password.lower() in _COMMON:
        return "This password is on every list of stolen passwords. Choose another one."
    if password.lower() in {text.lower() for text in not_like if text}:
        return "Use something other than your e-mail address or name."
    return None


class Hasher:
    """bcrypt off the event loop, on all cores but one, so that other requests keep their share.

    bcrypt reads 72 bytes; the password goes in as the base64 of its SHA-256, so that all of it counts. New hashes have
    ``cost``. Every comparison takes as long as one at the larger of ``cost`` and what most stored hashes have, so that
    neither an unknown account nor an old hash shows in the time (SEC-25).
    """

    def __init__(self, cost: int = 12) -> None:
        self._cost = cost
        self._slots = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))
        self._nobody: bytes | None = None

    async def start(self, stored: int | None = None) -> None:
        """Prepare the hash that unknown accounts are compared with; ``stored`` is the cost that most hashes have."""
        somebody = _digest(base64.b64encode(os.urandom(18)).decode())
        self._nobody = await asyncio.to_thread(bcrypt.hashpw, somebody, bcrypt.gensalt(max(self._cost, stored or 0)))

    async def hash(self, password: str) -> bytes:
        """A salted hash that carries its own cost."""
        async with self._slots:
            return await asyncio.to_thread(bcrypt.hashpw, _digest(password), bcrypt.gensalt(self._cost))

    async def matches(self, password: str, hashed: bytes | None) -> bool:
        """Whether the password is the one; False, after the same time, for an account that does not exist."""
        if self._nobody is None:
            raise RuntimeError("the hasher has not been started")
        async with self._slots:
            equal = await asyncio.to_thread(_compared, _digest(password), hashed or self._nobody, cost_of(self._nobody))
        return equal and hashed is not None

    def outdated(self, hashed: bytes) -> bool:
        """True for a hash weaker than today's; it is replaced at the next login."""
        return cost_of(hashed) < self._cost


def cost_of(hashed: bytes) -> int:
    """The cost that a hash carries."""
    return int(hashed.split(b"$")[2])


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def _compared(digest: bytes, hashed: bytes, as_long_as: int) -> bool:
    equal = bcrypt.checkpw(digest, hashed)
    # Each step of the cost doubles the work, so what is missing is one hash at each cost in between.
    for cost in range(cost_of(hashed), as_long_as):
        bcrypt.hashpw(digest, bcrypt.gensalt(cost))
    return equal
