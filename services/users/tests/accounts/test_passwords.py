"""Passwords: how they are kept, how long that takes, and that all of one counts."""

from __future__ import annotations

import statistics
import time
from typing import Any

import bcrypt
import pytest

from users.accounts import passwords
from users.accounts.passwords import Hasher, weakness
from users.accounts.service import commonest_cost
from users.settings import Settings


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


async def test_without_a_setting_hashes_cost_twelve() -> None:
    assert Settings(env="test").bcrypt_cost == 12
    with pytest.raises(ValueError, match="greater than or equal to 10"):
        Settings(env="test", bcrypt_cost=9)


async def test_hashes_only_ever_get_stronger(users: Any) -> None:
    """A replica with a lower cost leaves what another has hashed alone."""
    await users.register()
    strong = bcrypt.hashpw(passwords._digest("monsoon-42-lamp"), bcrypt.gensalt(6))
    await users.execute("UPDATE users SET password_hash = $1", strong)
    assert (await users.log_in()).status_code == 200
    assert (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"] == strong


@pytest.mark.parametrize(("own", "stored", "reference"), [(5, None, 5), (5, 7, 7), (7, 5, 7)])
async def test_every_comparison_does_the_work_of_the_largest_common_cost(
    monkeypatch: pytest.MonkeyPatch, own: int, stored: int | None, reference: int
) -> None:
    hasher = Hasher(own)
    await hasher.start(stored)
    hashed = [bcrypt.hashpw(passwords._digest("monsoon-42"), bcrypt.gensalt(cost)) for cost in (4, 5, reference)]
    work: list[int] = []
    compare, hash_anew = bcrypt.checkpw, bcrypt.hashpw

    def compared(password: bytes, against: bytes) -> bool:
        work.append(2 ** passwords.cost_of(against))
        return compare(password, against)

    def hashed_anew(password: bytes, salt: bytes) -> bytes:
        work.append(2 ** passwords.cost_of(salt))
        return hash_anew(password, salt)

    monkeypatch.setattr(bcrypt, "checkpw", compared)
    monkeypatch.setattr(bcrypt, "hashpw", hashed_anew)
    for known in (*hashed, None):
        work.clear()
        assert await hasher.matches("monsoon-42", known) is (known is not None)
        assert sum(work) == 2**reference


async def test_unknown_accounts_are_compared_at_the_cost_of_what_is_stored(users: Any) -> None:
    for number, cost in enumerate((5, 6, 6)):
        await users.register(f"{number}@example.com")
        kept = bcrypt.hashpw(b"x", bcrypt.gensalt(cost))
        await users.execute("UPDATE users SET password_hash = $1 WHERE email = $2", kept, f"{number}@example.com")
    async with users.database.transaction() as tx:
        assert await commonest_cost(tx) == 6
        await tx.execute("DELETE FROM users")
        assert await commonest_cost(tx) is None


async def test_a_wrong_password_takes_the_time_of_an_unknown_account(hasher: Hasher) -> None:
    """Measured in the time of this process, whoever else is busy: medians of comparisons that take turns."""
    older = bcrypt.hashpw(passwords._digest("monsoon-42"), bcrypt.gensalt(8))
    cases: dict[str, bytes | None] = {"unknown": None, "known": await hasher.hash("monsoon-42"), "older": older}
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(15):
        for name, hashed in cases.items():
            began = time.process_time()
            assert not await hasher.matches("wrong-password-1", hashed)
            took[name].append(time.process_time() - began)
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) - min(medians) < 0.010


async def test_without_a_start_nobody_is_let_in_by_a_quick_answer() -> None:
    with pytest.raises(RuntimeError, match="started"):
        await Hasher(10).matches("anything", None)


async def test_an_old_hash_is_replaced_at_the_next_login(users: Any) -> None:
    await users.register()
    hasher = users.service.app.state.hasher
    hasher._cost = 6
    await hasher.start()
    old = bcrypt.hashpw(passwords._digest("monsoon-42-lamp"), bcrypt.gensalt(5))
    await users.execute("UPDATE users SET password_hash = $1", old)
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"] == old
    assert (await users.log_in()).status_code == 200
    assert (await users.rows("SELECT password_hash FROM users"))[0]["password_hash"].startswith(b"$2b$06$")
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
        ("1qazxsw2", False),
        ("Mercede1", False),
        ("Ganesh123", False),
        ("Asha@Example.com", False),
        ("asha1986", False),
        ("Talking-Photo-2026!", False),
        ("reely12345", False),
        ("Administrator1", False),
        ("a photo that is talking 1", True),
    ],
)
def test_what_is_accepted(password: str, accepted: bool) -> None:
    found = weakness(password, not_like=["asha@example.com", "Asha1986", ""])
    assert (found is None) == accepted
    assert found is None or password not in found
