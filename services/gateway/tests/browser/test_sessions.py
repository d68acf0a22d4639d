"""Sessions in cookies: what a browser gets and sends, what a service sees, and what another site cannot do."""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from typing import Any

import pytest

from gateway.browser.sessions import ACCESS, CSRF, REFRESH

COOKIES = {"X-Session": "cookie"}
LOGIN = "/api/v1/auth/login"
REFRESHING = "/api/v1/auth/refresh"
LOGOUT = "/api/v1/auth/logout"


def cookies_of(answer: Any) -> SimpleCookie:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie", []):
        found.load(header)
    return found


def tokens(gateway: Any) -> dict[str, Any]:
    return {
        "access_token": gateway.issuer.token(),
        "refresh_token": "r-1",
        "token_type": "bearer",
        "expires_in": 900,
        "user": {"name": "Asha"},
    }


async def logged_in(gateway: Any) -> dict[str, str]:
    """The cookies of somebody who has logged in, by name."""
    gateway.upstream.says[LOGIN] = (200, tokens(gateway))
    async with gateway.request("POST", LOGIN, token=None, headers=COOKIES, json={}) as answer:
        assert answer.status == 200
        return {name: morsel.value for name, morsel in cookies_of(answer).items()}


def shown(kept: dict[str, str], **headers: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items()), **headers}


def upstream_headers(seen: dict[str, Any], name: str) -> list[str]:
    return [value for found, value in seen["headers"] if found == name]


async def test_who_asks_for_cookies_gets_them_and_no_tokens(gateway: Any) -> None:
    gateway.upstream.says[LOGIN] = (200, tokens(gateway))
    async with gateway.request("POST", LOGIN, token=None, headers=COOKIES, json={}) as answer:
        assert await answer.json() == {"token_type": "bearer", "expires_in": 900, "user": {"name": "Asha"}}
        found = cookies_of(answer)
    assert found.keys() == {ACCESS, REFRESH, CSRF}
    for morsel in found.values():
        # What a name with this prefix asks for: else browsers drop it.
        assert (morsel["path"], morsel["domain"], morsel["secure"], morsel["samesite"]) == ("/", "", True, "Strict")
    assert [bool(found[name]["httponly"]) for name in (ACCESS, REFRESH, CSRF)] == [True, True, False]
    assert [found[name]["max-age"] for name in (ACCESS, REFRESH, CSRF)] == ["900", "604800", "604800"]

    async with gateway.request("POST", LOGIN, token=None, json={}) as answer:
        assert (await answer.json()).keys() >= {"access_token", "refresh_token"}
        assert not cookies_of(answer)


async def test_what_is_only_read_needs_the_cookie_alone_and_a_change_the_header_too(gateway: Any) -> None:
    kept = await logged_in(gateway)
    for method, path, headers, status in (
        ("GET", "/api/v1/users/me", {}, 200),
        ("PUT", "/api/v1/users/me", {}, 403),
        ("PUT", "/api/v1/users/me", {"X-CSRF-Token": "guessed"}, 403),
        ("PUT", "/api/v1/users/me", {"X-CSRF-Token": ""}, 403),
        ("PUT", "/api/v1/users/me", {"X-CSRF-Token": kept[CSRF]}, 200),
        ("POST", "/api/v1/workflows/1/events/ticket", {}, 403),
        ("PUT", "/api/user/profile", {}, 403),
    ):
        async with gateway.request(method, path, token=None, headers=shown(kept, **headers)) as answer:
            assert answer.status == status, (method, path, headers)
            if status == 403:
                assert (await answer.json())["error"]["code"] == "csrf_refused"
    asked = gateway.upstream.requests[1:]
    assert [seen["method"] for seen in asked] == ["GET", "PUT"]
    assert {*upstream_headers(asked[0], "authorization")} == {f"Bearer {kept[ACCESS]}"}


async def test_without_the_third_cookie_no_header_helps(gateway: Any) -> None:
    kept = await logged_in(gateway)
    for rest in ({ACCESS: kept[ACCESS]}, {ACCESS: kept[ACCESS], CSRF: ""}):
        for header in ("", "x"):
            headers = shown(rest, **{"X-CSRF-Token": header})
            async with gateway.request("PUT", "/api/v1/users/me", token=None, headers=headers) as answer:
                assert answer.status == 403


async def test_who_sends_a_token_needs_no_header_and_its_cookies_do_not_count(gateway: Any) -> None:
    kept = await logged_in(gateway)
    token = gateway.issuer.token()
    async with gateway.request("PUT", "/api/v1/users/me", token=token, headers=shown(kept)) as answer:
        assert answer.status == 200
    assert upstream_headers(gateway.upstream.requests[-1], "authorization") == [f"Bearer {token}"]


async def test_no_service_sees_these_cookies_and_others_pass(gateway: Any) -> None:
    kept = await logged_in(gateway)
    headers = shown({"a": "1", **kept, "b": "2"})
    async with gateway.request("GET", "/api/v1/users/me", token=None, headers=headers) as answer:
        assert answer.status == 200
    assert upstream_headers(gateway.upstream.requests[-1], "cookie") == ["a=1; b=2"]
    async with gateway.request("POST", LOGIN, token=None, headers=shown(kept), json={}) as answer:
        assert answer.status == 200, "logging in needs no session, and no header"
    seen = gateway.upstream.requests[-1]
    assert upstream_headers(seen, "cookie") == upstream_headers(seen, "authorization") == []


async def test_a_session_is_renewed_from_its_cookie(gateway: Any) -> None:
    kept = await logged_in(gateway)
    gateway.upstream.says[REFRESHING] = (200, tokens(gateway) | {"refresh_token": "r-2"})
    async with gateway.request("POST", REFRESHING, token=None, headers=shown(kept, **COOKIES)) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "csrf_refused")
    assert len(gateway.upstream.requests) == 1
    for sent in (None, b'{"refresh_token": "another"}'):
        headers = shown(kept, **COOKIES, **{"X-CSRF-Token": kept[CSRF]})
        async with gateway.request("POST", REFRESHING, token=None, headers=headers, data=sent) as answer:
            assert answer.status == 200
            assert "refresh_token" not in await answer.json()
            renewed = cookies_of(answer)
        assert json.loads(gateway.upstream.requests[-1]["body"]) == {"refresh_token": "r-1"}
        assert renewed[REFRESH].value == "r-2"
        assert renewed[CSRF].value not in ("", kept[CSRF])


@pytest.mark.parametrize("how", ["logged out", "refused"])
async def test_cookies_end_with_the_session(gateway: Any, how: str) -> None:
    kept = await logged_in(gateway)
    headers = shown(kept, **{"X-CSRF-Token": kept[CSRF]})
    if how == "refused":
        path, headers = REFRESHING, headers | COOKIES
        error = {"code": "refresh_refused", "message": "Log in again."}
        gateway.upstream.says[path] = (401, {"error": error})
    else:
        path = LOGOUT
        gateway.upstream.says[path] = (204, None)
    async with gateway.request("POST", path, token=None, headers=headers) as answer:
        ended = cookies_of(answer)
        cleared = answer.headers.get("Clear-Site-Data")
    assert cleared == (None if how == "refused" else '"cache"'), "what the browser kept of it goes as well"
    assert {name: (morsel.value, morsel["max-age"]) for name, morsel in ended.items()} == dict.fromkeys(
        (ACCESS, REFRESH, CSRF), ("", "0")
    )


@pytest.mark.parametrize("cookie", ["__Host-session", "__Host-session=", "=;=;", '__Host-session="', "\xff=\xfe"])
async def test_cookies_that_are_none_let_nobody_in(gateway: Any, cookie: str) -> None:
    async with gateway.request("GET", "/api/v1/users/me", token=None, headers={"Cookie": cookie}) as answer:
        assert answer.status == 401
    assert not gateway.upstream.requests
