"""OpenID Connect's code flow, as far as Google and Apple speak it alike; what is particular is in their modules.

Consent is given at once, by the person in ``person``.
"""

from __future__ import annotations

import hashlib
import html
import secrets
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.core import jose
from simulators.core.base import Simulator, json_object
from simulators.core.faults import Fault
from simulators.core.ledger import Entry

_AWAY = frozenset(
    {
        Fault.HANG_BEFORE,
        Fault.DROP_BEFORE,
        Fault.DROP_AFTER,
        Fault.GARBLED,
        Fault.THROTTLED,
        Fault.SERVER_ERROR,
        Fault.OVERLOADED,
    }
)
TOKEN_FAULTS = frozenset(
    {
        Fault.WRONG_NONCE,
        Fault.WRONG_AUDIENCE,
        Fault.WRONG_ISSUER,
        Fault.EXPIRED,
        Fault.UNKNOWN_KEY,
        Fault.FORGED,
        Fault.UNSIGNED,
        Fault.KEY_CONFUSION,
        Fault.UNVERIFIED,
    }
)
"""The exchange succeeds, and the ID token that comes of it must not be believed."""

POSSIBLE: Mapping[str, frozenset[Fault]] = {
    "discovery": _AWAY,
    "authorize": frozenset({Fault.DENIED, Fault.SERVER_ERROR}),
    "token": _AWAY
    | TOKEN_FAULTS
    | {Fault.HANG_AFTER, Fault.GATEWAY_AFTER, Fault.AUTH, Fault.CODE_REFUSED, Fault.EMPTY},
    "keys": _AWAY,
    "userinfo": _AWAY | {Fault.AUTH},
    "revoke": _AWAY,
}

_CODE_LIFE_S = 300


@dataclass(frozen=True, slots=True)
class Person:
    """Who gives consent. ``hosted_domain`` is Google's ``hd``; ``private`` is Apple's relayed address."""

    subject: str = "110169484474386276334"
    email: str | None = "asha@example.com"
    given_name: str | None = "Asha"
    family_name: str | None = "Rao"
    email_verified: bool = True
    hosted_domain: str | None = None
    private: bool = False

    @property
    def name(self) -> str:
        """Both names."""
        return " ".join(part for part in (self.given_name, self.family_name) if part)


@dataclass(slots=True)
class Grant:
    """What a code stands for."""

    person: Person
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    issued_at: float


class OpenID(Simulator):
    """What both have: people, codes that are good once, keys that rotate, ID tokens."""

    operations: ClassVar[frozenset[str]] = frozenset(POSSIBLE)
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = POSSIBLE
    token_life_s: ClassVar[int]
    refusal_of_client: ClassVar[int]
    """The status of ``invalid_client``."""

    def __init__(
        self,
        *,
        key: str = "simulated-key",
        client_id: str = "simulated-client",
        person: Person | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(key=key)
        self.client_id = client_id
        self.person = person or Person()
        self.redirect_uris: frozenset[str] = frozenset()
        """Those registered; with none, every address is taken."""
        self.issued_as: str | None = None
        """The issuer that tokens and discovery name; without it the address that a request came to."""
        self.clock = clock
        self.codes: dict[str, Grant] = {}
        self._tokens: dict[str, Grant] = {}
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []

    @abstractmethod
    def client(self) -> dict[str, str]:
        """What the vendor's console gives to who registers a client."""

    @cached_property
    def app(self) -> Starlette:
        """The vendor, with ``/__simulator__/`` ``person`` (who consents), ``client`` and ``rotate`` beside it."""
        control = [
            Route("/__simulator__/person", self._set_person, methods=["POST"]),
            Route("/__simulator__/client", self._show_client),
            Route("/__simulator__/rotate", self._rotate, methods=["POST"]),
        ]
        app = super().app
        app.router.routes.extend(control)
        return app

    def knows(self, request: Request) -> bool:
        """Doors are open; the token endpoint asks for the client's secret itself."""
        return True

    def error(self, fault: Fault) -> Response:
        """RFC 6749's error object where it has a word, else the front end's page."""
        match fault:
            case Fault.AUTH:
                return refused("invalid_client", self.refusal_of_client)
            case Fault.THROTTLED:
                return refused("rate_limit_exceeded", 429)
            case Fault.OVERLOADED:
                return HTMLResponse("<html><title>Error 503 (Service Unavailable)</title></html>", 503)
            case _:
                return refused("server_error", 500)

    @property
    def keys(self) -> list[tuple[str, rsa.RSAPrivateKey]]:
        """Key ids and keys; the first signs, the others are only published."""
        while len(self._keys) < 2:
            self._keys.append(_new_key())
        return self._keys

    def rotate(self, *, keep_old: bool = True) -> None:
        """Sign with the next key from now on; a key that is not kept is no longer published."""
        old = self.keys.pop(0)
        if keep_old:
            self._keys.append(old)

    def issuer(self, request: Request) -> str:
        """Who tokens say they are from."""
        return self.issued_as or self.address(request)

    def address(self, request: Request) -> str:
        """This server's address, as the request reached it."""
        return f"{request.url.scheme}://{request.url.netloc}"

    # The consent page -------------------------------------------------------------------------------------------

    async def _authorize(self, request: Request, fault: Fault | None) -> Response:
        asked = dict(request.query_params)
        redirect_uri = asked.get("redirect_uri", "")
        # Before these two are known to be right, nothing may be sent anywhere.
        if asked.get("client_id") != self.client_id:
            return HTMLResponse("<h1>Error 401: invalid_client</h1>", 401)
        if not redirect_uri or (self.redirect_uris and redirect_uri not in self.redirect_uris):
            return HTMLResponse("<h1>Error 400: redirect_uri_mismatch</h1>", 400)
        state = {"state": asked["state"]} if "state" in asked else {}
        if (wrong := self.wrong_request(asked)) is not None:
            return HTMLResponse(f"<h1>Error 400: {html.escape(wrong)}</h1>", 400)
        if fault is Fault.DENIED:
            return self.answer(request, asked, {"error": self.denied, **state})
        code = secrets.token_urlsafe(32)
        scopes = frozenset(asked.get("scope", "").split())
        person = self.person
        challenge = asked.get("code_challenge") if self.knows_pkce else None
        self.codes[code] = Grant(person, redirect_uri, scopes, asked.get("nonce"), challenge, self.clock())
        return self.answer(request, asked, {"code": code, **state, **self.beside_the_code(request, person, scopes)})

    denied: ClassVar[str]
    knows_pkce: ClassVar[bool]

    @abstractmethod
    def wrong_request(self, asked: Mapping[str, str]) -> str | None:
        """What is wrong with an authorization request, if anything."""

    @abstractmethod
    def answer(self, request: Request, asked: Mapping[str, str], fields: dict[str, str]) -> Response:
        """Bring ``fields`` to the client's redirect address, through the browser."""

    def beside_the_code(self, request: Request, person: Person, scopes: frozenset[str]) -> dict[str, str]:
        """What else the client's address gets with the code."""
        return {}

    # The exchange -----------------------------------------------------------------------------------------------

    async def _token(self, request: Request, fault: Fault | None) -> Response:
        form = await form_of(request)
        self.check_client(request, form)
        if form.get("grant_type") != "authorization_code":
            return refused("unsupported_grant_type")
        grant = self.codes.pop(form.get("code", ""), None)
        if fault is Fault.CODE_REFUSED or grant is None or self.clock() - grant.issued_at > _CODE_LIFE_S:
            return refused("invalid_grant", description="The code is invalid, expired or was used before.")
        if form.get("redirect_uri") != grant.redirect_uri:
            return refused(self.redirect_mismatch)
        if grant.challenge is not None and _s256(form.get("code_verifier", "")) != grant.challenge:
            return refused("invalid_grant", description="Invalid code verifier.")
        self.ledger.accept(Entry("token", grant.person.subject, self.client_id, {"scope": sorted(grant.scopes)}))
        access_token = secrets.token_urlsafe(32)
        self._tokens[access_token] = grant
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": self._id_token(self.issuer(request), grant, access_token, fault),
            **self.beside_the_token(grant),
        }
        if fault is Fault.EMPTY:
            del answer["id_token"]
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    redirect_mismatch: ClassVar[str]

    @abstractmethod
    def check_client(self, request: Request, form: Mapping[str, str]) -> None:
        """Raise :class:`Refusal` unless the caller proves to be the registered client."""

    @abstractmethod
    def claims(self, grant: Grant) -> dict[str, Any]:
        """What an ID token says about the person, besides the standing claims."""

    def beside_the_token(self, grant: Grant) -> dict[str, Any]:
        """What else the exchange answers."""
        return {}

    def _id_token(self, issuer: str, grant: Grant, access_token: str, fault: Fault | None) -> str:
        if fault is Fault.UNVERIFIED:
            grant = replace(grant, person=replace(grant.person, email_verified=False))
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": issuer,
            "aud": self.client_id,
            "sub": grant.person.subject,
            "at_hash": jose.half_hash(access_token),
            "iat": now,
            "exp": now + self.token_life_s,
            **({"nonce": grant.nonce} if grant.nonce is not None else {}),
            **self.claims(grant),
        }
        wrong: Mapping[Fault, dict[str, Any]] = {
            Fault.WRONG_NONCE: {"nonce": secrets.token_urlsafe(16)},
            Fault.WRONG_AUDIENCE: {"aud": "somebody-elses-client", "azp": "somebody-elses-client"},
            Fault.WRONG_ISSUER: {"iss": "https://accounts.example.org"},
            Fault.EXPIRED: {"iat": now - 2 * self.token_life_s, "exp": now - self.token_life_s},
        }
        claims |= wrong.get(fault, {}) if fault else {}
        key_id, key = self.keys[0]
        match fault:
            case Fault.UNKNOWN_KEY:
                return jose.rs256(claims, _new_key()[1], "no-such-key")
            case Fault.FORGED:
                return jose.rs256(claims, _new_key()[1], key_id)
            case Fault.UNSIGNED:
                return jose.unsigned(claims)
            case Fault.KEY_CONFUSION:
                return jose.hs256_with_public_key(claims, key, key_id)
            case _:
                return jose.rs256(claims, key, key_id)

    # Keys and control -------------------------------------------------------------------------------------------

    async def _jwks(self, request: Request, fault: Fault | None) -> Response:
        keys = [jose.public_jwk(key, key_id) for key_id, key in self.keys]
        return JSONResponse({"keys": keys}, headers={"cache-control": "public, max-age=19800, must-revalidate"})

    async def _set_person(self, request: Request) -> Response:
        """``{"subject": "1", "email": "a@b.c"}``: who consents from now on; what is not said stays as it is."""
        wanted = await json_object(request, refused("invalid_request"))
        try:
            self.person = replace(self.person, **wanted)
        except TypeError as wrong:
            return JSONResponse({"error": str(wrong)}, 422)
        return Response(status_code=204)

    async def _show_client(self, request: Request) -> Response:
        return JSONResponse(self.client())

    async def _rotate(self, request: Request) -> Response:
        self.rotate()
        return Response(status_code=204)


def _new_key() -> tuple[str, rsa.RSAPrivateKey]:
    return secrets.token_hex(8), rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _s256(verifier: str) -> str:
    return jose.b64(hashlib.sha256(verifier.encode()).digest())


def refused(code: str, status: int = 400, *, description: str | None = None) -> Response:
    """RFC 6749's error object."""
    return JSONResponse({"error": code, **({"error_description": description} if description else {})}, status)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded body."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
