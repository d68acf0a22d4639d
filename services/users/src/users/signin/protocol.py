"""What a provider's ID token must be to be believed, and the secret that Apple wants, as pure functions.

The protocol itself is Authlib's and joserfc's; this says which of what OpenID Connect Core 1.0, section 3.1.3.7, allows
is taken here. Imported only where a provider is set up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import ECKey, KeySet
from joserfc.jws import JWSRegistry

from users.signin.models import LONGEST_SUBJECT, Assertion
from users.signin.registrations import Registration

LEEWAY_S = 60
"""How far the clocks of two machines may be apart."""

_ALGORITHM = "RS256"
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


def apple_secret(now: int, *, team_id: str, key_id: str, client_id: str, key: ECKey) -> str:
    """Apple's client secret: a token that the team signs; good for five minutes, of the six months it might be."""
    claims = {
        "iss": team_id,
        "sub": client_id,
        "aud": "https://appleid.apple.com",
        "iat": now,
        "exp": now + _APPLE_SECRET_LIFE_S,
    }
    return jwt.encode({"alg": "ES256", "kid": key_id}, claims, key)


def signing_keys(document: Mapping[str, Any]) -> KeySet:
    """The RS256 keys of a key set; raises ``ValueError`` when there is none."""
    try:
        usable = [
            entry
            for entry in document["keys"]
            if entry.get("kty") == "RSA"
            and entry.get("use", "sig") == "sig"
            and entry.get("alg", _ALGORITHM) == _ALGORITHM
        ]
        return KeySet.import_key_set({"keys": usable})
    except (KeyError, TypeError, AttributeError, ValueError, JoseError) as malformed:
        raise ValueError("no key set, or none with an RS256 key") from malformed


def believed(
    token: str, keys: KeySet, client: Registration, *, nonce: str, now: int, access_token: str | None = None
) -> Assertion:
    """Check an ID token that came from the token endpoint; raises ``Unbelievable``, or ``UnknownKey``.

    Only RS256 with a key of the provider's own set is accepted, whatever the token's header says; ``aud`` must be this
    client and nobody else. ``now`` in seconds; ``access_token`` is the one that came with it.
    """
    try:
        # Providers may put more into the header than the standard names.
        registry = JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)
        # A token that names no key is not tried with the only one there may be.
        read = jwt.decode(token, lambda signed: keys.get_by_kid(signed.headers().get("kid", "")), registry=registry)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "values": [client.issuer, *client.also_issued_by]},
                "aud": {"essential": True, "validate": lambda _, audience: audience == client.client_id},
            },
            {"nonce": nonce, "client_id": client.client_id, "access_token": access_token},
        )
        claims.validate(now, LEEWAY_S)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError, RecursionError) as refusal:
        # What it was refused for may hold a part of it.
        raise Unbelievable(_reason(refusal)) from None
    subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
    # Core 1.0, section 2: up to 255 ASCII characters.
    if not subject or len(subject) > LONGEST_SUBJECT or not (subject.isascii() and subject.isprintable()):
        raise Unbelievable("malformed")
    return Assertion(
        provider=client.name,
        subject=subject,
        email=email if isinstance(email, str) else None,
        # Apple sends this as text for some accounts. Nothing but these two means yes.
        email_verified=claims.get("email_verified") in (True, "true"),
        name=name if isinstance(name, str) else None,
    )


def _reason(refusal: Exception) -> str:
    match refusal:
        case BadSignatureError():
            return "forged"
        case UnsupportedAlgorithmError():
            return "wrong_algorithm"
        case ExpiredTokenError():
            return "expired"
        case MissingClaimError(claim="iss" | "sub" | "aud" | "iat" | "exp"):
            return "incomplete"
        case ClaimError():
            return _WRONG.get(refusal.claim, "malformed")
        case _:
            return "malformed"


_WRONG = {
    "iss": "wrong_issuer",
    "aud": "wrong_audience",
    "azp": "wrong_audience",
    "nonce": "wrong_nonce",
    "at_hash": "wrong_access_token",
    "iat": "not_valid_yet",
    "nbf": "not_valid_yet",
}
