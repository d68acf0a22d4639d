"""Links that lead through a content delivery network, which checks each of them before it answers from its cache.

The signature is CloudFront's (a canned policy: RSA with SHA-1 over address and end), made by botocore. It names the
object, not the store: what the network has kept once serves every later link to it, and none that has ended.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class Cdn:
    """The network under ``domain``; ``key_id`` and ``private_key`` (PEM, RSA) are of its trusted key group.

    Raises ``ValueError`` for another kind of key.
    """

    def __init__(self, domain: str, key_id: str, private_key: str) -> None:
        self._root = f"https://{domain}"
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("CDN_PRIVATE_KEY is no RSA key")
        self._signer = CloudFrontSigner(
            key_id,
            lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303  what the network verifies
        )

    def link(self, key: str, until: datetime, disposition: str | None = None) -> str:
        """A link to the object that ends at ``until``; ``disposition`` goes on to the store with the question."""
        query = f"?{urlencode({'response-content-disposition': disposition})}" if disposition is not None else ""
        signed: str = self._signer.generate_presigned_url(f"{self._root}/{key}{query}", date_less_than=until)
        return signed
