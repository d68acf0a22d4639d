"""Sign in with Apple.

As "Sign in with Apple REST API" on developer.apple.com describes it: ``Request an authorization``, ``Generate and
validate tokens``, ``Creating a client secret``, ``Revoke tokens``.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.core import jose
from simulators.core.base import Refusal
from simulators.core.faults import Fault
from simulators.core.ledger import Entry
from simulators.vendors.openid.issuer import Grant, OpenID, Person, form_of, refused

_SIX_MONTHS_S = 15_777_000


class Apple(OpenID):
    """Sign in with Apple."""

    vendor: ClassVar[str] = "apple"
    token_life_s: ClassVar[int] = 86_400
    refusal_of_client: ClassVar[int] = 400
    denied: ClassVar[str] = "user_cancelled_authorize"
    knows_pkce: ClassVar[bool] = False
    redirect_mismatch: ClassVar[str] = "invalid_grant"

    def __init__(
        self,
        *,
        key: str = "simulated-key",
        client_id: str = "com.example.signin",
        person: Person | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(key=key, client_id=client_id, person=person, clock=clock)
        self.team_id, self.key_id = "TEAM123456", "KEY1234567"
        self.client_key = ec.generate_private_key(ec.SECP256R1())
        self.booleans_as_text = True
        """Whether booleans of ID tokens come as "true" and "false", which they do for some accounts."""
        self.moved = False
        """Whether discovery speaks of account.apple.com while tokens do not, as it did in June 2025."""
        self._met: set[str] = set()

    def client(self) -> dict[str, str]:
        """Services id, team, key id and the key of the ``.p8`` file."""
        pem = self.client_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        ids = {"client_id": self.client_id, "team_id": self.team_id, "key_id": self.key_id}
        return {**ids, "private_key": pem.decode()}

    def settings(self, address: str) -> dict[str, str]:
        """What the users service reads; the key's lines are written as one."""
        told = {f"SIGNIN_APPLE_{name.upper()}": value.replace("\n", "\\n") for name, value in self.client().items()}
        return {**told, "SIGNIN_APPLE_ISSUER": address}

    def routes(self) -> list[Route]:
        """There is no userinfo."""
        return [
            self.route("/.well-known/openid-configuration", "discovery", self._discovery, methods=("GET",), open_=True),
            self.route("/auth/authorize", "authorize", self._authorize, methods=("GET",)),
            self.route("/auth/token", "token", self._token),
            self.route("/auth/keys", "keys", self._jwks, methods=("GET",)),
            self.route("/auth/revoke", "revoke", self._revoke),
        ]

    async def _discovery(self, request: Request, fault: Fault | None) -> Response:
        here = "https://account.apple.com" if self.moved else self.address(request)
        return JSONResponse(
            {
                "issuer": here if self.moved else self.issuer(request),
                "authorization_endpoint": f"{here}/auth/authorize",
                "token_endpoint": f"{here}/auth/token",
                "revocation_endpoint": f"{here}/auth/revoke",
                "jwks_uri": f"{here}/auth/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "name"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "is_private_email", "iss", "sub"],
            }
        )

    def wrong_request(self, asked: Mapping[str, str]) -> str | None:
        """Name and address are only ever posted."""
        if asked.get("response_type") != "code":
            return "unsupported_response_type"
        if {"name", "email"} & set(asked.get("scope", "").split()) and asked.get("response_mode") != "form_post":
            return "invalid_request: response_mode must be form_post when name or email scope is requested."
        return None

    def answer(self, request: Request, asked: Mapping[str, str], fields: dict[str, str]) -> Response:
        """A page that posts a form across sites by itself, or a redirect where nothing was asked for."""
        target = asked["redirect_uri"]
        if asked.get("response_mode") != "form_post":
            return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}", 302)
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
        )
        form = f'<form method="post" action="{html.escape(target)}">{inputs}</form>'
        return HTMLResponse(f'<html><body onload="document.forms[0].submit()">{form}</body></html>')

    def beside_the_code(self, request: Request, person: Person, scopes: frozenset[str]) -> dict[str, str]:
        """``user``, the first time that this person comes and never again."""
        if person.subject in self._met or not {"name", "email"} & scopes:
            return {}
        self._met.add(person.subject)
        told: dict[str, Any] = {}
        if "name" in scopes:
            told["name"] = {"firstName": person.given_name, "lastName": person.family_name}
        if "email" in scopes:
            told["email"] = person.email
        return {"user": json.dumps(told)}

    def check_client(self, request: Request, form: Mapping[str, str]) -> None:
        """A secret that the team signed for this client within the last six months."""
        try:
            header, claims = jose.checked_es256(form.get("client_secret", ""), self.client_key.public_key())
        except ValueError:
            raise Refusal(self.error(Fault.AUTH)) from None
        now = self.clock()
        if not (
            form.get("client_id") == self.client_id == claims.get("sub")
            and header.get("kid") == self.key_id
            and claims.get("iss") == self.team_id
            and claims.get("aud") == "https://appleid.apple.com"
            and isinstance(claims.get("iat"), int)
            and isinstance(claims.get("exp"), int)
            and claims["iat"] <= now + 60
            and now < claims["exp"] <= now + _SIX_MONTHS_S
        ):
            raise Refusal(self.error(Fault.AUTH))

    def claims(self, grant: Grant) -> dict[str, Any]:
        """The address where it was asked for; never a name."""
        told: dict[str, Any] = {"auth_time": int(grant.issued_at), "nonce_supported": True}
        person = grant.person
        if "email" in grant.scopes and person.email is not None:
            told |= {"email": person.email, "email_verified": self._boolean(person.email_verified)}
            told |= {"is_private_email": self._boolean(True)} if person.private else {}
        return told

    def _boolean(self, value: bool) -> bool | str:
        return str(value).lower() if self.booleans_as_text else value

    def beside_the_token(self, grant: Grant) -> dict[str, Any]:
        """A refresh token always comes with it."""
        token = secrets.token_urlsafe(32)
        self._tokens[token] = grant
        return {"refresh_token": token}

    async def _revoke(self, request: Request, fault: Fault | None) -> Response:
        form = await form_of(request)
        self.check_client(request, form)
        if "token" not in form:
            return refused("invalid_request")
        grant = self._tokens.pop(form["token"], None)
        if grant is not None:
            self._met.discard(grant.person.subject)
            self.ledger.accept(Entry("revoke", grant.person.subject, self.client_id))
        return Response(status_code=200)
