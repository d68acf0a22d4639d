"""The first administrator, and those that the owner of an installation makes."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.errors import Invalid
from contracts.users import UserRegistered
from users.accounts import administrators
from users.settings import Settings

GIVEN = {"admin_email": "Root@Example.com", "admin_password": "harvest-7-kite"}


async def make(users: Any, email: str, password: str | None) -> administrators.Made:
    settings = Settings(env="test")
    return await administrators.make(email, password, users.service.app.state.hasher, settings, users.database)


async def role_of(users: Any, answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    identity = await users.service.app.state.verifier.verify(answer.json()["access_token"])
    return str(identity.role)


async def test_a_new_administrator_can_log_in_and_is_announced(users: Any) -> None:
    assert await make(users, "root@example.com", "harvest-7-kite") == "opened"
    assert await role_of(users, await users.log_in("root@example.com", "harvest-7-kite")) == "admin"
    [event] = users.said(UserRegistered)
    assert (event.email, event.home_product_line) == ("root@example.com", "talkingphoto")


async def test_an_account_is_promoted_and_keeps_its_password_unless_one_is_given(users: Any) -> None:
    await users.register()
    assert await make(users, "asha@example.com", None) == "promoted"
    assert await role_of(users, await users.log_in()) == "admin"
    assert await make(users, "asha@example.com", "harvest-7-kite") == "promoted"
    assert (await users.log_in()).status_code == 401
    assert await role_of(users, await users.log_in(password="harvest-7-kite")) == "admin"


@pytest.mark.parametrize("password", [None, "short-1", "root@example.com"])
async def test_nobody_is_made_with_a_bad_password(users: Any, password: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        await make(users, "root@example.com", password)
    assert set(refused.value.fields or ()) == {"password"}
    assert await users.rows("SELECT id FROM users") == []


async def test_the_first_start_makes_the_administrator_that_the_settings_name(users_with: Any) -> None:
    async with users_with(**GIVEN) as users:
        assert await role_of(users, await users.log_in("root@example.com", "harvest-7-kite")) == "admin"


async def test_later_starts_make_none(users: Any) -> None:
    settings, hasher = Settings(env="test", **GIVEN), users.service.app.state.hasher
    await make(users, "first@example.com", "harvest-7-kite")
    await administrators.make_first(hasher, settings, users.database)
    assert [row["email"] for row in await users.rows("SELECT email FROM users")] == ["first@example.com"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"admin_password": None}, "ADMIN_PASSWORD"),
        ({"admin_email": None}, "ADMIN_EMAIL"),
        ({"admin_password": "short-1"}, "at least 8 characters"),
        ({"admin_email": "root"}, "email"),
    ],
)
def test_half_an_administrator_stops_the_start(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(env="test", **{**GIVEN, **changes})


async def test_nobody_becomes_one_through_the_api(users: Any) -> None:
    assert (await users.register(role="admin")).status_code == 422
    tokens = await users.member("other@example.com")
    async with users.client(tokens["access_token"]) as client:
        assert (await client.put("/api/v1/users/me", json={"role": "admin"})).status_code == 422
