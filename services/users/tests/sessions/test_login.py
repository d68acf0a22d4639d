"""Login: one answer for what is wrong, the lock, and accounts that are closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest


async def fail(users: Any, times: int, **login: str) -> None:
    for _ in range(times):
        assert (await users.log_in(**({"password": "wrong-password-1"} | login))).status_code == 401


async def test_a_login_opens_a_session_for_its_device(users: Any) -> None:
    await users.register()
    answer = await users.log_in(**{"User-Agent": "Phone/1", "address": "203.0.113.9"})
    tokens = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert tokens["user"]["last_login"] is not None
    [session] = await users.rows("SELECT * FROM user_sessions")
    assert (session["ip_address"], session["user_agent"]) == ("203.0.113.9", "Phone/1")
    identity = await users.service.app.state.verifier.verify(tokens["access_token"])
    assert (identity.session_id, identity.user_id) == (session["id"], UUID(tokens["user"]["id"]))
    assert (identity.role, identity.product_line, identity.email) == ("user", "talkingphoto", "asha@example.com")
    assert identity.expires_at - identity.issued_at == timedelta(minutes=15)


@pytest.mark.parametrize("login", ["ASHA@example.com", "asha@example.com", "asha"])
async def test_login_by_address_or_username(users: Any, login: str) -> None:
    await users.register(username="asha")
    assert (await users.log_in(login)).status_code == 200


async def test_where_a_login_comes_from_is_not_the_clients_to_say(users: Any) -> None:
    await users.register()
    assert (await users.log_in(address="203.0.113.9", **{"X-Forwarded-For": "198.51.100.7"})).status_code == 200
    [session] = await users.rows("SELECT ip_address FROM user_sessions")
    assert session["ip_address"] == "203.0.113.9"


async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(users: Any) -> None:
    await users.register()
    wrong = await users.log_in(password="wrong-password-1")
    unknown = await users.log_in("nobody@example.com", password="wrong-password-1")
    assert wrong.status_code == unknown.status_code == 401

    def without_ids(answer: Any) -> dict[str, Any]:
        return {key: value for key, value in answer.json()["error"].items() if key not in ("request_id", "trace_id")}

    assert without_ids(wrong) == without_ids(unknown)
    assert without_ids(wrong)["code"] == "wrong_credentials"
    assert wrong.headers.keys() == unknown.headers.keys()


@pytest.mark.parametrize("email", ["nul\x00@example.com", "x" * 255, "'; DROP TABLE users; --"])
async def test_odd_logins_are_only_wrong(users: Any, email: str) -> None:
    assert (await users.log_in(email)).status_code in (401, 422)


async def test_five_failures_lock_the_account_for_half_an_hour(users: Any) -> None:
    await users.register()
    await fail(users, 5)
    locked = await users.log_in()
    assert (locked.status_code, locked.json()["error"]["code"]) == (423, "account_locked")
    assert locked.headers["Retry-After"] == "1800"
    assert "30 minutes" in locked.json()["error"]["message"]
    users.clock.advance(timedelta(minutes=29, seconds=59))
    still = await users.log_in()
    assert (still.status_code, still.headers["Retry-After"]) == (423, "1")
    users.clock.advance(timedelta(seconds=1))
    assert (await users.log_in()).status_code == 200


async def test_a_locked_account_is_not_locked_longer_by_more_attempts(users: Any) -> None:
    await users.register()
    await fail(users, 5)
    for _ in range(6):
        assert (await users.log_in(password="wrong-password-1")).status_code == 423
    users.clock.advance(timedelta(minutes=30))
    assert (await users.log_in()).status_code == 200


async def test_a_success_clears_the_count(users: Any) -> None:
    await users.register()
    await fail(users, 4)
    assert (await users.log_in()).status_code == 200
    await fail(users, 4)
    assert (await users.log_in()).status_code == 200


async def test_failures_outside_the_window_do_not_count(users: Any) -> None:
    await users.register()
    await fail(users, 4)
    users.clock.advance(timedelta(minutes=61))
    await fail(users, 4)
    assert (await users.log_in()).status_code == 200


async def test_one_account_locked_leaves_others_open(users: Any) -> None:
    await users.register("first@example.com")
    await users.register("second@example.com")
    await fail(users, 5, email="first@example.com")
    assert (await users.log_in("first@example.com")).status_code == 423
    assert (await users.log_in("second@example.com")).status_code == 200


async def test_a_closed_account_cannot_log_in_and_says_so_only_to_its_owner(users: Any) -> None:
    await users.register()
    await users.execute("UPDATE users SET is_active = false")
    owner = await users.log_in()
    assert (owner.status_code, owner.json()["error"]["code"]) == (403, "account_inactive")
    assert (await users.log_in(password="wrong-password-1")).status_code == 401
    assert not await users.rows("SELECT * FROM user_sessions")
