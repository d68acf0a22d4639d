"""Sessions by their devices: what they are called, which one is new, and when one was used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.users import LoginFailed, PasswordChanged, RefreshTokenReused, UserLocked, UserLoggedIn
from users.sessions.naming import device_name

FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
            "Safari/537.36 Edg/131.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 "
            "Chrome/122.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
            "Safari/537.36",
            "Chrome on Mac",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/119.0.0.0 "
            "Mobile/15E148 Safari/604.1",
            "Chrome on iPad",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/131.0.0.0", "Chrome on ChromeOS"),
        ("curl/8.5.0", "curl"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("Phone", "Phone"),
        ("okhttp/4.12 (Linux; Android 14)", "okhttp on Android"),
        ("Mozilla/5.0", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("x" * 400, "x" * 60),
        ("", "Unknown device"),
        (None, "Unknown device"),
    ],
)
def test_what_a_device_is_called(user_agent: str | None, name: str) -> None:
    assert device_name(user_agent) == name


async def test_a_login_is_told_with_its_device_and_no_address_that_can_be_read(users: Any) -> None:
    await users.register()
    for agent in (FIREFOX, FIREFOX.replace("128.0", "129.0"), IPHONE, IPHONE):
        users.clock.advance(timedelta(seconds=1))
        tokens = (await users.log_in(**{"User-Agent": agent, "address": "203.0.113.9"})).json()
    told = users.said(UserLoggedIn)
    assert [(said.device, said.new_device) for said in told] == [
        ("Firefox on Linux", False),
        ("Firefox on Linux", False),
        ("Safari on iPhone", True),
        ("Safari on iPhone", False),
    ]
    identity = await users.service.app.state.verifier.verify(tokens["access_token"])
    assert (told[-1].session_id, told[-1].user_id) == (identity.session_id, identity.user_id)
    assert {len(bytes.fromhex(said.address_hash)) for said in told} == {32}
    assert "203.0.113.9" not in "".join(message.body.decode() for message in users.recorder.messages)
    async with users.client(tokens["access_token"]) as client:
        listed = (await client.get("/api/v1/users/me/sessions")).json()["items"]
    assert [session["device"] for session in listed] == ["Safari on iPhone"] * 2 + ["Firefox on Linux"] * 2


async def test_a_session_in_use_says_so_at_most_once_a_minute(users: Any) -> None:
    tokens = await users.member()
    began = users.clock.now()
    seen = []
    async with users.client(tokens["access_token"]) as client:
        for seconds in (0, 40, 40, 40, 61):
            users.clock.advance(timedelta(seconds=seconds))
            assert (await client.get("/api/v1/users/me")).status_code == 200
            [row] = await users.rows("SELECT last_used_at FROM user_sessions")
            seen.append((row["last_used_at"] - began).total_seconds())
    assert seen == [0, 0, 80, 80, 181]


async def test_failed_logins_are_told_by_hashes_with_a_key(users: Any) -> None:
    await users.register()
    for email, times in (("asha@example.com", 6), ("nobody@example.com", 1)):
        for _ in range(times):
            await users.log_in(email, "wrong-password-1")
    told = users.said(LoginFailed)
    assert [said.reason for said in told] == ["credentials"] * 5 + ["locked", "credentials"]
    assert len({said.login_hash for said in told}) == 2
    assert len({said.address_hash for said in told}) == 1
    bodies = "".join(message.body.decode() for message in users.sent(LoginFailed))
    assert "asha" not in bodies
    assert "127.0.0.1" not in bodies
    await users.execute("UPDATE users SET is_active = false, locked_until = NULL")
    await users.execute("DELETE FROM login_guards")
    assert (await users.log_in()).status_code == 403
    assert users.said(LoginFailed)[-1].reason == "inactive"


async def test_the_owner_of_a_locked_account_is_told_once(users: Any) -> None:
    account = (await users.register()).json()
    for _ in range(8):
        await users.log_in(password="wrong-password-1")
        await users.log_in("nobody@example.com", "wrong-password-1")
    [told] = users.said(UserLocked)
    assert str(told.user_id) == account["id"]
    assert told.locked_until == users.clock.now() + timedelta(minutes=30)


async def test_the_owner_of_a_stolen_token_is_told_once(users: Any) -> None:
    await users.register()
    tokens = (await users.log_in(**{"User-Agent": FIREFOX})).json()
    await users.refresh(tokens["refresh_token"])
    users.clock.advance(timedelta(minutes=1))
    for _ in range(2):
        assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    [told] = users.said(RefreshTokenReused)
    assert (str(told.user_id), told.device) == (tokens["user"]["id"], "Firefox on Linux")
    [row] = await users.rows("SELECT id FROM user_sessions")
    assert told.session_id == row["id"]


async def test_a_changed_password_is_told(users: Any) -> None:
    tokens = await users.member()
    async with users.client(tokens["access_token"]) as client:
        for current in ("wrong-password-1", "monsoon-42-lamp"):
            body = {"current_password": current, "new_password": "harvest-7-kite"}
            await client.post("/api/v1/auth/change-password", json=body)
    assert [(str(said.user_id), said.how) for said in users.said(PasswordChanged)] == [
        (tokens["user"]["id"], "changed")
    ]
