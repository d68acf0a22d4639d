"""Passwords: what is accepted, and how they are kept (USR-30, USR-31)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import Iterable

import bcrypt
import structlog

log = structlog.get_logger(__name__)

SHORTEST = 8
LONGEST = 256
_LOWEST_COST, _HIGHEST_COST = 10, 12
_SLOWEST_HASH_S = 0.150

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

    bcrypt reads 72 bytes; the password goes in as the base64 of its SHA-256, so that all of it counts. ``cost`` None
    means: the largest from 10 to 12 whose hash takes at most 150 ms on this machine.
    """

    def __init__(self, cost: int | None = None) -> None:
        self._cost = cost
        self._slots = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))
        self._nobody: bytes | None = None

    async def start(self) -> None:
        """Calibrate, and prepare the hash that unknown accounts are compared with."""
        if self._cost is None:
            self._cost = await asyncio.to_thread(_calibrated)
            log.info("passwords.calibrated", bcrypt_cost=self._cost)
        self._nobody = await self.hash(base64.b64encode(os.urandom(18)).decode())

    async def stop(self, grace_s: float = 5.0) -> None:
        """Nothing runs on."""

    async def hash(self, password: str) -> bytes:
        """A salted hash that carries its own cost."""
        cost = self._cost or _HIGHEST_COST
        async with self._slots:
            return await asyncio.to_thread(bcrypt.hashpw, _digest(password), bcrypt.gensalt(cost))

    async def matches(self, password: str, hashed: bytes | None) -> bool:
        """Whether the password is the one; takes as long for an account that does not exist (SEC-25)."""
        known = hashed is not None
        reference = hashed if hashed is not None else self._nobody
        if reference is None:
            raise RuntimeError("the hasher has not been started")
        async with self._slots:
            equal = await asyncio.to_thread(bcrypt.checkpw, _digest(password), reference)
        return equal and known

    def outdated(self, hashed: bytes) -> bool:
        """True for a hash of another cost than today's; it is replaced at the next login."""
        return self._cost is not None and int(hashed.split(b"$")[2]) != self._cost


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def _calibrated() -> int:
    started = time.perf_counter()
    bcrypt.hashpw(b"calibration", bcrypt.gensalt(_LOWEST_COST))
    # The time doubles with each step of the cost.
    seconds = time.perf_counter() - started
    fitting = [
        cost
        for cost in range(_LOWEST_COST, _HIGHEST_COST + 1)
        if seconds * 2 ** (cost - _LOWEST_COST) <= _SLOWEST_HASH_S
    ]
    return max(fitting, default=_LOWEST_COST)
