"""Passwords: what is accepted, and how they are kept (USR-30, USR-31)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Iterable
from functools import cache
from typing import Literal

import argon2
import bcrypt

SHORTEST = 8
LONGEST = 256

_COMMON_HERE = frozenset(
    [
        "00000000a",
        "admin1234",
        "ganesh123",
        "india@123",
        "krishna123",
        "p@ssword1",
        "summer2025",
        "winter2025",
    ]
)
"""Passwords that are guessed first where our users live, or of late, and that the public list does not know."""

OURS = frozenset({"admin", "administrator", "filmstudio", "pixie", "reely", "talkingphoto"})
"""What a password here may not be with a few digits or signs around it: names that a guesser begins with."""

STOLEN = "This password is on every list of stolen passwords. Choose another one."


def weakness(password: str, *, not_like: Iterable[str] = ()) -> str | None:
    """What is wrong with a password, for the person choosing it; None when it is accepted."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if not any(c.isalpha() for c in password) or all(c.isalpha() for c in password):
        return "Mix letters with digits or symbols."
    if password.lower() in _COMMON_HERE or password.lower() in _common():
        return STOLEN
    if "".join(c for c in password.lower() if c.isalpha()) in OURS:
        return "Use more than the name of what this is for."
    if password.lower() in {text.lower() for text in not_like if text}:
        return "Use something other than your e-mail address or name."
    return None


@cache
def _common() -> frozenset[str]:
    """The 30,000 commonest passwords of public leaks, as zxcvbn brings them."""
    # 0.1 s to import: not before somebody chooses a password.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

    return frozenset(FREQUENCY_LISTS["passwords"])


Scheme = Literal["bcrypt", "argon2id"]


class Hasher:
    """bcrypt or Argon2id off the event loop, on all cores but one, so that other requests keep their share.

    bcrypt reads 72 bytes; the password goes in as the base64 of its SHA-256, so that all of it counts. New bcrypt
    hashes have ``cost``; Argon2id has the parameters that RFC 9106 recommends where memory is scarce. Every comparison
    takes as long as one at the larger of ``cost`` and what most stored hashes have, once for each scheme in use, so
    that neither an unknown account nor an old hash shows in the time (SEC-25).
    """

    def __init__(self, cost: int = 12, scheme: Scheme = "bcrypt") -> None:
        self._cost = cost
        self._scheme: Scheme = scheme
        self._argon2 = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
        self._slots = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))
        self._nobody: dict[Scheme, bytes] = {}

    async def start(self, stored: int | None = None, *, argon2id: bool = False) -> None:
        """Prepare the hashes that unknown accounts are compared with.

        ``stored`` is the cost that most bcrypt hashes have, if there are any; ``argon2id``: there are such hashes.
        """
        somebody = base64.b64encode(os.urandom(18)).decode()
        nobody: dict[Scheme, bytes] = {}
        if self._scheme == "bcrypt" or stored is not None:
            cost = max(self._cost, stored or 0) if self._scheme == "bcrypt" else stored or self._cost
            nobody["bcrypt"] = await asyncio.to_thread(bcrypt.hashpw, _digest(somebody), bcrypt.gensalt(cost))
        if self._scheme == "argon2id" or argon2id:
            nobody["argon2id"] = await asyncio.to_thread(self._argon2id, somebody)
        self._nobody = nobody

    async def hash(self, password: str) -> bytes:
        """A salted hash that carries its own scheme and cost."""
        async with self._slots:
            if self._scheme == "argon2id":
                return await asyncio.to_thread(self._argon2id, password)
            return await asyncio.to_thread(bcrypt.hashpw, _digest(password), bcrypt.gensalt(self._cost))

    async def matches(self, password: str, hashed: bytes | None) -> bool:
        """Whether the password is the one; False, after the same time, for an account that does not exist."""
        if not self._nobody:
            raise RuntimeError("the hasher has not been started")
        async with self._slots:
            return await asyncio.to_thread(self._compared, password, hashed)

    def outdated(self, hashed: bytes) -> bool:
        """True for a hash weaker than today's; it is replaced at the next login."""
        if scheme_of(hashed) == "bcrypt":
            return self._scheme == "argon2id" or cost_of(hashed) < self._cost
        return self._scheme == "argon2id" and _work_of(hashed) < self._argon2.time_cost * self._argon2.memory_cost

    def _argon2id(self, password: str) -> bytes:
        return self._argon2.hash(password).encode()

    def _compared(self, password: str, hashed: bytes | None) -> bool:
        scheme = scheme_of(hashed) if hashed is not None else None
        # The account's own hash takes the place of the one of its scheme; another replica may have begun with that one.
        compared = self._nobody | ({scheme: hashed} if scheme is not None and hashed is not None else {})
        matching = {name for name, against in compared.items() if self._is_of(password, against, name)}
        return scheme is not None and scheme in matching

    def _is_of(self, password: str, hashed: bytes, scheme: Scheme) -> bool:
        if scheme == "argon2id":
            try:
                return self._argon2.verify(hashed, password)
            except argon2.exceptions.VerifyMismatchError:
                return False
        digest = _digest(password)
        equal = bcrypt.checkpw(digest, hashed)
        # Each step of the cost doubles the work, so what is missing is one hash at each cost in between.
        for cost in range(cost_of(hashed), cost_of(self._nobody.get("bcrypt", hashed))):
            bcrypt.hashpw(digest, bcrypt.gensalt(cost))
        return equal


def scheme_of(hashed: bytes) -> Scheme:
    """How a hash was made."""
    return "argon2id" if hashed.startswith(b"$argon2id$") else "bcrypt"


def cost_of(hashed: bytes) -> int:
    """The cost that a bcrypt hash carries."""
    return int(hashed.split(b"$")[2])


def _work_of(hashed: bytes) -> int:
    parameters = argon2.extract_parameters(hashed.decode())
    return parameters.time_cost * parameters.memory_cost


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
