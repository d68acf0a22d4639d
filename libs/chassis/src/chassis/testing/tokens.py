"""Access tokens for tests: signed with a real Ed25519 key, checked by the real verifier."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from chassis.identity.tokens import Identity, TokenVerifier
from chassis.ids import uuid7

ISSUER = "talkingphoto"
AUDIENCE = "talkingphoto-api"


def an_identity(
    *,
    user_id: UUID | None = None,
    role: str = "user",
    product_line: str = "talkingphoto",
    plan: str = "free",
    session_id: UUID | None = None,
    issued_at: datetime | None = None,
    lives: timedelta = timedelta(minutes=15),
    daily_credits: int | None = None,
) -> Identity:
    """Somebody; say only what the test is about."""
    user = user_id or uuid7()
    issued = (issued_at or datetime.now(UTC)).replace(microsecond=0)
    return Identity(
        user_id=user,
        email=f"{user.hex[-8:]}@example.org",
        role=role,
        product_line=product_line,
        plan=plan,
        session_id=session_id or uuid7(),
        issued_at=issued,
        expires_at=issued + lives,
        daily_credits=daily_credits,
    )


class Issuer:
    """Stands in for users: signs tokens and publishes its key."""

    def __init__(self, key_id: str = "test-key") -> None:
        self.key_id = key_id
        self.private_key = Ed25519PrivateKey.generate()

    def token(self, identity: Identity | None = None, **changes: Any) -> str:
        """An access token; ``changes`` replace claims, None removes one."""
        claims = {**(identity or an_identity()).claims(issuer=ISSUER, audience=AUDIENCE), **changes}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self.private_key,
            algorithm="EdDSA",
            headers={"kid": self.key_id},
        )

    def headers(self, identity: Identity | None = None) -> dict[str, str]:
        """Request headers that say who is calling."""
        return {"Authorization": f"Bearer {self.token(identity)}"}

    def key_set(self) -> dict[str, Any]:
        """The JSON Web Key Set with the public half."""
        public = json.loads(OKPAlgorithm.to_jwk(self.private_key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "alg": "EdDSA", "use": "sig"}]}

    def verifier(self, **options: Any) -> TokenVerifier:
        """The real verifier, with this key set and ``options`` of its constructor."""

        async def fetch() -> dict[str, Any]:
            return self.key_set()

        return TokenVerifier(fetch, issuer=ISSUER, audience=AUDIENCE, **options)
