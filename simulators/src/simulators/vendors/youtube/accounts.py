"""Google's OAuth 2.0 for web server applications: consent, tokens, revocation.

Sources: developers.google.com/identity/protocols/oauth2/web-server; what ``google-auth-oauthlib``,
``requests-oauthlib`` and ``google-auth`` send and read. A browser sees a consent page; here consent is given at once,
or refused where the plan says so.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.core.base import Refusal, Simulator
from simulators.core.faults import HINT_SECONDS, LATER, POSSIBLE, Fault

EXPIRES_IN = 3599


@dataclass(slots=True)
class Grant:
    """What one user allowed one client."""

    scopes: frozenset[str]
    refresh_token: str
    account: str = ""
    revoked: bool = False


@dataclass(slots=True)
class _Code:
    """An authorization code, good for one exchange."""

    redirect_uri: str
    challenge: str
    offline: bool
    grant: Grant
    used: bool = False


@dataclass(slots=True)
class _Asked:
    """A token request: the form, and who sent it."""

    form: dict[str, str]
    client_id: str
    client_secret: str = field(repr=False)


def _error(status: int, code: str, words: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": words}, status, headers)


class Accounts(Simulator):
    """``accounts.google.com`` and ``oauth2.googleapis.com``. The client's secret is the key."""

    vendor: ClassVar[str] = "youtube_accounts"
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "consent": frozenset({Fault.DENIED}),
        "token": POSSIBLE["submit"] - LATER - {Fault.REFUSED_INPUT, Fault.QUOTA},
        "cancel": POSSIBLE["cancel"],
    }
    operations: ClassVar[frozenset[str]] = frozenset(possible)

    client_id = "simulated-client"

    def __init__(self, *, key: str = "simulated-key") -> None:
        super().__init__(key=key)
        self.redirect_uris: frozenset[str] | None = None
        """Registered for the client; None: any on this machine."""
        self.allowed: frozenset[str] | None = None
        """Scopes whose boxes the user ticks; None: all that are asked for."""
        self.account = "asha@example.com"
        """Who is logged in to Google in the browser that follows the link."""
        self.grants: list[Grant] = []
        self.access: dict[str, Grant] = {}
        self._codes: dict[str, _Code] = {}

    def knows(self, request: Request) -> bool:
        """Everybody may knock; clients are told apart inside."""
        return True

    def error(self, fault: Fault) -> Response:
        """RFC 6749, section 5.2."""
        match fault:
            case Fault.AUTH:
                return _error(401, "invalid_client", "The OAuth client was not found.")
            case Fault.BAD_INPUT:
                return _error(400, "invalid_grant", "Token has been expired or revoked.")
            case Fault.THROTTLED:
                return _error(429, "rate_limit_exceeded", "Rate limit exceeded.")
            case Fault.THROTTLED_HINT:
                return _error(429, "rate_limit_exceeded", "Rate limit exceeded.", {"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return _error(503, "temporarily_unavailable", "Try again later.")
            case _:
                return _error(500, "internal_failure", "Backend error.")

    def routes(self) -> list[Route]:
        """Consent, token and revocation endpoints; both addresses of the first are in use."""
        return [
            Route("/o/oauth2/v2/auth", self._consent),
            Route("/o/oauth2/auth", self._consent),
            self.route("/token", "token", self._token, open_=True),
            self.route("/revoke", "cancel", self._revoke, open_=True),
        ]

    def expire(self) -> None:
        """Let every access token run out; refresh tokens stay good."""
        self.access.clear()

    async def _consent(self, request: Request) -> Response:
        asked = request.query_params
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id:
            return _page(401, "invalid_client")
        if not self._registered(redirect_uri):
            return _page(400, "redirect_uri_mismatch")
        if asked.get("response_type") != "code" or not asked.get("scope"):
            return _page(400, "invalid_request")
        if asked.get("code_challenge_method", "S256") != "S256":
            return _page(400, "invalid_request")
        state = {"state": asked["state"]} if "state" in asked else {}
        scopes = frozenset(asked["scope"].split())
        granted = scopes if self.allowed is None else scopes & self.allowed
        if not granted or self.plan.draw("consent") is Fault.DENIED:
            return _back(redirect_uri, {"error": "access_denied", **state})
        code = f"4/0A{self.next_id('code-')}"
        grant = Grant(granted, f"1//0{self.next_id('refresh-')}", self.account)
        # A refresh token comes with the first consent, and later only when consent is asked for again.
        known = any(each.account == self.account for each in self.grants)
        offline = asked.get("access_type") == "offline" and (not known or asked.get("prompt") == "consent")
        self.grants.append(grant)
        self._codes[code] = _Code(redirect_uri, asked.get("code_challenge", ""), offline, grant)
        return _back(redirect_uri, {**state, "code": code, "scope": " ".join(sorted(granted))})

    def _registered(self, redirect_uri: str) -> bool:
        if self.redirect_uris is not None:
            return redirect_uri in self.redirect_uris
        return urlsplit(redirect_uri).hostname in ("127.0.0.1", "localhost", "testserver", "export")

    async def _token(self, request: Request, fault: Fault | None) -> Response:
        asked = await _asked(request)
        if asked.client_id != self.client_id:
            return _error(401, "invalid_client", "The OAuth client was not found.")
        if asked.client_secret != self.key:
            return _error(401, "invalid_client", "Unauthorized")
        match asked.form.get("grant_type"):
            case "authorization_code":
                return self._exchange(asked.form)
            case "refresh_token":
                return self._refresh(asked.form)
            case other:
                return _error(400, "unsupported_grant_type", f"Invalid grant_type: {other}")

    def _exchange(self, form: dict[str, str]) -> Response:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.used:
            return _error(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            return _error(400, "redirect_uri_mismatch", "Bad Request")
        if code.challenge:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
                return _error(400, "invalid_grant", "Invalid code verifier.")
        code.used = True
        answer = self._issued(code.grant)
        if code.offline:
            answer["refresh_token"] = code.grant.refresh_token
        return JSONResponse(answer)

    def _refresh(self, form: dict[str, str]) -> Response:
        token = form.get("refresh_token", "")
        grant = next((each for each in self.grants if each.refresh_token == token and not each.revoked), None)
        if grant is None:
            return _error(400, "invalid_grant", "Token has been expired or revoked.")
        return JSONResponse(self._issued(grant))

    def _issued(self, grant: Grant) -> dict[str, str | int]:
        token = f"ya29.{self.next_id('access-')}"
        self.access[token] = grant
        scope = " ".join(sorted(grant.scopes))
        return {"access_token": token, "expires_in": EXPIRES_IN, "scope": scope, "token_type": "Bearer"}

    async def _revoke(self, request: Request, fault: Fault | None) -> Response:
        form = await request.form()
        token = request.query_params.get("token") or str(form.get("token", ""))
        grant = self.access.get(token) or next((each for each in self.grants if each.refresh_token == token), None)
        if grant is None or grant.revoked:
            return _error(400, "invalid_token", "Token expired or revoked")
        # The account's whole consent for this client ends, not this one token.
        for each in self.grants:
            each.revoked = each.revoked or each.account == grant.account
        self.access = {token: each for token, each in self.access.items() if not each.revoked}
        return JSONResponse({})


async def _asked(request: Request) -> _Asked:
    form = {name: str(value) for name, value in (await request.form()).items()}
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return _Asked(form, form.get("client_id", ""), form.get("client_secret", ""))
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal(_error(401, "invalid_client", "Unauthorized")) from None
    return _Asked(form, client_id, secret)


def _back(redirect_uri: str, answer: dict[str, str]) -> Response:
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(answer)}", 302)


def _page(status: int, code: str) -> Response:
    return HTMLResponse(f"<h1>Access blocked: Authorization Error</h1><p>Error {status}: {code}</p>", status)
