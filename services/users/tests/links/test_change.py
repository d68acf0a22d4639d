"""Another address: nothing changes before its link is used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.users import (
    EmailChanged,
    EmailVerificationRequested,
    EmailVerified,
    PasswordResetRequested,
    SessionRevoked,
    UserUpdated,
)

Opened = Callable[[Any], str]
NEW = "asha@example.net"


async def ask(users: Any, tokens: dict[str, Any], email: str = NEW, **more: str) -> Any:
    async with users.client(tokens["access_token"]) as client:
        return await client.post("/api/v1/users/me/email", json={"email": email, **more})


async def follow(users: Any, token: str) -> Any:
    async with users.client() as client:
        return await client.post("/api/v1/auth/verify-email", json={"token": token})


def letters(users: Any) -> list[Any]:
    return [letter for letter in users.said(EmailVerificationRequested) if letter.purpose == "change_email"]


async def test_the_link_moves_the_account_and_ends_the_other_sessions(users: Any, opened: Opened) -> None:
    await users.register()
    other, tokens = (await users.log_in()).json(), (await users.log_in()).json()
    assert (await ask(users, tokens)).status_code == 202
    [letter] = letters(users)
    assert (letter.email, letter.product_line) == (NEW, "talkingphoto")
    assert (await users.log_in()).status_code == 200
    assert (await users.log_in(NEW)).status_code == 401
    await users.execute("UPDATE users SET failed_login_count = 0")
    answer = await follow(users, opened(letter))
    assert (answer.status_code, answer.json()) == (200, {"email": NEW, "email_verified": True})
    assert (await users.log_in(NEW)).status_code == 200
    assert (await users.log_in()).status_code == 401
    [changed], [updated] = users.said(EmailChanged), users.said(UserUpdated)
    assert (changed.old_email, changed.product_line) == ("asha@example.com", "talkingphoto")
    assert (updated.email, updated.version) == (NEW, 2)
    assert len(users.said(EmailVerified)) == 1
    assert (await users.refresh(other["refresh_token"])).status_code == 401
    assert (await users.refresh(tokens["refresh_token"])).status_code == 200
    assert len(users.said(SessionRevoked)) == 2
    assert (await follow(users, opened(letter))).status_code == 400


async def test_links_to_the_old_address_end_with_it(users: Any, opened: Opened) -> None:
    tokens = await users.member()
    async with users.client() as client:
        await client.post("/api/v1/auth/forgot-password", json={"email": "asha@example.com"})
    await users.write_letters()
    await ask(users, tokens)
    assert (await follow(users, opened(letters(users)[0]))).status_code == 200
    async with users.client() as client:
        [old] = users.said(PasswordResetRequested)
        body = {"token": opened(old), "new_password": "harvest-7-kite"}
        assert (await client.post("/api/v1/auth/reset-password", json=body)).status_code == 400


async def test_an_old_session_gives_the_password(users: Any) -> None:
    tokens = await users.member()
    users.clock.advance(timedelta(minutes=10, seconds=1))
    late = await ask(users, tokens)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "sign_in_again")
    assert (await ask(users, tokens, password="monsoon-42-lamp")).status_code == 202
    statuses = [(await ask(users, tokens, password="wrong-password-1")).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [423]
    assert len(letters(users)) == 1


async def test_a_taken_address_is_not_told(users: Any) -> None:
    await users.register(NEW)
    tokens = await users.member()
    taken, free = await ask(users, tokens), await ask(users, tokens, "free@example.net")
    assert (taken.status_code, taken.text) == (free.status_code, free.text) == (202, taken.text)
    assert taken.headers.keys() == free.headers.keys()
    assert [letter.email for letter in letters(users)] == ["free@example.net"]


async def test_an_address_taken_meanwhile_is_a_link_that_came_too_late(users: Any, opened: Opened) -> None:
    tokens = await users.member()
    await ask(users, tokens)
    await users.register(NEW)
    late = await follow(users, opened(letters(users)[0]))
    assert (late.status_code, late.json()["error"]["code"]) == (400, "link_refused")
    assert not users.said(EmailChanged)
    assert (await users.log_in()).status_code == 200


async def test_the_same_address_is_named(users: Any) -> None:
    answer = await ask(users, await users.member(), "ASHA@example.com")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"email"})


async def test_three_letters_an_hour(users: Any) -> None:
    tokens = await users.member()
    assert [(await ask(users, tokens, f"{n}@example.net")).status_code for n in range(4)] == [202, 202, 202, 429]


async def test_it_is_the_callers_own_account_that_moves(users: Any, opened: Opened) -> None:
    mine = await users.member("mine@example.com")
    await users.member("theirs@example.com")
    async with users.client() as nobody:
        assert (await nobody.post("/api/v1/users/me/email", json={"email": NEW})).status_code == 401
    await ask(users, mine)
    await follow(users, opened(letters(users)[0]))
    assert {row["email"] for row in await users.rows("SELECT email FROM users")} == {NEW, "theirs@example.com"}


@pytest.mark.parametrize("email", ["not an address", "", "a" * 250 + "@example.com"])
async def test_what_is_no_address_is_named(users: Any, email: str) -> None:
    answer = await ask(users, await users.member(), email)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"email"})


async def test_who_is_shut_out_takes_the_account_nowhere(users: Any, opened: Opened) -> None:
    """A stranger who was in asks for the account to be moved; the owner changes the password before that is done."""
    stranger, owner = await users.member(), (await users.log_in()).json()
    await ask(users, stranger, "stranger@example.org")
    async with users.client(owner["access_token"]) as client:
        body = {"current_password": "monsoon-42-lamp", "new_password": "harvest-7-kite"}
        assert (await client.post("/api/v1/auth/change-password", json=body)).status_code == 200
    assert (await follow(users, opened(letters(users)[0]))).status_code == 400
    await ask(users, owner)
    async with users.client(owner["access_token"]) as client:
        assert (await client.delete("/api/v1/users/me/sessions")).status_code == 204
    assert (await follow(users, opened(letters(users)[1]))).status_code == 200


async def test_a_stolen_session_takes_the_account_nowhere(users: Any, opened: Opened) -> None:
    tokens = await users.member()
    await ask(users, tokens)
    await users.refresh(tokens["refresh_token"])
    users.clock.advance(timedelta(minutes=1))
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    assert (await follow(users, opened(letters(users)[0]))).status_code == 400
