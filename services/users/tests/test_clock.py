"""Accounts and sessions come to be by the platform's clock, whatever time the database's machine has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


async def test_rows_are_made_and_changed_by_the_services_clock(users: Any) -> None:
    await users.member()
    [account] = await users.rows("SELECT created_at, updated_at FROM users")
    [session] = await users.rows("SELECT created_at FROM user_sessions")
    assert account["created_at"] == session["created_at"] == users.clock.now()

    users.clock.advance(timedelta(days=31))
    await users.log_in()
    [changed] = await users.rows("SELECT created_at, updated_at FROM users")
    assert changed == {"created_at": account["created_at"], "updated_at": users.clock.now()}
