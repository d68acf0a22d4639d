"""Whatever decides who gets in is in the audit log: what was done, and what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp

from chassis.identity.vault import Vault
from contracts.users import EmailVerificationRequested, PasswordResetRequested
from users.settings import Settings

PASSWORD = "monsoon-42-lamp"
FACTOR = "/api/v1/users/me/second-factor"

Trail = list[tuple[str, str, dict[str, Any]]]


def opened(letter: EmailVerificationRequested | PasswordResetRequested) -> str:
    """The token in a letter's link."""
    return Vault(Settings(env="test").link_key.get_secret_value()).open(letter.sealed_token.encode())


async def post(users: Any, path: str, tokens: dict[str, Any] | None = None, **body: Any) -> Any:
    async with users.client(tokens["access_token"] if tokens else None) as client:
        return await client.post(path, json=body)


def of(trail: Trail, action: str) -> Trail:
    return [said for said in trail if said[0] == action]


async def test_links_of_letters(users: Any) -> None:
    tokens = await users.member()
    [first] = users.said(EmailVerificationRequested)
    assert (await post(users, "/api/v1/auth/verify-email", token=opened(first))).status_code == 200
    assert (await post(users, "/api/v1/users/me/email", tokens, email="new@example.net")).status_code == 202
    second = users.said(EmailVerificationRequested)[-1]
    assert (await post(users, "/api/v1/auth/verify-email", token=opened(second))).status_code == 200
    await post(users, "/api/v1/auth/forgot-password", email="new@example.net")
    await users.write_letters()
    [third] = users.said(PasswordResetRequested)
    reset = await post(users, "/api/v1/auth/reset-password", token=opened(third), new_password="harvest-7-kite")
    assert reset.status_code == 200, reset.text
    trail = await users.trail()
    assert [said for said in trail if said[0].startswith("account.")] == [
        ("account.registered", "done", {}),
        ("account.email_verified", "done", {}),
        ("account.email_changed", "done", {}),
        ("account.password_reset", "done", {}),
    ]
    assert "example" not in str(await users.rows("SELECT entry::text FROM audit_log"))


async def test_a_second_factor(users: Any) -> None:
    tokens = await users.member()
    await users.execute("UPDATE users SET email_verified = true")
    secret = (await post(users, FACTOR, tokens, password=PASSWORD)).json()["secret"]

    def code(steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(users.clock.now() + timedelta(seconds=30 * steps))

    await post(users, f"{FACTOR}/confirm", tokens, code=code())
    users.clock.advance(timedelta(seconds=30))
    waiting = (await users.log_in()).json()["ticket"]
    login = "/api/v1/auth/login/second-factor"
    assert (await post(users, login, ticket=waiting, code=code(5))).status_code == 401
    both = {"password": PASSWORD, "code": code(5)}
    assert (await post(users, f"{FACTOR}/disable", tokens, **both)).status_code == 422
    assert (await post(users, f"{FACTOR}/recovery-codes", tokens, **both | {"code": code()})).status_code == 200
    users.clock.advance(timedelta(seconds=30))
    assert (await post(users, f"{FACTOR}/disable", tokens, **both | {"code": code()})).status_code == 204
    trail = await users.trail()
    assert of(trail, "account.second_factor_changed") == [
        ("account.second_factor_changed", "done", {"what": "enabled"}),
        ("account.second_factor_changed", "refused", {}),
        ("account.second_factor_changed", "done", {"what": "recovery_codes"}),
        ("account.second_factor_changed", "done", {"what": "disabled"}),
    ]
    assert of(trail, "session.login_failed") == [("session.login_failed", "refused", {"reason": "second_factor"})]


async def test_logins_that_were_refused_say_why(users: Any) -> None:
    await users.register()
    for _ in range(5):
        await users.log_in(password="wrong-password-1")
    assert (await users.log_in()).status_code == 423
    await users.execute("UPDATE users SET is_active = false, locked_until = NULL, failed_login_count = 0")
    await users.execute("DELETE FROM login_guards")
    users.clock.advance(timedelta(hours=2))
    assert (await users.log_in()).status_code == 403
    failed = of(await users.trail(), "session.login_failed")
    assert [details["reason"] for _, _, details in failed] == ["credentials"] * 5 + ["locked", "inactive"]
    [user] = await users.rows("SELECT id FROM users")
    targets = await users.rows("SELECT DISTINCT target FROM audit_log WHERE action = 'session.login_failed'")
    assert [row["target"] for row in targets] == [str(user["id"])]


async def test_a_stolen_session_that_guesses_the_password(users: Any) -> None:
    tokens = await users.member()
    assert (await post(users, FACTOR, tokens, password="wrong-password-1")).status_code == 422
    failed = of(await users.trail(), "session.login_failed")
    assert failed == [("session.login_failed", "refused", {"reason": "proof"})]


async def test_ending_the_other_sessions(users: Any) -> None:
    tokens = await users.member()
    await users.log_in()
    async with users.client(tokens["access_token"]) as client:
        assert (await client.delete("/api/v1/users/me/sessions")).status_code == 204
    assert of(await users.trail(), "session.ended") == [("session.ended", "done", {"others": 1})]
