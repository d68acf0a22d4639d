"""The Ed25519 key that signs access tokens (SEC-01)."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from jwt.utils import base64url_encode

from chassis import faults
from chassis.identity.tokens import Identity
from chassis.settings import SettingsError
from users.settings import Settings

_PEM = "-----BEGIN"


@dataclass(frozen=True)
class SigningKey:
    """Signs tokens; ``jwks`` is what everybody may know."""

    private: Ed25519PrivateKey
    key_id: str

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> SigningKey:
        """The key id is the RFC 7638 thumbprint, so that the same key has the same id everywhere."""
        members = json.dumps(_public(private), sort_keys=True, separators=(",", ":"))
        return cls(private, base64url_encode(hashlib.sha256(members.encode()).digest()).decode())

    @property
    def jwks(self) -> dict[str, Any]:
        """The public half as a JSON Web Key Set (RFC 8037)."""
        return {"keys": [{**_public(self.private), "alg": "EdDSA", "use": "sig", "kid": self.key_id}]}

    def sign(self, identity: Identity, *, issuer: str, audience: str) -> str:
        """An access token for ``identity``."""
        return jwt.encode(
            identity.claims(issuer=issuer, audience=audience),
            self.private,
            algorithm="EdDSA",
            headers={"kid": self.key_id, "typ": "at+jwt"},
        )


def load(settings: Settings) -> SigningKey:
    """The key the settings name. Outside production a missing one is made, and kept where they say."""
    configured = settings.jwt_private_key.get_secret_value() if settings.jwt_private_key else ""
    if configured:
        pem = configured if configured.lstrip().startswith(_PEM) else Path(configured).read_text()
        return SigningKey.of(_private(pem.encode()))
    if settings.env == "production":
        raise SettingsError("cannot start: missing: JWT_PRIVATE_KEY")
    if settings.jwt_key_file is None:
        return SigningKey.of(Ed25519PrivateKey.generate())
    if not settings.jwt_key_file.exists():
        _make(settings.jwt_key_file)
    return SigningKey.of(_private(settings.jwt_key_file.read_bytes()))


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    beside = path.with_suffix(f".{secrets.token_hex(8)}")
    beside.touch(mode=0o600)
    beside.write_bytes(pem)
    faults.point("signing_key.before_rename")
    # link, not rename: of two processes that start together, the second finds the first one's key.
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    faults.point("signing_key.after_rename")


def _private(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"JWT_PRIVATE_KEY is a {type(key).__name__}; an Ed25519 key is needed")
    return key


def _public(private: Ed25519PrivateKey) -> dict[str, Any]:
    return OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
