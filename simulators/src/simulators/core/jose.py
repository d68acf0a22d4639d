"""Signed tokens (RFC 7515, 7517, 7518) from first principles, so that what checks them elsewhere is checked too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_P256_BYTES = 32


def b64(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The inverse of :func:`b64`; raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def half_hash(text: str) -> str:
    """``at_hash``: the left half of the SHA-256 (OpenID Connect Core, section 3.1.3.6)."""
    return b64(hashlib.sha256(text.encode("ascii")).digest()[:16])


def public_jwk(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, str]:
    """The public half of an RSA key as a JSON Web Key for RS256."""
    numbers = key.public_key().public_numbers()
    e = b64(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big"))
    n = b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big"))
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": n, "e": e}


def certificate(key: rsa.RSAPrivateKey, at: datetime) -> str:
    """A self-signed certificate around an RSA key, as PEM, good for a fortnight around ``at``."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulated signon")])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - timedelta(days=7))
        .not_valid_after(at + timedelta(days=7))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def rs256(claims: Mapping[str, Any], key: rsa.RSAPrivateKey, key_id: str) -> str:
    """A token signed with RSASSA-PKCS1-v1_5 and SHA-256."""
    text = _signed_part({"alg": "RS256", "kid": key_id, "typ": "JWT"}, claims)
    return f"{text}.{b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token that says ``alg`` none and has an empty signature."""
    return f"{_signed_part({'alg': 'none', 'typ': 'JWT'}, claims)}."


def hs256_with_public_key(claims: Mapping[str, Any], key: rsa.RSAPrivateKey, key_id: str) -> str:
    """A token whose HMAC secret is the public key's PEM: what a verifier that lets the token choose would accept."""
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = _signed_part({"alg": "HS256", "kid": key_id, "typ": "JWT"}, claims)
    return f"{text}.{b64(hmac.digest(pem, text.encode(), 'sha256'))}"


def checked_es256(token: str, key: ec.EllipticCurvePublicKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of an ES256 token; raises ValueError when it is no such token or another key signed it."""
    try:
        header, claims, signature = token.split(".")
        raw = unb64(signature)
        found = json.loads(unb64(header)), json.loads(unb64(claims))
    except ValueError as wrong:
        raise ValueError("no signed token") from wrong
    if found[0].get("alg") != "ES256" or len(raw) != 2 * _P256_BYTES:
        raise ValueError("not signed with ES256")
    r, s = (int.from_bytes(half, "big") for half in (raw[:_P256_BYTES], raw[_P256_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as wrong:
        raise ValueError("signed with another key") from wrong
    return found


def _signed_part(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
