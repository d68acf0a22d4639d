"""A web client starts a sign-in, gets a ticket, and fetches tokens that never stand in an address."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from simulators.core.faults import Fault
from users.signin.models import may_return

SECRET = "kept-by-the-web-client-4711-kept-by-the-web-client"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(SECRET.encode()).digest()).rstrip(b"=").decode()
PAGE = "https://app.talkingphoto.test/welcome?from=google"
ASKED = {"redirect_to": PAGE, "code_challenge": CHALLENGE}


def fragment(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    page, _, rest = answer.headers["location"].partition("#")
    assert page == PAGE
    return {name: values[0] for name, values in parse_qs(rest).items()}


async def fetch(world: Any, ticket: str, verifier: str = SECRET) -> httpx.Response:
    async with world.users.client(**{"address": "203.0.113.9"}) as client:
        body = {"ticket": ticket, "code_verifier": verifier}
        answer: httpx.Response = await client.post("/api/v1/auth/oauth/tokens", json=body)
    return answer


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_tokens_are_fetched_once_with_the_ticket(world: Any, all_lines_sell: None, provider: str) -> None:
    told = fragment(await world.sign_in(provider, product_line="reely", **ASKED))
    assert set(told) == {"ticket"}
    assert (await world.counts())["user_sessions"] == 0
    answer = await fetch(world, told["ticket"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    identity = await world.users.service.app.state.verifier.verify(answer.json()["access_token"])
    assert identity.product_line == "reely"
    again = await fetch(world, told["ticket"])
    assert (again.status_code, again.json()["error"]["code"]) == (401, "signin_ticket_refused")
    [session] = await world.users.rows("SELECT * FROM user_sessions")
    assert session["ip_address"] == "203.0.113.9"


async def test_the_page_on_our_own_host_gets_a_ticket_too(world: Any) -> None:
    page = "https://api.talkingphoto.test/studio/signed-in"
    back = await world.sign_in(redirect_to=page, code_challenge=CHALLENGE)
    assert back.status_code == 303, back.text
    where, _, told = back.headers["location"].partition("#ticket=")
    assert where == page
    assert (await fetch(world, told)).status_code == 200


async def test_whoever_asks_learns_who_is_set_up(world: Any) -> None:
    async with world.users.client() as client:
        answer = await client.get("/api/v1/auth/oauth/providers")
    assert (answer.status_code, answer.json()) == (200, {"providers": ["google", "apple"]})


async def test_a_ticket_is_worth_nothing_to_who_did_not_start(world: Any) -> None:
    """It stands in an address, so somebody may read it; and an attacker may plant his own."""
    told = fragment(await world.sign_in(**ASKED))
    assert (await fetch(world, told["ticket"], "guessed")).status_code == 401
    assert (await fetch(world, told["ticket"])).status_code == 401, "a wrong try spends it"
    assert (await world.counts())["user_sessions"] == 0


async def test_a_ticket_lives_a_minute(world: Any) -> None:
    told = fragment(await world.sign_in(**ASKED))
    world.users.clock.advance(timedelta(seconds=60))
    assert (await fetch(world, told["ticket"])).status_code == 401


async def test_a_ticket_of_a_closed_account_opens_nothing(world: Any) -> None:
    told = fragment(await world.sign_in(**ASKED))
    await world.users.execute("UPDATE users SET is_active = false")
    assert (await fetch(world, told["ticket"])).status_code == 403


async def test_a_handover_takes_the_tickets_too(world: Any) -> None:
    """The account's address was never proved, and an identity that got in before has a ticket in its hands."""
    told = fragment(await world.sign_in("apple", **ASKED))
    await world.users.execute("UPDATE users SET email_verified = false")
    assert (await world.sign_in("google")).status_code == 200
    assert (await fetch(world, told["ticket"])).status_code == 401


async def test_errors_are_told_to_the_web_client(world: Any) -> None:
    world.google.plan.script("token", [Fault.FORGED])
    assert fragment(await world.sign_in(**ASKED)) == {"error": "identity_refused"}
    world.google.plan.script("authorize", [Fault.DENIED])
    assert fragment(await world.sign_in(**ASKED)) == {"error": "signin_cancelled"}
    assert fragment(await world.sign_in(consent=[], **ASKED)) == {"error": "consent_needed"}
    assert (await world.counts())["users"] == 0


async def test_only_hashes_of_tickets_are_kept(world: Any) -> None:
    told = fragment(await world.sign_in(**ASKED))
    [row] = await world.users.rows("SELECT * FROM sign_in_tickets")
    assert row["ticket_hash"] == hashlib.sha256(told["ticket"].encode()).digest()
    assert told["ticket"] not in str(row)


@pytest.mark.parametrize("body", [{}, {"ticket": "x"}, {"ticket": "x", "code_verifier": "y", "more": "z"}])
async def test_a_malformed_exchange_is_refused(world: Any, body: dict[str, str]) -> None:
    async with world.users.client() as client:
        assert (await client.post("/api/v1/auth/oauth/tokens", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://app.talkingphoto.test", True),
        ("https://app.talkingphoto.test/a/b?c=d", True),
        ("http://127.0.0.1:5173/", True),
        ("HTTPS://APP.talkingphoto.test/", True),
        ("https://app.talkingphoto.test:8443/", False),
        ("http://app.talkingphoto.test/", False),
        ("https://app.talkingphoto.test.evil.example/", False),
        ("https://app.talkingphoto.test@evil.example/", False),
        ("https://user:pass@app.talkingphoto.test/", False),
        ("https://evil.example/https://app.talkingphoto.test/", False),
        ("https://evil.example\\@app.talkingphoto.test/", False),
        ("https:/\\app.talkingphoto.test/", False),
        ("//app.talkingphoto.test/", False),
        ("/welcome", False),
        ("javascript:alert(1)//https://app.talkingphoto.test", False),
        ("https://app.talkingphoto.test/#ticket=planted", False),
        ("https://app.talkingphoto.test/#", False),
        ("https://app.talkingphoto.test/\r\nSet-Cookie: a=b", False),
        ("https://app.talkingphoto.test/\t", False),
        ("https://app.talkingphoto.test:x/", False),
        ("https://[::1", False),
        ("https://app.talkingphoto.test/" + "a" * 500, False),
        ("https://аpp.talkingphoto.test/", False),
        ("", False),
    ],
)
def test_where_a_browser_may_be_sent(address: str, allowed: bool) -> None:
    origins = ("https://app.talkingphoto.test", "http://127.0.0.1:5173/")
    assert may_return(address, origins) is allowed
    assert urlsplit(PAGE).fragment == ""


def test_a_wildcard_is_no_origin() -> None:
    assert not may_return("https://evil.example/", ("*",))
