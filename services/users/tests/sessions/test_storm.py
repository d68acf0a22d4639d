"""Twenty people log in at once, and nobody else waits for a password to be compared (USR-31)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import bcrypt
import pytest

PEOPLE = 20
MOST_S = 0.050
COST = 11
"""One comparison takes more than twice as long as anybody may wait."""


async def test_twenty_logins_keep_the_loop_free(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the time of the loop's own thread, whoever else is busy: how long it does one thing before the next."""
    for number in range(PEOPLE):
        await users.register(f"{number}@example.com")
    hasher = users.service.app.state.hasher
    hasher._cost = COST
    await hasher.start()
    strong = await hasher.hash("monsoon-42-lamp")
    await users.execute("UPDATE users SET password_hash = $1", strong)
    real, took, at_once, most = bcrypt.checkpw, [], 0, 0

    def watched(password: bytes, hashed: bytes) -> bool:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        began = time.thread_time()
        try:
            return real(password, hashed)
        finally:
            took.append(time.thread_time() - began)
            at_once -= 1

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    tokens = (await users.log_in("0@example.com")).json()
    alone: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        before = time.thread_time()
        run(handle)
        alone.append(time.thread_time() - before)

    async with users.client() as anybody, users.client(tokens["access_token"]) as client:
        bodies = [{"email": f"{number}@example.com", "password": "monsoon-42-lamp"} for number in range(PEOPLE)]
        monkeypatch.setattr(asyncio.Handle, "_run", timed)
        logins = [asyncio.create_task(anybody.post("/api/v1/auth/login", json=body)) for body in bodies]
        while not all(login.done() for login in logins):
            assert (await client.get("/api/v1/users/me")).status_code == 200
        monkeypatch.setattr(asyncio.Handle, "_run", run)
    assert [login.result().status_code for login in logins] == [200] * PEOPLE
    assert len(took) == PEOPLE + 1
    assert min(took) > 2 * MOST_S
    # All cores but one compare at a time, and the loop does nothing that takes as long as anybody may wait.
    assert most == hasher._slots._value
    assert max(alone) < MOST_S
