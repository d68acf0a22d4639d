"""Every table that grows is swept by age, and no request does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.work.sweeper import Sweeper
from users.kept import tables
from users.settings import Settings


def sweeper(users: Any, *, batch: int = 5000) -> Sweeper:
    return Sweeper(users.database, tables(Settings(env="test")), batch=batch)


async def count(users: Any, table: str) -> int:
    return int((await users.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"])  # noqa: S608


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        # Days after which a row is still there, and after which it is gone.
        ("user_sessions", (7 + 89, 7 + 91)),
        ("refresh_tokens", (6.9, 7.1)),
        ("login_guards", (0.9, 1.1)),
        ("login_addresses", (0.04, 0.1)),
        ("unknown_logins", (0.04, 0.1)),
        ("sign_ins", (0.006, 0.008)),
        ("sign_in_tickets", (0.0006, 0.0008)),
        ("one_time_tokens", (1.9, 2.1)),
        ("letters_asked", (0.04, 0.05)),
        ("login_challenges", (0.003, 0.004)),
        ("signing_keys", (1.04, 1.05)),
    ],
)
async def test_what_is_too_old_goes_and_what_is_not_stays(users: Any, table: str, steps: Sequence[float]) -> None:
    await users.member()
    for email in ("asha@example.com", "nobody@example.com"):
        assert (await users.log_in(email, "wrong-password-1")).status_code == 401
    await users.execute(
        "INSERT INTO sign_ins (state_hash, browser_hash, provider, verifier, nonce, consents, expires_at) "
        "VALUES ('s', 'b', 'google', 'v', 'n', '[]', $1)",
        users.clock.now() + timedelta(minutes=10),
    )
    await users.execute(
        "INSERT INTO sign_in_tickets (ticket_hash, user_id, product_line, challenge, expires_at) "
        "SELECT 't', id, 'talkingphoto', 'c', $1 FROM users",
        users.clock.now() + timedelta(minutes=1),
    )
    await users.execute(
        "INSERT INTO login_challenges (ticket_hash, user_id, product_line, expires_at) "
        "SELECT 't', id, 'talkingphoto', $1 FROM users",
        users.clock.now() + timedelta(minutes=5),
    )
    async with users.client() as client:
        await client.post("/api/v1/auth/forgot-password", json={"email": "nobody@example.com"})
    began, before = users.clock.now(), await count(users, table)
    assert before
    keeper = sweeper(users)
    assert sum((await keeper.sweep()).values()) == 0
    users.clock.advance(timedelta(days=steps[0]))
    await keeper.sweep()
    assert await count(users, table) == before
    users.clock.advance(began + timedelta(days=steps[1]) - users.clock.now())
    swept = await keeper.sweep()
    assert (await count(users, table), swept[table] >= 1) == (0, True)


async def test_a_lock_outlives_the_sweep(users: Any) -> None:
    await users.register()
    for email in ("asha@example.com", "nobody@example.com"):
        for _ in range(5):
            await users.log_in(email, "wrong-password-1")
        users.clock.advance(timedelta(minutes=20))
        await sweeper(users).sweep()
        assert (await users.log_in(email)).status_code == 423


async def test_it_goes_on_in_batches_and_leaves_what_somebody_is_at(users: Any) -> None:
    for number in range(7):
        await users.log_in(f"{number}@example.com", "wrong-password-1")
    users.clock.advance(timedelta(days=2))
    async with users.database.transaction() as tx:
        await tx.session.execute(text("SELECT * FROM unknown_logins LIMIT 1 FOR UPDATE"))
        swept = await sweeper(users, batch=2).sweep()
        assert swept["unknown_logins"] == 6
    assert await count(users, "unknown_logins") == 1
    assert (await sweeper(users).sweep())["unknown_logins"] == 1


async def test_no_request_sweeps(users: Any) -> None:
    await users.log_in("nobody@example.com", "wrong-password-1")
    users.clock.advance(timedelta(days=2))
    await users.log_in("another@example.com", "wrong-password-1")
    assert await count(users, "unknown_logins") == 2


def test_the_service_has_it_in_the_background(users: Any) -> None:
    assert users.service.retention == tables(Settings(env="test"))
