"""A browser's session lives in cookies, and what it changes says so twice (GTW-29, SEC-10).

Who sends ``X-Session: cookie`` when logging in gets no tokens but cookies: two that no script can read, and one that
scripts of this origin can and others cannot. A request that comes with these cookies, and no token of its own, is
served as if it had sent the token; one that may change something must repeat the third cookie in ``X-CSRF-Token``.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import NotAllowed
from gateway.answers import JsonAnswer, RawHeaders
from gateway.proxy.upstream import REFUSED

ACCESS, REFRESH, CSRF = "__Host-session", "__Host-refresh", "__Host-csrf"
"""Browsers take cookies of these names from this very host alone, over TLS or from the machine itself."""

KEPT_S = 7 * 24 * 3600
"""As long as a refresh token may be used (USR-33)."""

_CLEARED = (b"clear-site-data", b'"cache"')
"""Pictures and films that the browser kept are the one's who has left. What else a page keeps is the looks of it."""

_OPENING = "/api/v1/auth/"
_REFRESHING = "/api/v1/auth/refresh"
_LOGGING_OUT = "/api/v1/auth/logout"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfRefused(NotAllowed):
    """Nothing shows that a page of ours asks this: repeat the cookie `__Host-csrf` in `X-CSRF-Token`."""

    code = "csrf_refused"


class CookieSessions:
    """Turns cookies into tokens on the way in, and tokens into cookies on the way out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve with what the cookies stand for; they themselves go no further."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _named(scope["headers"], b"cookie")
        cookies = _ours(given)
        asks_for_cookies = _named(scope["headers"], b"x-session") == [b"cookie"] and scope["method"] == "POST"
        if cookies:
            scope = {**scope, "headers": _without(scope["headers"], given)}
        if asks_for_cookies and scope["path"].startswith(_OPENING):
            if scope["path"] == _REFRESHING and REFRESH in cookies:
                scope, receive = _refreshing(scope, cookies, receive)
            send = JsonAnswer(send, _kept)
        elif ACCESS in cookies and not _shows_itself(scope):
            scope = _admitted(scope, cookies)
        if cookies and scope["path"] == _LOGGING_OUT:
            send = _forgetting(send)
        await self._app(scope, receive, send)


def _admitted(scope: Scope, cookies: dict[str, str]) -> Scope:
    if scope["method"] not in _SAFE and not _repeats(scope, cookies):
        # Where somebody asks who this is; what needs no session is served without one.
        return {**scope, "chassis.identity": _refusal()}
    return {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {cookies[ACCESS]}".encode("latin-1"))]}


def _refreshing(scope: Scope, cookies: dict[str, str], receive: Receive) -> tuple[Scope, Receive]:
    if not _repeats(scope, cookies):
        return {**scope, REFUSED: _refusal()}, receive
    body = orjson.dumps({"refresh_token": cookies[REFRESH]})
    told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    dropped = (b"content-length", b"content-type", b"transfer-encoding")
    headers = [header for header in scope["headers"] if header[0] not in dropped]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def received() -> Message:
        return told.pop() if told else await _left(receive)

    return {**scope, "headers": headers}, received


async def _left(receive: Receive) -> Message:
    """The client's leaving; a body of its own is read past."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message


def _kept(status: int, answer: Any) -> tuple[Any, RawHeaders]:
    """An answer with its tokens in cookies; a refused refresh ends them."""
    if status == 401:
        return answer, _ended()
    if not isinstance(answer, dict) or not {"access_token", "refresh_token"} <= answer.keys():
        return answer, []
    rest = {name: value for name, value in answer.items() if name not in ("access_token", "refresh_token")}
    return rest, [
        _cookie(ACCESS, str(answer["access_token"]), int(answer.get("expires_in", KEPT_S))),
        _cookie(REFRESH, str(answer["refresh_token"]), KEPT_S),
        _cookie(CSRF, secrets.token_urlsafe(32), KEPT_S, for_scripts=True),
    ]


def _forgetting(send: Send) -> Send:
    async def sent(message: Message) -> None:
        # Logged out, or known to nobody any more.
        if message["type"] == "http.response.start" and message["status"] in (204, 401):
            message = {**message, "headers": [*message.get("headers", ()), *_ended(), _CLEARED]}
        await send(message)

    return sent


def _ended() -> RawHeaders:
    return [_cookie(name, "", 0, for_scripts=name == CSRF) for name in (ACCESS, REFRESH, CSRF)]


def _cookie(name: str, value: str, lives_s: int, *, for_scripts: bool = False) -> tuple[bytes, bytes]:
    cookie = f"{name}={value}; Path=/; Max-Age={lives_s}; Secure; SameSite=Strict"
    return b"set-cookie", (cookie if for_scripts else f"{cookie}; HttpOnly").encode("latin-1")


def _repeats(scope: Scope, cookies: dict[str, str]) -> bool:
    """Whether the request says in a header what the cookie says: a page of another origin can read neither."""
    shown = _named(scope["headers"], b"x-csrf-token")
    kept = cookies.get(CSRF, "").encode("latin-1")
    return len(shown) == 1 and bool(kept) and hmac.compare_digest(shown[0], kept)


def _refusal() -> CsrfRefused:
    return CsrfRefused(f"Repeat the cookie {CSRF} in the header X-CSRF-Token, or send an access token.")


def _shows_itself(scope: Scope) -> bool:
    return any(name in (b"authorization", b"x-api-key") for name, _ in scope["headers"])


def _ours(given: Iterable[bytes]) -> dict[str, str]:
    found = cookie_parser("; ".join(value.decode("latin-1") for value in given))
    return {name: found[name] for name in (ACCESS, REFRESH, CSRF) if found.get(name)}


def _without(headers: RawHeaders, given: Iterable[bytes]) -> RawHeaders:
    """The headers with the cookies that are not ours."""
    pairs = (pair.strip() for value in given for pair in value.split(b";"))
    ours = tuple(f"{name}=".encode() for name in (ACCESS, REFRESH, CSRF))
    others = b"; ".join(pair for pair in pairs if pair and not pair.startswith(ours))
    rest = [header for header in headers if header[0] != b"cookie"]
    return [*rest, (b"cookie", others)] if others else rest


def _named(headers: RawHeaders, name: bytes) -> list[bytes]:
    return [value for found, value in headers if found == name]
