"""Argon2id by setting: old hashes become stronger at a login, and none becomes weaker (USR-31)."""

from __future__ import annotations

import statistics
import time
from typing import Any

import argon2
import bcrypt
import pytest

from users.accounts import passwords
from users.accounts.passwords import Hasher

QUICK = {"time_cost": 1, "memory_cost": 1024, "parallelism": 1}


def quick(hasher: Hasher) -> None:
    """Below what is used: a test is to take a second, not a minute."""
    hasher._argon2 = argon2.PasswordHasher(**QUICK)


async def stored(users: Any) -> bytes:
    hashed: bytes = (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"]
    return hashed


async def test_a_bcrypt_hash_is_replaced_at_the_next_login(users_with: Any) -> None:
    async with users_with(password_hasher="argon2id") as users:
        quick(users.service.app.state.hasher)
        await users.register()
        assert (await stored(users)).startswith(b"$argon2id$v=19$m=1024,t=1,p=1$")
        old = bcrypt.hashpw(passwords._digest("monsoon-42-lamp"), bcrypt.gensalt(4))
        await users.execute("UPDATE users SET password_hash = $1", old)
        assert (await users.log_in(password="wrong-password-1")).status_code == 401
        assert await stored(users) == old
        assert (await users.log_in()).status_code == 200
        assert (await stored(users)).startswith(b"$argon2id$")
        assert (await users.log_in()).status_code == 200
        assert (await users.log_in(password="wrong-password-1")).status_code == 401


async def test_an_argon2id_hash_stays_where_bcrypt_is_set(users: Any) -> None:
    await users.register()
    strong = argon2.PasswordHasher(**QUICK).hash("monsoon-42-lamp").encode()
    await users.execute("UPDATE users SET password_hash = $1", strong)
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert (await users.log_in()).status_code == 200
    assert await stored(users) == strong


async def test_weaker_parameters_are_replaced_and_stronger_ones_stay() -> None:
    hasher = Hasher(4, "argon2id")
    hasher._argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1)
    made = {
        memory: argon2.PasswordHasher(time_cost=2, memory_cost=memory, parallelism=1).hash("x").encode()
        for memory in (512, 1024, 2048)
    }
    assert {memory: hasher.outdated(hashed) for memory, hashed in made.items()} == {512: True, 1024: False, 2048: False}


async def test_all_of_a_long_password_counts() -> None:
    hasher = Hasher(4, "argon2id")
    quick(hasher)
    await hasher.start()
    hashed = await hasher.hash("a1" * 50 + "x")
    assert await hasher.matches("a1" * 50 + "x", hashed)
    assert not await hasher.matches("a1" * 50 + "y", hashed)
    assert not await hasher.matches("a1" * 50 + "x", None)


@pytest.mark.parametrize("scheme", ["bcrypt", "argon2id"])
async def test_where_both_are_stored_every_comparison_takes_the_time_of_both(scheme: Any) -> None:
    """In the time of this process, whoever else is busy: medians of comparisons that take turns."""
    hasher = Hasher(8, scheme)
    hasher._argon2 = argon2.PasswordHasher(time_cost=1, memory_cost=16384, parallelism=1)
    await hasher.start(8, argon2id=True)
    cases: dict[str, bytes | None] = {
        "unknown": None,
        "bcrypt": bcrypt.hashpw(passwords._digest("monsoon-42"), bcrypt.gensalt(8)),
        "argon2id": hasher._argon2.hash("monsoon-42").encode(),
    }
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(15):
        for name, hashed in cases.items():
            began = time.process_time()
            assert await hasher.matches("monsoon-42", hashed) is (hashed is not None)
            took[name].append(time.process_time() - began)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) - min(medians) < 0.010
