"""A C2PA claim in what is delivered: who says that the file was made by a model, bound to its bytes by a signature.

Written by the library of the Content Authenticity Initiative. It is imported where a claim is signed and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from export.provenance.source_type import SOURCE_TYPE

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

GENERATOR = "TalkingPhoto"

_MIME = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


class UnfitSigner(ValueError):
    """No claim can be signed with this chain and key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs claims: a certificate chain (PEM, its own first), the key of the first, both as PEM, and the address of
    a time stamp authority, if any. ``algorithm`` is C2PA's name, ``name`` the certificate's."""

    chain: str = field(repr=False)
    key: str = field(repr=False)
    algorithm: str
    name: str
    time_stamps: str | None = None


def signer_of(chain: str, key: str, time_stamps: str | None = None) -> Signer:
    """The signer with this chain and key. Raises ``UnfitSigner`` where they do not belong together or cannot sign."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificates(chain.encode())[0]
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:
        raise UnfitSigner("the certificate chain and the key are PEM, the key without a password") from error
    if _encoded(private.public_key()) != _encoded(certificate.public_key()):
        raise UnfitSigner("the key is not that of the chain's first certificate")
    return Signer(chain, key, _algorithm_of(private), _name_of(certificate), time_stamps)


def sign(path: Path, title: str, signer: Signer) -> None:
    """Put a claim into an MP4 or JPEG, in place. Files of other kinds stay as they are. Each signature is another one.

    Raises ``c2pa.C2paError`` where the library refuses.
    """
    import c2pa

    mime_type = _MIME.get(path.suffix)
    if mime_type is None:
        return
    signed = path.with_name(f"signed-{path.name}")
    given = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(signer.algorithm, signer.chain.encode(), signer.key.encode(), signer.time_stamps)
    )
    settings = {"builder": {"thumbnail": {"enabled": False}}}
    with c2pa.Context.from_dict(settings) as context, c2pa.Builder(_manifest(title, mime_type), context) as builder:
        builder.sign_file(path, signed, given)
    signed.replace(path)


def _manifest(title: str, mime_type: str) -> str:
    created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
    return json.dumps(
        {
            "claim_generator_info": [{"name": GENERATOR}],
            "title": title,
            "format": mime_type,
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
        }
    )


def _encoded(key: PublicKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _algorithm_of(key: PrivateKeyTypes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, RSAPrivateKey):
        return "ps256"
    raise UnfitSigner("the key is none that C2PA signs with: P-256, P-384, P-521, Ed25519 or RSA")


def _name_of(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    for wanted in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for found in certificate.subject.get_attributes_for_oid(wanted):
            return str(found.value)
    raise UnfitSigner("the chain's first certificate names nobody")
