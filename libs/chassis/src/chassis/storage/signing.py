"""Links that prove by themselves that they were given out: HMAC-SHA256 over key, expiry and file name (FIL-20)."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

OBJECTS_PATH = "/api/v1/objects"


def signature(secret: bytes, key: str, expires: int, filename: str | None) -> str:
    """The signature in hex. Parts are joined by a character that none of them contains."""
    message = "\n".join((key, str(expires), filename or "")).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def link(secret: bytes, public_url: str, key: str, expires: int, filename: str | None) -> str:
    """The whole address; ``expires`` is in Unix seconds. Raises ``ValueError`` for a name with control characters."""
    if filename is not None and not filename.isprintable():
        raise ValueError("a file name has no control characters")
    query = {"expires": str(expires), "signature": signature(secret, key, expires, filename)}
    if filename is not None:
        query["filename"] = filename
    return f"{public_url}{OBJECTS_PATH}/{quote(key)}?{urlencode(query)}"


def genuine(secret: bytes, key: str, expires: int, filename: str | None, claimed: str) -> bool:
    """Whether the signature is ours; takes the same time wherever they differ. Says nothing about the expiry."""
    expected = signature(secret, key, expires, filename)
    return hmac.compare_digest(expected.encode(), claimed.encode("utf-8", "surrogatepass"))
