"""Whether a webhook is from who it says it is. Pure.

Replicate signs as Standard Webhooks do (replicate.com/docs/topics/webhooks/verify-webhook): HMAC-SHA256 with the secret
behind ``whsec_``, over the message's id, its time and its body; several signatures stand beside one another while a
secret is changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

TOLERANCE_S = 300.0
"""A message that is older, or from that far ahead, may have been kept by somebody."""


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> bool:
    """Whether ``body`` came with these headers from who has ``secret``, just now."""
    number, sent, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        age = abs(now.timestamp() - int(sent))
    except (binascii.Error, ValueError):
        return False
    if not number or age > TOLERANCE_S:
        return False
    made = hmac.new(key, f"{number}.{sent}.".encode() + body, hashlib.sha256).digest()
    wanted = base64.b64encode(made)
    signatures = [part.partition(",")[2] for part in given.split() if part.startswith("v1,")]
    return any(hmac.compare_digest(wanted, one.encode()) for one in signatures)
