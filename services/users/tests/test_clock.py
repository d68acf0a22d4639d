"""Accounts and sessions come to be by the platform's clock, whatever time the database's machine has."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.billing import EntitlementsChanged
from contracts.enums import Priority


async def test_rows_are_made_and_changed_by_the_services_clock(users: Any) -> None:
    await users.member()
    [account] = await users.rows("SELECT created_at, updated_at FROM users")
    [session] = await users.rows("SELECT created_at FROM user_sessions")
    assert account["created_at"] == session["created_at"] == users.clock.now()

    users.clock.advance(timedelta(days=31))
    await users.log_in()
    [changed] = await users.rows("SELECT created_at, updated_at FROM users")
    assert changed == {"created_at": account["created_at"], "updated_at": users.clock.now()}


async def test_credits_of_a_month_that_is_over_read_as_unused(users: Any) -> None:
    """Billing tells of the new month with its first reservation; until then the profile knows what is coming."""
    tokens = await users.member()
    [account] = await users.rows("SELECT id FROM users")

    async def told(version: int, anew: int | None) -> None:
        await users.tell(
            EntitlementsChanged(
                user_id=UUID(str(account["id"])),
                product_line="talkingphoto",
                plan="free",
                limits={"workflows": 3},
                features={},
                priority=Priority.LOW,
                run_budget=Decimal("0.1"),
                credits_available=0,
                credits_anew=anew,
                period_ends_at=users.clock.now() + timedelta(minutes=5),
                version=version,
            )
        )

    async def credits() -> int:
        async with users.client(tokens["access_token"]) as client:
            found: int = (await client.get("/api/v1/users/me")).json()["credits"]
        return found

    await told(1, 3)
    assert await credits() == 0
    users.clock.advance(timedelta(minutes=5))
    assert await credits() == 3
    await told(2, None)
    users.clock.advance(timedelta(minutes=5))
    assert await credits() == 0, "an earlier release did not say what comes"
