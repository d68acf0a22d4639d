"""OpenID Connect's code flow as pure functions: what is sent to a provider, and whether its ID token is believed.

OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; PKCE is RFC 7636; the issuer in the answer is RFC 9207.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LEEWAY_S = 60
"""How far the clocks of two machines may be apart."""

_ALGORITHM = "RS256"
_REQUIRED = ["iss", "sub", "aud", "iat", "exp"]
_LONGEST_SUBJECT = 255
_APPLE_SECRET_LIFE_S = 300


class Unbelievable(Exception):
    """An ID token must not be believed. ``reason`` is one of a few words, and says nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(Unbelievable):
    """It was signed with a key that is not among those at hand; newer ones may have it."""

    def __init__(self) -> None:
        super().__init__("unknown_key")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where things are at a provider."""

    authorization: str
    token: str
    keys: str

    @classmethod
    def of(cls, document: Mapping[str, Any], issuer: str) -> Endpoints:
        """Read a discovery document; raises ``ValueError`` for one that is incomplete or speaks for another issuer."""
        if document.get("issuer") != issuer:
            raise ValueError("the discovery document is another issuer's")
        found = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(isinstance(url, str) and url for url in found):
            raise ValueError("the discovery document is incomplete")
        return cls(*(str(url) for url in found))


@dataclass(frozen=True, slots=True)
class Registration:
    """This platform as a client of one provider."""

    name: str
    issuer: str
    client_id: str
    secret: Callable[[int], str]
    """The client secret at a time in seconds."""
    scope: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Sent along with every authorization request."""
    endpoints: Endpoints | None = None
    """Where the provider documents that things are; without it its discovery document is read."""
    also_issued_by: frozenset[str] = frozenset()
    """Other values of ``iss`` that mean the same provider."""
    posts_across_sites: bool = False
    """The answer comes as a form that the provider's page posts, so the cookie must travel across sites."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a provider vouches for."""

    provider: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_url(
    client: Registration, endpoints: Endpoints, *, redirect_uri: str, state: str, nonce: str, verifier: str
) -> str:
    """Where the browser goes to ask for consent."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        **client.parameters,
    }
    return f"{endpoints.authorization}{'&' if '?' in endpoints.authorization else '?'}{urlencode(asked)}"


def exchange_form(client: Registration, *, code: str, redirect_uri: str, verifier: str, now: int) -> dict[str, str]:
    """What is posted to the token endpoint; ``now`` in seconds."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": client.client_id,
        "client_secret": client.secret(now),
        "code_verifier": verifier,
    }


def apple_secret(now: int, *, team_id: str, key_id: str, client_id: str, key: EllipticCurvePrivateKey) -> str:
    """Apple's client secret: a token that the team signs; good for five minutes, of the six months it might be."""
    claims = {
        "iss": team_id,
        "sub": client_id,
        "aud": "https://appleid.apple.com",
        "iat": now,
        "exp": now + _APPLE_SECRET_LIFE_S,
    }
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id})


def signing_keys(document: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """The RS256 keys of a key set by their id; raises ``ValueError`` when there is none."""
    try:
        found = {
            entry["kid"]: jwt.PyJWK(dict(entry), algorithm=_ALGORITHM)
            for entry in document["keys"]
            if entry.get("kty") == "RSA"
            and entry.get("use", "sig") == "sig"
            and entry.get("alg", _ALGORITHM) == _ALGORITHM
            and isinstance(entry.get("kid"), str)
        }
    except (KeyError, TypeError, AttributeError, jwt.PyJWTError) as malformed:
        raise ValueError("not a key set") from malformed
    if not found:
        raise ValueError("no RS256 key in the key set")
    return found


def believed(token: str, keys: Mapping[str, jwt.PyJWK], client: Registration, *, nonce: str, now: int) -> Assertion:
    """Check an ID token that came from the token endpoint; raises ``Unbelievable``, or ``UnknownKey``.

    Only RS256 with a key of the provider's own set is accepted, whatever the token's header says; ``aud`` must be this
    client and nobody else.
    """
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = keys.get(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise UnknownKey
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=client.client_id,
            issuer=[client.issuer, *client.also_issued_by],
            # Times are checked below against the clock that is passed in.
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidTokenError as refusal:
        raise Unbelievable(_REASONS.get(type(refusal), "malformed")) from refusal
    if claims.get("azp", client.client_id) != client.client_id:
        raise Unbelievable("wrong_audience")
    if not isinstance(claims["exp"], int) or not isinstance(claims["iat"], int):
        raise Unbelievable("malformed")
    if claims["exp"] + LEEWAY_S <= now:
        raise Unbelievable("expired")
    if claims["iat"] - LEEWAY_S > now:
        raise Unbelievable("not_valid_yet")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Unbelievable("wrong_nonce")
    if not claims["sub"] or len(claims["sub"]) > _LONGEST_SUBJECT or "\x00" in claims["sub"]:
        raise Unbelievable("malformed")
    email, name = claims.get("email"), claims.get("name")
    return Assertion(
        provider=client.name,
        subject=claims["sub"],
        email=email if isinstance(email, str) else None,
        # Apple sends this as text for some accounts. Nothing but these two means yes.
        email_verified=claims.get("email_verified") in (True, "true"),
        name=name if isinstance(name, str) else None,
    )


_REASONS: Mapping[type[Exception], str] = {
    jwt.InvalidAudienceError: "wrong_audience",
    jwt.InvalidIssuerError: "wrong_issuer",
    jwt.InvalidSignatureError: "forged",
    jwt.InvalidAlgorithmError: "wrong_algorithm",
    jwt.MissingRequiredClaimError: "incomplete",
}
