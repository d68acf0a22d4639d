"""A second factor: set up, asked for, taken away, and no way around it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from chassis.identity.vault import Vault
from contracts.users import (
    LoginFailed,
    PasswordResetRequested,
    SecondFactorChanged,
    SessionRevoked,
    UserLocked,
    UserLoggedIn,
)
from users.settings import Settings

PATH = "/api/v1/users/me/second-factor"
PASSWORD = "monsoon-42-lamp"


async def post(users: Any, path: str, tokens: dict[str, Any] | None = None, **body: Any) -> Any:
    async with users.client(tokens["access_token"] if tokens else None) as client:
        return await client.post(path, json=body)


def code(users: Any, secret: str, *, steps: int = 0) -> str:
    """What the app shows, so many half minutes from now."""
    return pyotp.TOTP(secret).at(users.clock.now() + timedelta(seconds=30 * steps))


async def proved(users: Any, email: str = "asha@example.com") -> dict[str, Any]:
    """A member whose address is proved: the tokens."""
    tokens: dict[str, Any] = await users.member(email)
    await users.execute("UPDATE users SET email_verified = true WHERE email = $1", email)
    return tokens


async def switched_on(users: Any, tokens: dict[str, Any]) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a factor that is on; the code of this half minute is spent."""
    begun = await post(users, PATH, tokens, password=PASSWORD)
    assert begun.status_code == 201, begun.text
    secret: str = begun.json()["secret"]
    confirmed = await post(users, f"{PATH}/confirm", tokens, code=code(users, secret))
    assert confirmed.status_code == 200, confirmed.text
    users.clock.advance(timedelta(seconds=30))
    return secret, confirmed.json()["recovery_codes"]


async def ticket(users: Any, **login: Any) -> str:
    """The first step of a login."""
    answer = await users.log_in(**login)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == "/api/v1/auth/login/second-factor"
    found: str = answer.json()["ticket"]
    return found


async def finish(users: Any, ticket: str, code: str) -> Any:
    return await post(users, "/api/v1/auth/login/second-factor", ticket=ticket, code=code)


async def test_it_is_on_once_a_code_has_confirmed_it(users: Any) -> None:
    other, tokens = await proved(users), (await users.log_in()).json()
    begun = await post(users, PATH, tokens)
    assert (begun.status_code, begun.headers["Cache-Control"]) == (201, "no-store")
    assert begun.headers["Location"] == PATH
    secret = begun.json()["secret"]
    read = pyotp.parse_uri(begun.json()["otpauth_uri"])
    assert (read.secret, read.name, read.issuer) == (secret, "asha@example.com", "TalkingPhoto")
    assert (await users.log_in()).status_code == 200
    wrong = await post(users, f"{PATH}/confirm", tokens, code=code(users, secret, steps=3))
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (422, {"code"})
    right = await post(users, f"{PATH}/confirm", tokens, code=code(users, secret))
    assert (right.status_code, right.headers["Cache-Control"]) == (200, "no-store")
    assert len(set(right.json()["recovery_codes"])) == 10
    assert {len(code.replace("-", "")) * 5 for code in right.json()["recovery_codes"]} == {120}, "bits of each"
    assert (await users.log_in()).status_code == 202
    [changed] = users.said(SecondFactorChanged)
    assert (str(changed.user_id), changed.what) == (tokens["user"]["id"], "enabled")
    assert (await users.refresh(other["refresh_token"])).status_code == 401
    assert (await users.refresh(tokens["refresh_token"])).status_code == 200
    async with users.client(tokens["access_token"]) as client:
        state = (await client.get(PATH)).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    assert (await post(users, PATH, tokens)).json()["error"]["code"] == "second_factor_on"
    assert (await post(users, f"{PATH}/confirm", tokens, code=code(users, secret))).status_code == 409


async def test_secrets_and_codes_are_not_kept_as_they_are(users: Any) -> None:
    secret, recovery = await switched_on(users, await proved(users))
    waiting = await ticket(users)
    tables = ("second_factors", "recovery_codes", "login_challenges")
    kept = str([await users.rows(f"SELECT * FROM {table}") for table in tables])  # noqa: S608
    said = "".join(message.body.decode() for message in users.recorder.messages)
    for hidden in (secret, waiting, *recovery, *(one.replace("-", "") for one in recovery)):
        assert hidden not in kept
        assert hidden not in said


async def test_a_login_takes_two_steps(users: Any) -> None:
    secret, _ = await switched_on(users, await proved(users))
    before = len(users.said(UserLoggedIn))
    first = await users.log_in()
    assert (first.status_code, first.headers["Cache-Control"]) == (202, "no-store")
    assert set(first.json()) == {"second_factor", "ticket", "expires_in"}
    assert len(users.said(UserLoggedIn)) == before
    second = await finish(users, first.json()["ticket"], code(users, secret))
    assert (second.status_code, second.headers["Cache-Control"]) == (200, "no-store")
    assert second.json()["user"]["email"] == "asha@example.com"
    assert len(users.said(UserLoggedIn)) == before + 1
    again = await finish(users, first.json()["ticket"], code(users, secret, steps=1))
    assert (again.status_code, again.json()["error"]["code"]) == (401, "challenge_refused")


async def test_a_code_is_good_once(users: Any) -> None:
    secret, _ = await switched_on(users, await proved(users))
    seen = code(users, secret)
    waiting = [await ticket(users) for _ in range(4)]
    answers = await asyncio.gather(*(finish(users, one, seen) for one in waiting[:3]))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 401} == {"wrong_code"}
    # The one before is none either, although an app whose clock is late shows it now.
    assert (await finish(users, waiting[3], code(users, secret, steps=-1))).status_code == 401


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_an_apps_clock_may_be_one_step_off(users: Any, steps: int, status: int) -> None:
    secret, _ = await switched_on(users, await proved(users))
    users.clock.advance(timedelta(minutes=2))
    assert (await finish(users, await ticket(users), code(users, secret, steps=steps))).status_code == status


async def test_a_recovery_code_is_good_once_however_it_is_typed(users: Any) -> None:
    _, recovery = await switched_on(users, await proved(users))
    typed = recovery[0].upper().replace("-", " ")
    assert (await finish(users, await ticket(users), typed)).status_code == 200
    assert (await finish(users, await ticket(users), recovery[0])).status_code == 401
    assert (await finish(users, await ticket(users), recovery[1])).status_code == 200


async def test_a_login_waits_five_minutes(users: Any) -> None:
    secret, _ = await switched_on(users, await proved(users))
    waiting = await ticket(users)
    users.clock.advance(timedelta(minutes=5))
    assert (await finish(users, waiting, code(users, secret))).status_code == 401
    assert (await finish(users, "unknown", code(users, secret))).json()["error"]["code"] == "challenge_refused"


async def test_wrong_codes_lock_the_account_however_often_the_password_is_right(users: Any) -> None:
    secret, _ = await switched_on(users, await proved(users))
    stranger = {"address": "203.0.113.66"}
    statuses = []
    for number in range(5):
        waiting = await ticket(users, **stranger)
        async with users.client(**stranger) as client:
            answer = await client.post(
                "/api/v1/auth/login/second-factor", json={"ticket": waiting, "code": f"00000{number}"}
            )
        statuses.append(answer.status_code)
    assert statuses == [401] * 5
    assert (await users.log_in(**stranger)).status_code == 423
    [locked] = users.said(UserLocked)
    assert locked.locked_until == users.clock.now() + timedelta(minutes=30)
    assert [failed.reason for failed in users.said(LoginFailed)] == ["second_factor"] * 5 + ["locked"]
    assert (await finish(users, await ticket(users), code(users, secret))).status_code == 200


async def test_one_login_sees_five_wrong_codes_at_most(users_with: Any) -> None:
    async with users_with(lockout_failures=100, lockout_address_failures=100) as users:
        secret, _ = await switched_on(users, await proved(users))
        waiting = await ticket(users)
        for number in range(5):
            assert (await finish(users, waiting, f"00000{number}")).json()["error"]["code"] == "wrong_code"
        refused = await finish(users, waiting, code(users, secret))
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "challenge_refused")


async def test_a_login_that_waits_ends_with_the_password(users: Any) -> None:
    tokens = await proved(users)
    secret, _ = await switched_on(users, tokens)
    waiting = await ticket(users)
    body = {"current_password": PASSWORD, "new_password": "harvest-7-kite"}
    assert (await post(users, "/api/v1/auth/change-password", tokens, **body)).status_code == 200
    assert (await finish(users, waiting, code(users, secret))).status_code == 401


async def test_a_closed_account_finishes_no_login(users: Any) -> None:
    secret, _ = await switched_on(users, await proved(users))
    waiting = await ticket(users)
    await users.execute("UPDATE users SET is_active = false")
    assert (await finish(users, waiting, code(users, secret))).status_code == 403


async def test_switching_it_off_takes_password_and_code(users: Any) -> None:
    tokens = await proved(users)
    secret, _ = await switched_on(users, tokens)
    other = (await finish(users, await ticket(users), code(users, secret))).json()
    users.clock.advance(timedelta(minutes=11))
    path = f"{PATH}/disable"
    assert (await post(users, path, tokens, code=code(users, secret))).status_code == 403
    wrong = await post(users, path, tokens, password="wrong-password-1", code=code(users, secret))
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (422, {"password"})
    wrong = await post(users, path, tokens, password=PASSWORD, code="000000")
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (422, {"code"})
    assert (await users.log_in()).status_code == 202
    assert (await post(users, path, tokens, password=PASSWORD, code=code(users, secret))).status_code == 204
    assert (await users.log_in()).status_code == 200
    assert users.said(SecondFactorChanged)[-1].what == "disabled"
    assert (await users.refresh(other["refresh_token"])).status_code == 401
    assert await users.rows("SELECT * FROM recovery_codes") == []
    off = await post(users, path, tokens, password=PASSWORD, code=code(users, secret))
    assert (off.status_code, off.json()["error"]["code"]) == (409, "second_factor_off")


async def test_new_recovery_codes_end_the_old_ones(users: Any) -> None:
    tokens = await proved(users)
    secret, old = await switched_on(users, tokens)
    renewed = await post(users, f"{PATH}/recovery-codes", tokens, password=PASSWORD, code=code(users, secret))
    assert renewed.status_code == 200
    fresh = renewed.json()["recovery_codes"]
    assert not set(old) & set(fresh)
    assert users.said(SecondFactorChanged)[-1].what == "recovery_codes"
    assert (await finish(users, await ticket(users), old[0])).status_code == 401
    assert (await finish(users, await ticket(users), fresh[0])).status_code == 200


async def test_only_an_address_that_is_proved_gets_one(users: Any) -> None:
    refused = await post(users, PATH, await users.member())
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "email_unverified")


async def test_it_is_the_callers_own(users: Any) -> None:
    mine, theirs = await proved(users, "mine@example.com"), await proved(users, "theirs@example.com")
    secret, recovery = await switched_on(users, mine)
    for path, body in (
        (f"{PATH}/disable", {"code": code(users, secret)}),
        (f"{PATH}/recovery-codes", {"code": recovery[0]}),
        (f"{PATH}/confirm", {"code": code(users, secret)}),
    ):
        assert (await post(users, path, theirs, **body)).status_code == 409
        assert (await post(users, path, **body)).status_code == 401
    async with users.client(theirs["access_token"]) as client:
        assert (await client.get(PATH)).json()["enabled"] is False
    waiting = await ticket(users, email="mine@example.com")
    await switched_on(users, theirs)
    their_code = pyotp.TOTP(pyotp.random_base32()).at(users.clock.now())
    assert (await finish(users, waiting, their_code)).status_code == 401
    assert (await finish(users, waiting, recovery[1])).status_code == 200
    assert not users.said(SessionRevoked)


async def test_a_forgotten_password_needs_the_code_too(users: Any) -> None:
    secret, recovery = await switched_on(users, await proved(users))
    await post(users, "/api/v1/auth/forgot-password", email="asha@example.com")
    await users.write_letters()
    vault = Vault(Settings(env="test").link_key.get_secret_value())
    token = vault.open(users.said(PasswordResetRequested)[0].sealed_token.encode())
    body = {"token": token, "new_password": "harvest-7-kite"}
    path = "/api/v1/auth/reset-password"
    without = await post(users, path, **body)
    assert (without.status_code, without.json()["error"]["code"]) == (403, "second_factor_needed")
    wrong = await post(users, path, **body, code="000000")
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (422, {"code"})
    assert (await users.log_in()).status_code == 202
    assert (await post(users, path, **body, code=recovery[0])).status_code == 200
    waiting = await ticket(users, password="harvest-7-kite")
    assert (await finish(users, waiting, code(users, secret))).status_code == 200
