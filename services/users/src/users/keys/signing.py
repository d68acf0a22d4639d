"""The Ed25519 key that signs access tokens (SEC-01)."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.utils import base64url_encode

from chassis import faults
from chassis.identity.tokens import Identity
from chassis.settings import SettingsError
from users.settings import Settings

_PEM = "-----BEGIN"


@dataclass(frozen=True)
class SigningKey:
    """Signs tokens; ``key_id`` and ``public`` are what everybody may know."""

    private: Ed25519PrivateKey
    key_id: str

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> SigningKey:
        """The key id is the RFC 7638 thumbprint, so that the same key has the same id everywhere."""
        members = json.dumps(_members(_public(private)), sort_keys=True, separators=(",", ":"))
        return cls(private, base64url_encode(hashlib.sha256(members.encode()).digest()).decode())

    @property
    def public(self) -> str:
        """The public half: ``x`` of its JWK."""
        return _public(self.private)

    def sign(self, identity: Identity, *, issuer: str, audience: str) -> str:
        """An access token for ``identity``."""
        return jwt.encode(
            identity.claims(issuer=issuer, audience=audience),
            self.private,
            algorithm="EdDSA",
            headers={"kid": self.key_id, "typ": "at+jwt"},
        )


def public_jwk(key_id: str, public: str) -> dict[str, str]:
    """What is published of a key (RFC 8037)."""
    return {**_members(public), "alg": "EdDSA", "use": "sig", "kid": key_id}


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
    return SigningKey.of(_private(kept(settings.jwt_key_file, _new_pem)))


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """A secret in a file for its owner only, made when it is asked for first."""
    if not path.exists():
        _keep(path, make())
    return path.read_bytes()


def _keep(path: Path, secret: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{secrets.token_hex(8)}")
    beside.touch(mode=0o600)
    beside.write_bytes(secret)
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


def _public(private: Ed25519PrivateKey) -> str:
    return base64url_encode(private.public_key().public_bytes_raw()).decode()


def _members(public: str) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": public}
