"""Figures over accounts."""

from __future__ import annotations

from typing import Any


async def test_administrators_see_how_many_accounts_there_are(users: Any) -> None:
    plain = await users.member()
    for name in ("meera", "ravi"):
        assert (await users.register(f"{name}@example.com")).status_code == 201
    async with users.database.connection() as connection:
        await connection.execute("UPDATE users SET is_active = false WHERE email = 'ravi@example.com'")
        await connection.execute("UPDATE users SET role = 'admin' WHERE email = 'meera@example.com'")
    admin = (await users.log_in("meera@example.com")).json()
    for tokens, status in ((plain, 403), (admin, 200)):
        async with users.client(tokens["access_token"]) as client:
            answer = await client.get("/internal/statistics")
        assert answer.status_code == status
    assert answer.json() == {"total": 3, "active": 2}
