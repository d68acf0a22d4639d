"""Secrets are planted everywhere a client can put them, and looked for everywhere the service writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

PLANTED = "planted-Secret-4711"


async def test_no_secret_reaches_a_log_line_an_event_or_an_error(users: Any, logged: Callable[[], str]) -> None:
    answers = [
        await users.register(password=PLANTED),
        await users.register(password=PLANTED),
        await users.register("weak@example.com", password=PLANTED, name=PLANTED),
        await users.register("bad", password=PLANTED),
        await users.register("extra@example.com", password=PLANTED, secret=PLANTED),
        await users.log_in(password=PLANTED + "x"),
    ]
    tokens = (await users.log_in(password=PLANTED)).json()
    fresh = (await users.refresh(tokens["refresh_token"])).json()
    users.clock.advance(timedelta(minutes=1))
    answers.append(await users.refresh(tokens["refresh_token"]))
    async with users.client(tokens["access_token"]) as client:
        answers.append(await client.get(f"/api/v1/users/me/{PLANTED}", params={"password": PLANTED}))
        answers.append(await client.post("/api/v1/auth/refresh", json={"refresh_token": [tokens["refresh_token"]]}))
        answers.append(await client.post("/api/v1/auth/login", content=f'{{"password": "{PLANTED}"'.encode()))
    living = (await users.log_in(password=PLANTED)).json()
    async with users.client(living["access_token"]) as client:
        for path, body in (
            ("auth/verify-email", {"token": PLANTED}),
            ("auth/reset-password", {"token": PLANTED, "new_password": PLANTED}),
            ("auth/login/second-factor", {"ticket": PLANTED, "code": PLANTED}),
            ("users/me/email", {"email": "new@example.com", "password": PLANTED + "x"}),
            ("users/me/second-factor", {"password": PLANTED + "x"}),
            ("users/me/second-factor/confirm", {"code": PLANTED}),
            ("users/me/second-factor/disable", {"password": PLANTED, "code": PLANTED}),
        ):
            answers.append(await client.post(f"/api/v1/{path}", json=body))
            assert 400 <= answers[-1].status_code < 500
        assert (
            await client.post("/api/v1/auth/forgot-password", json={"email": "asha@example.com"})
        ).status_code == 202
        # The account was registered twice, so of this a letter is on its way.
        assert await users.write_letters() == 1
        await users.execute("UPDATE users SET email_verified = true, locked_until = NULL, failed_login_count = 0")
        await users.execute("DELETE FROM login_guards")
        begun = (await client.post("/api/v1/users/me/second-factor", json={"password": PLANTED})).json()
    await users.execute("ALTER TABLE user_sessions RENAME TO gone")
    try:
        answers.append(await users.log_in(password=PLANTED))
    finally:
        await users.execute("ALTER TABLE gone RENAME TO user_sessions")
    assert answers[-1].status_code == 500
    # The statement that fails carries the hash of the password.
    await users.execute("ALTER TABLE users ALTER COLUMN name TYPE varchar(4)")
    try:
        answers.append(await users.register("long@example.com", name="Longer", password=PLANTED))
    finally:
        await users.execute("ALTER TABLE users ALTER COLUMN name TYPE varchar(255)")
    assert answers[-1].status_code == 500

    secrets = [
        "$2b$",
        PLANTED,
        begun["secret"],
        *(given[name] for given in (tokens, fresh) for name in ("access_token", "refresh_token")),
    ]
    lines = logged()
    events = "".join(f"{dict(message.headers)} {message.body.decode()}" for message in users.recorder.messages)
    assert "http.request" in lines
    assert "user_registered" in events
    kept = "".join(str(row) for row in await users.rows("SELECT * FROM users"))
    assert "value too long" in lines
    for secret in secrets:
        # The path of a request is logged; what is planted there is no secret the service was given as one.
        assert secret not in lines.replace(f"/api/v1/users/me/{PLANTED}", "")
        assert secret not in events
        assert secret == "$2b$" or secret not in kept
        for answer in answers:
            if answer.status_code >= 400:
                assert secret not in answer.text
