"""Who has a second factor is asked for it after a sign-in elsewhere, too."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pyotp
import pytest

SECRET = "kept-by-the-web-client-4711-kept-by-the-web-client"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(SECRET.encode()).digest()).rstrip(b"=").decode()
AGREED = ["terms", "privacy"]


async def switched_on(world: Any) -> str:
    """Sign in and set a second factor up: its secret."""
    first = await world.sign_in(consent=AGREED)
    assert first.status_code == 200, first.text
    async with world.users.client(first.json()["access_token"]) as client:
        begun = await client.post("/api/v1/users/me/second-factor", json={})
        secret: str = begun.json()["secret"]
        code = pyotp.TOTP(secret).at(world.users.clock.now())
        confirmed = await client.post("/api/v1/users/me/second-factor/confirm", json={"code": code})
    assert confirmed.status_code == 200, confirmed.text
    world.users.clock.advance(timedelta(seconds=30))
    return secret


async def finish(world: Any, ticket: str, secret: str) -> Any:
    async with world.users.client() as client:
        body = {"ticket": ticket, "code": pyotp.TOTP(secret).at(world.users.clock.now())}
        return await client.post("/api/v1/auth/login/second-factor", json=body)


@pytest.mark.parametrize("web_client", [False, True])
async def test_a_sign_in_takes_two_steps_as_well(world: Any, web_client: bool) -> None:
    secret = await switched_on(world)
    sessions = (await world.counts())["user_sessions"]
    if web_client:
        back = await world.sign_in(redirect_to="https://app.talkingphoto.test/welcome", code_challenge=CHALLENGE)
        ticket = parse_qs(back.headers["location"].partition("#")[2])["ticket"][0]
        async with world.users.client() as client:
            body = {"ticket": ticket, "code_verifier": SECRET}
            answer = await client.post("/api/v1/auth/oauth/tokens", json=body)
    else:
        answer = await world.sign_in()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (202, "no-store")
    assert "access_token" not in answer.text
    assert (await world.counts())["user_sessions"] == sessions
    finished = await finish(world, answer.json()["ticket"], secret)
    assert finished.status_code == 200
    assert (await world.counts())["user_sessions"] == sessions + 1
