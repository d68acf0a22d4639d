"""Who is calling: access tokens are checked by every service itself, against the keys that users publishes.

An access token is a JWT with the claims ``sub`` (user id), ``email``, ``role``, ``product_line``,
``subscription_tier``, ``sid`` (session id), ``typ`` = ``access``, ``iss``, ``aud``, ``iat``, ``exp`` and, in its
header, ``alg`` and ``kid`` (USR-34, SEC-01, SEC-02). One that stands for an API key has the key's id as ``sid``, and
``scope`` and perhaps ``daily_credits`` besides. Everything fails closed: no key, no entry.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import jwt
import structlog
from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.security.base import SecurityBase

from chassis.errors import BadRequest, NotAllowed, NotAuthenticated, ServiceError, Unavailable
from chassis.identity.revocations import LONGEST_LIFE_S, FetchRevoked, Revocations, revoked_from
from chassis.observe.metrics import CACHE_REQUESTS
from chassis.settings import ServiceSettings, SettingsError
from contracts.enums import ProductLineKey

log = structlog.get_logger()

ACCESS = "access"
"""The ``typ`` claim of an access token."""

WITHDRAWN = "withdrawn"
"""Beside ``keys`` in the key set: ids of keys whose tokens count no more, because somebody else may have the key."""

_REQUIRED_CLAIMS = ["sub", "sid", "product_line", "typ", "iss", "aud", "iat", "exp"]
_HITS = CACHE_REQUESTS.labels("verified_tokens", "hit")
_MISSES = CACHE_REQUESTS.labels("verified_tokens", "miss")

FetchKeys = Callable[[], Awaitable[Mapping[str, Any]]]
"""Answers a JSON Web Key Set (RFC 7517); raises ``OSError``, ``ValueError`` or a ``ServiceError`` when it cannot."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, as the access token says.

    ``scopes`` are what an API key may do, and None for somebody who has logged in and may do everything that is theirs;
    ``session_id`` is then the key's, and ``daily_credits`` what it may spend in a day (UTC), None for no such limit.
    """

    user_id: UUID
    email: str
    role: str
    product_line: str
    plan: str
    session_id: UUID
    issued_at: datetime
    expires_at: datetime
    scopes: frozenset[str] | None = None
    daily_credits: int | None = None

    @property
    def is_admin(self) -> bool:
        """May act on what belongs to others."""
        return self.role == "admin"

    def claims(self, *, issuer: str, audience: str) -> dict[str, Any]:
        """The claims of an access token for this identity; the inverse of what ``TokenVerifier`` reads."""
        of_key: dict[str, Any] = {}
        if self.scopes is not None:
            of_key["scope"] = " ".join(sorted(self.scopes))
        if self.daily_credits is not None:
            of_key["daily_credits"] = self.daily_credits
        return of_key | {
            "sub": str(self.user_id),
            "email": self.email,
            "role": self.role,
            "product_line": self.product_line,
            "subscription_tier": self.plan,
            "sid": str(self.session_id),
            "typ": ACCESS,
            "iss": issuer,
            "aud": audience,
            "iat": int(self.issued_at.timestamp()),
            "exp": int(self.expires_at.timestamp()),
        }


class Verifier(Protocol):
    """Tells who a token belongs to."""

    async def verify(self, token: str) -> Identity:
        """The identity; raises ``NotAuthenticated``, or ``Unavailable`` when it cannot be told."""
        ...


class TokenVerifier:
    """Checks access tokens, remembers what it checked, and forgets it when a session is revoked.

    Keys are fetched when first needed, again every ``keys_max_age_s`` and when a token names a key that is not known:
    then at most every ``refresh_at_most_every_s``, and whoever comes in between waits for the next answer. A key that
    is not published any more is kept until the last token it may have signed has ended, unless it is withdrawn by name.
    Ed25519 is the only accepted algorithm. Clocks may differ by ``leeway_s``. With ``fetch_revoked`` nobody is let in
    before it is known whose session has ended.
    """

    def __init__(
        self,
        fetch_keys: FetchKeys,
        *,
        issuer: str,
        audience: str,
        fetch_revoked: FetchRevoked | None = None,
        leeway_s: float = 60.0,
        cache_size: int = 20_000,
        keys_max_age_s: float = 600.0,
        refresh_at_most_every_s: float = 1.0,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch_keys = fetch_keys
        self._issuer = issuer
        self._audience = audience
        self._leeway_s = leeway_s
        self._cache_size = cache_size
        self._keys_max_age_s = keys_max_age_s
        self._refresh_at_most_every_s = refresh_at_most_every_s
        self._clock = clock
        self._ticks = ticks
        self._keys: dict[str, jwt.PyJWK] = {}
        self._dropped: dict[str, float] = {}
        """Keys that are not published any more, and until when they are kept."""
        self._keys_read_at = float("-inf")
        self._tried_at = float("-inf")
        self._refreshing = asyncio.Lock()
        self._verified: OrderedDict[bytes, tuple[float, Identity]] = OrderedDict()
        """By the tokens' hashes: whoever sees this process's memory finds no token that it let in."""
        self._revocations = Revocations(fetch_revoked, leeway_s=leeway_s, clock=clock, ticks=ticks)

    @classmethod
    def from_settings(
        cls,
        settings: ServiceSettings,
        fetch_keys: FetchKeys | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> TokenVerifier:
        """The verifier the settings ask for; ``fetch_keys`` replaces the call to ``jwks_url``."""
        if fetch_keys is None:
            if settings.jwks_url is None:
                raise SettingsError("cannot start: missing: JWKS_URL")
            fetch_keys = keys_from(settings.jwks_url)
        return cls(
            fetch_keys,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            fetch_revoked=revoked_from(settings.jwks_url, _get) if settings.jwks_url else None,
            clock=clock,
        )

    async def ready(self) -> None:
        """Return when tokens can be checked; raises ``Unavailable`` while it is not known which sessions have ended."""
        await self._revocations.read()

    async def verify(self, token: str) -> Identity:
        """Who the token belongs to. Raises ``NotAuthenticated``; ``Unavailable`` when what it takes cannot be had."""
        if self._revocations.due:
            await self._revocations.read()
        name = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(name)
        if known is not None:
            expiry, identity = known
            if expiry <= self._clock():
                del self._verified[name]
                raise _expired()
            if identity.session_id in self._revocations:
                raise _revoked()
            self._verified.move_to_end(name)
            _HITS.inc()
            return identity
        _MISSES.inc()
        identity = _identity(self._checked(token, await self._key_for(token)))
        if identity.session_id in self._revocations:
            raise _revoked()
        self._verified[name] = (identity.expires_at.timestamp() + self._leeway_s, identity)
        if len(self._verified) > self._cache_size:
            self._verified.popitem(last=False)
        return identity

    def revoke_session(self, session_id: UUID) -> None:
        """From now on refuse every token of this session."""
        self._revocations.add(session_id)

    def _checked(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=self._issuer,
                audience=self._audience,
                # Times are checked below against this verifier's clock, so that tests can move it.
                options={
                    "require": _REQUIRED_CLAIMS,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidTokenError as refusal:
            raise NotAuthenticated("The access token is not valid. Log in again.") from refusal
        now = self._clock()
        if claims["typ"] != ACCESS:
            raise NotAuthenticated("This is not an access token. Use the one that login returned as access_token.")
        if not all(isinstance(claims.get(name, 0), int) for name in ("exp", "iat", "nbf")):
            raise NotAuthenticated("The access token is not valid. Log in again.")
        if claims["exp"] + self._leeway_s <= now:
            raise _expired()
        if max(claims["iat"], claims.get("nbf", 0)) - self._leeway_s > now:
            raise NotAuthenticated("The access token is not valid yet. Check the clock.")
        return claims

    async def _key_for(self, token: str) -> jwt.PyJWK:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError as refusal:
            raise NotAuthenticated("The access token is not valid. Log in again.") from refusal
        if not isinstance(key_id, str):
            raise NotAuthenticated("The access token names no key. Log in again.")
        asked_at = self._ticks()
        if key_id not in self._keys or asked_at - self._tried_at > self._keys_max_age_s:
            await self._refresh(asked_at)
        if (key := self._keys.get(key_id)) is not None:
            return key
        if self._keys_read_at < asked_at:
            raise Unavailable("Access tokens cannot be checked at the moment. Try again shortly.", retry_after_s=1)
        raise NotAuthenticated("The access token was signed with an unknown key. Log in again.")

    async def _refresh(self, asked_at: float) -> None:
        """Read the keys, unless that has been tried since ``asked_at``; if need be later, when it is time."""
        async with self._refreshing:
            # Whoever waited for the lock profits from the answer; and unknown key ids must not become a flood.
            if self._tried_at >= asked_at:
                return
            await asyncio.sleep(self._tried_at + self._refresh_at_most_every_s - self._ticks())
            self._tried_at = self._ticks()
            try:
                document = await self._fetch_keys()
                found, withdrawn = _key_set(document), frozenset(document.get(WITHDRAWN, ()))
            except (OSError, ServiceError, ValueError, TypeError, jwt.PyJWTError) as failure:
                # Keys once read stay good: users being away must not log everybody out.
                log.warning("auth.keys_not_read", reason=repr(failure), kept=len(self._keys))
                return
            self._keep(found, withdrawn)
            self._keys_read_at = self._ticks()

    def _keep(self, published: dict[str, jwt.PyJWK], withdrawn: frozenset[str]) -> None:
        now = self._ticks()
        self._dropped = {
            key_id: self._dropped.get(key_id, now + LONGEST_LIFE_S + self._leeway_s)
            for key_id in self._keys.keys() - published.keys()
        }
        kept = {key_id: self._keys[key_id] for key_id, until in self._dropped.items() if until > now}
        keys = {key_id: key for key_id, key in (kept | published).items() if key_id not in withdrawn}
        if not self._keys.keys() <= keys.keys():
            self._verified.clear()  # a key that is gone takes what it signed with it
        self._keys = keys


def keys_from(url: str) -> FetchKeys:
    """Fetch the key set from ``url``; raises ``Unavailable``, or ``ValueError`` for what is no JSON."""

    async def fetch() -> Mapping[str, Any]:
        return await _get(url)

    return fetch


async def _get(url: str, *, timeout_s: float = 5.0) -> Mapping[str, Any]:
    # Needed now and then, and 0.1 s to import: not before somebody asks.
    import httpx

    try:
        # What users publishes lies on our side of every proxy.
        async with httpx.AsyncClient(timeout=timeout_s, trust_env=False) as http:
            reply = await http.get(url)
            reply.raise_for_status()
    except httpx.HTTPError as failure:
        raise Unavailable(f"{url} cannot be read: {type(failure).__name__}.") from failure
    found: Mapping[str, Any] = reply.json()
    return found


class _BearerToken(SecurityBase):
    """The dependency behind ``Caller``; also what the API documentation says about it."""

    def __init__(self) -> None:
        self.model = BearerModel(bearerFormat="JWT", description="The access token that login returns.")
        self.scheme_name = "AccessToken"

    async def __call__(self, request: Request) -> Identity:
        known = request.scope.get("chassis.identity")
        if isinstance(known, Identity):
            return known
        if isinstance(known, ServiceError):
            raise known
        token = bearer_token(request.headers.get("authorization"))
        if token is None:
            raise NotAuthenticated("Log in and send the access token as a Bearer token.")
        verifier: Verifier = request.app.state.verifier
        return await verifier.verify(token)


def checked_already(scope: Mapping[str, Any], token: str) -> Identity | None:
    """Who ``token`` belongs to, where the edge has checked it with this request; None where it has not.

    Raises what the edge found wrong with it: a signature is checked once a request, a bad one too.
    """
    known = scope.get("chassis.identity") if scope.get("chassis.token") == token else None
    if isinstance(known, ServiceError):
        raise known
    return known


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The ``Authorization`` header among an ASGI request's headers.

    Raises ``BadRequest`` for more than one: two parties must never be able to read a different one each.
    """
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) > 1:
        raise BadRequest("Send one Authorization header.")
    return given[0].decode("latin-1") if given else None


def bearer_token(header: str | None) -> str | None:
    """The token of an ``Authorization`` header, or None when it carries no Bearer token."""
    if header is None or header[:7].lower() != "bearer ":
        return None
    return header[7:].strip() or None


Caller = Annotated[Identity, Depends(_BearerToken())]
"""The authenticated caller; without a valid access token the answer is 401."""


async def _admin(caller: Caller) -> Identity:
    if not caller.is_admin:
        raise NotAllowed("Only administrators may do this.")
    return caller


AdminCaller = Annotated[Identity, Depends(_admin)]
"""An authenticated administrator; others get 403."""


def _identity(claims: Mapping[str, Any]) -> Identity:
    try:
        return Identity(
            user_id=UUID(claims["sub"]),
            email=str(claims.get("email", "")),
            role=str(claims.get("role", "user")),
            product_line=ProductLineKey(claims["product_line"]).value,
            plan=str(claims.get("subscription_tier", "")),
            session_id=UUID(claims["sid"]),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            scopes=frozenset(claims["scope"].split()) if "scope" in claims else None,
            daily_credits=int(claims["daily_credits"]) if "daily_credits" in claims else None,
        )
    except (ValueError, TypeError, AttributeError, OverflowError, OSError) as malformed:
        raise NotAuthenticated("The access token is not valid. Log in again.") from malformed


def _key_set(document: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """Ed25519 keys of a key set by their id; keys for anything else are not ours to use.

    Raises ``ValueError`` when there is none: an empty answer is a broken one, and must not log everybody out.
    """
    try:
        found = {
            entry["kid"]: jwt.PyJWK(dict(entry), algorithm="EdDSA")
            for entry in document["keys"]
            if entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519" and isinstance(entry.get("kid"), str)
        }
    except (KeyError, TypeError, AttributeError) as malformed:
        raise ValueError("not a key set") from malformed
    if not found:
        raise ValueError("no Ed25519 key in the key set")
    return found


def _expired() -> NotAuthenticated:
    return NotAuthenticated("The access token has expired. Refresh it or log in again.", details={"expired": True})


def _revoked() -> NotAuthenticated:
    return NotAuthenticated("This session was ended. Log in again.")
