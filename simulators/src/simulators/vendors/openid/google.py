"""Sign in with Google.

As developers.google.com/identity/openid-connect/openid-connect and Google's discovery document describe it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.core import jose
from simulators.core.base import Refusal
from simulators.core.faults import Fault
from simulators.core.ledger import Entry
from simulators.vendors.openid.issuer import Grant, OpenID, Person, form_of, refused


class Google(OpenID):
    """Sign in with Google."""

    vendor: ClassVar[str] = "google"
    token_life_s: ClassVar[int] = 3600
    refusal_of_client: ClassVar[int] = 401
    denied: ClassVar[str] = "access_denied"
    knows_pkce: ClassVar[bool] = True
    redirect_mismatch: ClassVar[str] = "redirect_uri_mismatch"

    def client(self) -> dict[str, str]:
        """Id and secret."""
        return {"client_id": self.client_id, "client_secret": self.key}

    def settings(self, address: str) -> dict[str, str]:
        """What the users service reads."""
        return {
            "SIGNIN_GOOGLE_CLIENT_ID": self.client_id,
            "SIGNIN_GOOGLE_CLIENT_SECRET": self.key,
            "SIGNIN_GOOGLE_ISSUER": address,
        }

    def routes(self) -> list[Route]:
        """Paths as in Google's discovery document, which spreads them over several hosts."""
        return [
            self.route("/.well-known/openid-configuration", "discovery", self._discovery, methods=("GET",), open_=True),
            self.route("/o/oauth2/v2/auth", "authorize", self._authorize, methods=("GET",)),
            self.route("/token", "token", self._token),
            self.route("/oauth2/v3/certs", "keys", self._jwks, methods=("GET",)),
            self.route("/oauth2/v1/certs", "keys", self._certificates, methods=("GET",)),
            self.route("/v1/userinfo", "userinfo", self._userinfo, methods=("GET", "POST")),
            self.route("/revoke", "revoke", self._revoke),
        ]

    async def _discovery(self, request: Request, fault: Fault | None) -> Response:
        here = self.address(request)
        return JSONResponse(
            {
                "issuer": self.issuer(request),
                "authorization_endpoint": f"{here}/o/oauth2/v2/auth",
                "token_endpoint": f"{here}/token",
                "userinfo_endpoint": f"{here}/v1/userinfo",
                "revocation_endpoint": f"{here}/revoke",
                "jwks_uri": f"{here}/oauth2/v3/certs",
                "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "none"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
                "code_challenge_methods_supported": ["plain", "S256"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _certificates(self, request: Request, fault: Fault | None) -> Response:
        """The same keys as X.509 certificates, for older libraries."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        return JSONResponse({key_id: jose.certificate(key, now) for key_id, key in self.keys})

    def wrong_request(self, asked: Mapping[str, str]) -> str | None:
        """Google shows its own page for these."""
        if asked.get("response_type") != "code":
            return "unsupported_response_type"
        if "openid" not in asked.get("scope", "").split():
            return "invalid_scope"
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            return "invalid_request: only S256 is simulated"
        return None

    def answer(self, request: Request, asked: Mapping[str, str], fields: dict[str, str]) -> Response:
        """A redirect with everything in the query."""
        target = asked["redirect_uri"]
        return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}", 302)

    def beside_the_code(self, request: Request, person: Person, scopes: frozenset[str]) -> dict[str, str]:
        """The issuer (RFC 9207), scopes, and which of the browser's accounts it was."""
        more = {"iss": self.issuer(request), "scope": " ".join(sorted(scopes)), "authuser": "0", "prompt": "consent"}
        return more | ({"hd": person.hosted_domain} if person.hosted_domain else {})

    def check_client(self, request: Request, form: Mapping[str, str]) -> None:
        """The secret in the form or in HTTP Basic."""
        given = form.get("client_id"), form.get("client_secret")
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            name, _, secret = jose.unb64(basic).decode().partition(":")
            given = name, secret
        if given != (self.client_id, self.key):
            raise Refusal(self.error(Fault.AUTH))

    def claims(self, grant: Grant) -> dict[str, Any]:
        """``azp`` always; address and names for their scopes."""
        person = grant.person
        told: dict[str, Any] = {"azp": self.client_id}
        if "email" in grant.scopes and person.email is not None:
            told |= {"email": person.email, "email_verified": person.email_verified}
        if "profile" in grant.scopes:
            names = {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
            told |= {name: value for name, value in names.items() if value}
        return told | ({"hd": person.hosted_domain} if person.hosted_domain else {})

    def beside_the_token(self, grant: Grant) -> dict[str, Any]:
        """The scopes that were granted."""
        return {"scope": " ".join(sorted(grant.scopes))}

    async def _userinfo(self, request: Request, fault: Fault | None) -> Response:
        grant = self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return refused("invalid_token", 401)
        told = self.claims(grant)
        del told["azp"]
        return JSONResponse({"sub": grant.person.subject, **told})

    async def _revoke(self, request: Request, fault: Fault | None) -> Response:
        token = (await form_of(request)).get("token") or request.query_params.get("token", "")
        grant = self._tokens.pop(token, None)
        if grant is None:
            return refused("invalid_token")
        self.ledger.accept(Entry("revoke", grant.person.subject, self.client_id))
        return JSONResponse({})
