"""The lock after failed logins: by account, by address, and never for ever."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from users.accounts.models import User
from users.devices import AddressHasher, Device, network_of
from users.sessions.lockout import LockRule, locked_for, one_more

HOME, STRANGER = "198.51.100.7", "203.0.113.66"
NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)
RULE = LockRule(3, timedelta(hours=1), timedelta(minutes=30))


async def guess(users: Any, address: str, times: int = 5, email: str = "asha@example.com") -> list[int]:
    return [(await users.log_in(email, "wrong-password-1", **{"address": address})).status_code for _ in range(times)]


async def log_in(users: Any, address: str, email: str = "asha@example.com") -> int:
    status: int = (await users.log_in(email, **{"address": address})).status_code
    return status


async def test_a_lock_holds_for_every_address_that_is_new_to_the_account(users: Any) -> None:
    await users.register()
    assert await guess(users, STRANGER) == [401] * 5
    assert await log_in(users, HOME) == 423
    users.clock.advance(timedelta(minutes=30))
    assert await log_in(users, HOME) == 200


async def test_guesses_from_many_addresses_lock_the_account_together(users: Any) -> None:
    await users.register()
    for number in range(5):
        assert await guess(users, f"203.0.113.{number}", 1) == [401]
    assert await log_in(users, "192.0.2.1") == 423


async def test_where_the_owner_was_before_the_owner_gets_in(users: Any) -> None:
    await users.register()
    assert await log_in(users, HOME) == 200
    assert await guess(users, STRANGER) == [401] * 5
    assert await log_in(users, STRANGER) == 423
    assert await log_in(users, HOME) == 200


async def test_the_owners_address_is_locked_by_its_own_failures_alone(users: Any) -> None:
    """Somebody at home guesses: home waits half an hour, the rest of the world does not."""
    await users.register()
    assert await log_in(users, HOME) == 200
    for _ in range(3):
        assert await guess(users, HOME) == [401] * 5
        assert await log_in(users, HOME) == 423
        assert await log_in(users, STRANGER) == 200
        users.clock.advance(timedelta(minutes=30))
        assert await log_in(users, HOME) == 200


async def test_one_stranger_cannot_keep_an_account_locked(users: Any) -> None:
    """The stranger comes back every half hour for a day; the owner travels, always at a new address."""
    await users.register()
    assert await guess(users, STRANGER) == [401] * 5
    assert await log_in(users, "192.0.2.1") == 423
    for hour in range(1, 24):
        users.clock.advance(timedelta(hours=1))
        await guess(users, STRANGER)
        assert await log_in(users, f"192.0.2.{hour + 1}") == 200, hour
        assert await log_in(users, STRANGER) == 423, hour


async def test_five_strangers_who_take_turns_cannot_either(users: Any) -> None:
    await users.register()
    strangers = [f"203.0.113.{number}" for number in range(5)]
    for stranger in strangers:
        await guess(users, stranger, 1)
    assert await log_in(users, HOME) == 423
    users.clock.advance(timedelta(minutes=31))
    for stranger in strangers:
        assert await guess(users, stranger, 1) == [401]
    assert await log_in(users, HOME) == 200


async def test_who_goes_on_guessing_is_shut_out_for_the_day(users: Any) -> None:
    await users.register()
    await guess(users, STRANGER)
    users.clock.advance(timedelta(minutes=30))
    assert await guess(users, STRANGER) == [401] * 5
    users.clock.advance(timedelta(hours=23))
    late = await users.log_in(**{"address": STRANGER})
    assert (late.status_code, late.headers["Retry-After"]) == (423, "1800")
    users.clock.advance(timedelta(minutes=30))
    assert await log_in(users, STRANGER) == 200


async def test_an_address_that_fails_for_many_accounts_is_locked_for_all(users: Any) -> None:
    await users.register()
    for number in range(30):
        assert await guess(users, STRANGER, 1, f"nobody{number}@example.com") == [401]
    refused = await users.log_in(**{"address": STRANGER})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "address_locked")
    assert refused.headers["Retry-After"] == "1800"
    assert await guess(users, STRANGER, 1, "nobody@example.com") == [429]
    assert await log_in(users, HOME) == 200
    users.clock.advance(timedelta(minutes=30))
    assert await log_in(users, STRANGER) == 200


async def test_what_nobody_is_called_is_locked_like_an_account(users: Any) -> None:
    await users.register()

    async def story(email: str) -> list[tuple[int, Any, Any]]:
        """What somebody sees who goes on guessing, from one address, from others, and later."""
        seen = []
        for number, minutes in (
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
            (1, 0),
            (2, 0),
            (2, 29),
            (1, 2),
            (2, 0),
        ):
            users.clock.advance(timedelta(minutes=minutes))
            answer = await users.log_in(email, "wrong-password-1", **{"address": f"192.0.2.{number}"})
            error = {k: v for k, v in answer.json()["error"].items() if k not in ("request_id", "trace_id")}
            seen.append((answer.status_code, error, answer.headers.get("Retry-After")))
        return seen

    known, unknown = await story("asha@example.com"), await story("nobody@example.com")
    assert known == unknown
    assert [status for status, _, _ in known] == [401] * 5 + [423] * 4 + [401, 401]


async def test_a_login_that_is_nobodys_is_counted_in_whatever_case_and_kept_as_a_hash(users: Any) -> None:
    for email in ("nobody@example.com", "NOBODY@example.com", "Nobody@Example.com", "nobodY@example.com"):
        assert await guess(users, STRANGER, 1, email) == [401]
    assert await guess(users, STRANGER, 2, "nobody@example.com") == [401, 423]
    [row] = await users.rows("SELECT * FROM unknown_logins")
    assert "nobody" not in str(row)


async def test_known_and_unknown_logins_take_the_same_time_after_many_tries_too(users: Any) -> None:
    """In the time of this process, whoever else is busy, taking turns; and in what is asked of the database."""
    await users.register()
    asked: list[str] = []
    event.listen(users.database._engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    took: dict[str, list[float]] = {"asha@example.com": [], "nobody@example.com": []}
    statements: dict[str, list[int]] = {email: [] for email in took}
    for number in range(20):
        for turn, email in enumerate(sorted(took, reverse=bool(number % 2))):
            asked.clear()
            began = time.process_time()
            await guess(users, f"192.0.2.{2 * number + turn}", 1, email)
            took[email].append(time.process_time() - began)
            statements[email].append(len(asked))
    medians = [statistics.median(times) for times in took.values()]
    assert abs(medians[0] - medians[1]) < 0.010
    known, unknown = statements.values()
    assert min(known) > 0
    assert all(abs(first - second) <= 1 for first, second in zip(known, unknown, strict=True))


async def test_no_address_is_kept_that_can_be_read(users: Any) -> None:
    await users.register()
    await guess(users, STRANGER, 1)
    rows = await users.rows("SELECT address FROM login_addresses UNION SELECT address FROM login_guards")
    assert [len(row["address"]) for row in rows] == [32]


async def test_many_guesses_at_the_same_moment_are_no_more_than_five(
    users: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are let through to the comparison before any has failed; what comes after the fifth says nothing."""
    await users.register()
    hasher = users.service.app.state.hasher
    real, waiting, everybody = hasher.matches, 0, asyncio.Event()

    async def together(password: str, hashed: bytes | None) -> bool:
        nonlocal waiting
        waiting += 1
        if waiting == 8:
            everybody.set()
        await asyncio.wait_for(everybody.wait(), 20)
        matched: bool = await real(password, hashed)
        return matched

    monkeypatch.setattr(hasher, "matches", together)
    wrong = [users.log_in(password="wrong-password-1", **{"address": STRANGER}) for _ in range(8)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*wrong))
    assert statuses == [401] * 5 + [423] * 3


async def test_a_password_changed_while_it_is_compared_is_compared_again(
    users: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await users.register()
    hasher = users.service.app.state.hasher
    real, compared = hasher.matches, []
    other = await hasher.hash("another-password-1")

    async def watched(password: str, hashed: bytes | None) -> bool:
        compared.append(hashed)
        matched: bool = await real(password, hashed)
        await users.execute("UPDATE users SET password_hash = $1", other)
        return matched

    monkeypatch.setattr(hasher, "matches", watched)
    assert (await users.log_in()).status_code == 401
    assert len(compared) == 2
    assert compared[1] == other


def test_the_rule() -> None:
    user = User(failed_login_count=0)
    assert [one_more(user, RULE, NOW + timedelta(minutes=m)) for m in (0, 30, 61, 62)] == [False] * 4
    assert user.failing_since == NOW + timedelta(minutes=61)
    assert one_more(user, RULE, NOW + timedelta(minutes=63))
    assert locked_for(user, NOW + timedelta(minutes=63)) == timedelta(minutes=30)
    assert locked_for(user, NOW + timedelta(minutes=93)) is None
    assert locked_for(None, NOW) is None
    assert not one_more(user, RULE, NOW + timedelta(minutes=94)), "a lock starts the count anew"
    day = NOW + timedelta(days=1)
    assert [one_more(user, RULE, NOW + timedelta(minutes=95), until=day) for _ in range(2)] == [False, True]
    assert user.locked_until == day


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", None),
        (None, None),
    ],
)
def test_what_stands_for_one_subscriber(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_hashes_of_addresses_need_the_key() -> None:
    device, other = Device("203.0.113.9", None), Device("203.0.113.10", None)
    first, second = AddressHasher(b"1" * 32), AddressHasher(b"2" * 32)
    assert first(device) == first(device) != first(other)
    assert first(device) != second(device)
    assert first.of_network(Device("2001:db8::1", None)) == first.of_network(Device("2001:db8::2", None))
    assert first(Device("2001:db8::1", None)) != first(Device("2001:db8::2", None))
