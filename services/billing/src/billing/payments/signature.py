"""Who sent a webhook: ``Stripe-Signature`` over the raw body.

docs.stripe.com/webhooks/signature, and ``stripe-python`` ``stripe/_webhook.py``: ``t=<seconds>,v1=<hex>[,v1=<hex>]``,
each ``v1`` an HMAC-SHA256 of ``<t>.<body>`` under one of the endpoint's secrets; while a secret is being rolled there
are two. Other schemes (``v0``) are left alone, or an attacker could choose a weaker one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

TOLERANCE_S = 300
_LONGEST_HEADER = 4096


class BadSignature(Exception):
    """This is not from Stripe, or not from now. The text is for the log; the sender is told nothing."""


def verify(body: bytes, header: str | None, secrets: Sequence[str], *, now: float) -> None:
    """Return when ``header`` signs ``body`` under one of ``secrets`` within five minutes of ``now`` (Unix seconds), in
    the past or the future. Raises :class:`BadSignature` otherwise. All comparisons are made, each in constant time.
    """
    if header is None or len(header) > _LONGEST_HEADER:
        raise BadSignature("no signature")
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    given = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
    # int() would take "١٢", "+1" and "1_0" too; what was signed are these very digits.
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) <= 12):
        raise BadSignature("no timestamp")
    signed = stamps[0].encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    # A list, not a generator: which of them fits must not show in the time it takes.
    fits = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(fits):
        raise BadSignature("no signature fits")
    if abs(now - int(stamps[0])) > TOLERANCE_S:
        raise BadSignature("too old or from the future")


def sign(body: bytes, secret: str, *, at: int) -> str:
    """The header Stripe would send with ``body`` at ``at`` (Unix seconds)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"
