"""Changing a password, and setting the first one after a sign-in elsewhere."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from contracts.users import SessionRevoked

NEW = "harvest-7-kite"


async def change(users: Any, tokens: dict[str, Any], **body: Any) -> Any:
    async with users.client(tokens["access_token"]) as client:
        return await client.post("/api/v1/auth/change-password", json={"new_password": NEW, **body})


async def test_a_new_password_ends_every_other_session(users: Any) -> None:
    await users.register()
    other, tokens = (await users.log_in()).json(), (await users.log_in()).json()
    answer = await change(users, tokens, current_password="monsoon-42-lamp")
    assert (answer.status_code, answer.json()["id"]) == (200, tokens["user"]["id"])
    assert (await users.log_in()).status_code == 401
    assert (await users.log_in(password=NEW)).status_code == 200
    assert (await users.refresh(other["refresh_token"])).status_code == 401
    assert (await users.refresh(tokens["refresh_token"])).status_code == 200
    assert len(users.said(SessionRevoked)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "current_password"),
        ({"current_password": "wrong-password-1"}, "current_password"),
        ({"current_password": "monsoon-42-lamp", "new_password": "short-1"}, "new_password"),
        ({"current_password": "monsoon-42-lamp", "new_password": "Asha@example.com"}, "new_password"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_changes(users: Any, body: dict[str, str], field: str) -> None:
    tokens = await users.member()
    answer = await change(users, tokens, **body)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {field})
    assert (await users.log_in()).status_code == 200
    assert not users.said(SessionRevoked)


async def test_a_stolen_session_guesses_no_better_than_a_login(users: Any) -> None:
    tokens = await users.member()
    statuses = [(await change(users, tokens, current_password="wrong-password-1")).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [423]
    assert (await change(users, tokens, current_password="monsoon-42-lamp")).status_code == 423


async def test_a_stolen_session_guesses_no_more_at_the_same_moment(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are let through to the comparison before any has failed; the right one among them changes nothing."""
    tokens = await users.member()
    hasher = users.service.app.state.hasher
    real, waiting, wrong_counted = hasher.matches, asyncio.Barrier(8), asyncio.Event()

    async def together(password: str, hashed: bytes | None) -> bool:
        matched: bool = await real(password, hashed)
        await asyncio.wait_for(waiting.wait(), 20)
        if matched:
            await asyncio.wait_for(wrong_counted.wait(), 20)
        return matched

    async def guess() -> int:
        status: int = (await change(users, tokens, current_password="wrong-password-1")).status_code
        return status

    monkeypatch.setattr(hasher, "matches", together)
    right = asyncio.create_task(change(users, tokens, current_password="monsoon-42-lamp"))
    statuses = await asyncio.gather(*(guess() for _ in range(7)))
    wrong_counted.set()
    assert (sorted(statuses), (await right).status_code) == ([422] * 5 + [423] * 2, 423)
    assert not users.said(SessionRevoked)


async def test_only_the_caller_of_a_living_session_changes_anything(users: Any) -> None:
    mine, theirs = await users.member("mine@example.com"), await users.member("theirs@example.com")
    async with users.client() as nobody:
        assert (await nobody.post("/api/v1/auth/change-password", json={"new_password": NEW})).status_code == 401
    assert (await change(users, mine, current_password="monsoon-42-lamp")).status_code == 200
    assert (await users.log_in("theirs@example.com")).status_code == 200
    await users.execute("UPDATE user_sessions SET revoked_at = now()")
    assert (await change(users, theirs, current_password="monsoon-42-lamp")).status_code == 401


async def test_who_has_no_password_sets_one_right_after_signing_in(users: Any) -> None:
    tokens = await users.member()
    await users.execute("UPDATE users SET password_hash = NULL")
    users.clock.advance(timedelta(minutes=10, seconds=1))
    late = await change(users, tokens)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "sign_in_again")
    users.clock.advance(-timedelta(minutes=1))
    assert (await change(users, tokens)).status_code == 200
    assert (await users.log_in(password=NEW)).status_code == 200
