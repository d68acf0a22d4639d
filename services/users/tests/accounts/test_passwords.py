"""Passwords: how they are kept, how long that takes, and that all of one counts."""

from __future__ import annotations

import time
from typing import Any

import bcrypt
import pytest

from users.accounts import passwords
from users.accounts.passwords import Hasher, weakness


@pytest.fixture
async def hasher() -> Hasher:
    made = Hasher(10)
    await made.start()
    return made


def watch(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Hashes that passwords are compared with from now on."""
    compared: list[bytes] = []
    real = bcrypt.checkpw

    def watched(password: bytes, hashed: bytes) -> bool:
        compared.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", watched)
    return compared


async def test_all_of_a_long_password_counts(hasher: Hasher) -> None:
    long = "a1" * 50
    hashed = await hasher.hash(long + "x")
    assert await hasher.matches(long + "x", hashed)
    assert not await hasher.matches(long + "y", hashed)
    assert not await hasher.matches(long[:72], hashed)


async def test_a_nul_or_another_script_does_not_shorten_a_password(hasher: Hasher) -> None:
    hashed = await hasher.hash("पासवर्ड\x00-one")
    assert await hasher.matches("पासवर्ड\x00-one", hashed)
    assert not await hasher.matches("पासवर्ड\x00-two", hashed)


async def test_the_same_password_is_kept_differently_each_time(hasher: Hasher) -> None:
    first, second = await hasher.hash("monsoon-42"), await hasher.hash("monsoon-42")
    assert first != second
    assert first.startswith(b"$2b$10$")


async def test_an_unknown_account_costs_a_real_comparison(hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = watch(monkeypatch)
    assert not await hasher.matches("anything", None)
    [hashed] = compared
    assert hashed.startswith(b"$2b$10$")


async def test_an_unknown_account_is_compared_at_login_too(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = watch(monkeypatch)
    await users.register()
    assert (await users.log_in("nobody@example.com")).status_code == 401
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert len(compared) == 2
    assert {hashed[:7] for hashed in compared} == {b"$2b$04$"}


@pytest.mark.parametrize(
    ("seconds_at_10", "chosen"), [(0.001, 12), (0.037, 12), (0.040, 11), (0.070, 11), (0.080, 10), (5.0, 10)]
)
async def test_the_cost_is_the_largest_that_is_quick_enough(
    monkeypatch: pytest.MonkeyPatch, seconds_at_10: float, chosen: int
) -> None:
    moments = iter([0.0, seconds_at_10])
    monkeypatch.setattr(time, "perf_counter", lambda: next(moments, seconds_at_10))
    assert passwords._calibrated() == chosen


async def test_a_calibrated_hasher_keeps_to_its_bounds() -> None:
    hasher = Hasher()
    await hasher.start()
    cost = int((await hasher.hash("monsoon-42")).split(b"$")[2])
    assert 10 <= cost <= 12
    assert hasher.outdated(bcrypt.hashpw(b"x", bcrypt.gensalt(4)))


async def test_without_a_start_nobody_is_let_in_by_a_quick_answer() -> None:
    with pytest.raises(RuntimeError, match="started"):
        await Hasher(10).matches("anything", None)


async def test_an_old_hash_is_replaced_at_the_next_login(users: Any) -> None:
    await users.register()
    old = bcrypt.hashpw(passwords._digest("monsoon-42-lamp"), bcrypt.gensalt(5))
    await users.execute("UPDATE users SET password_hash = $1", old)
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"] == old
    assert (await users.log_in()).status_code == 200
    assert (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"].startswith(b"$2b$04$")
    assert (await users.log_in()).status_code == 200


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("monsoon-42-lamp", True),
        ("пароль-42-лампа", True),
        ("12345678!", False),
        ("seven-7", False),
        ("a1" * 128, True),
        ("a1" * 128 + "x", False),
        ("abcdefgh", False),
        ("PASSWORD123", False),
        ("Asha@Example.com", False),
        ("asha1986", False),
    ],
)
def test_what_is_accepted(password: str, accepted: bool) -> None:
    found = weakness(password, not_like=["asha@example.com", "Asha1986", ""])
    assert (found is None) == accepted
    assert found is None or password not in found
