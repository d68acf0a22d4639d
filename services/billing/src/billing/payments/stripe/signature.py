"""Who sent a webhook: ``Stripe-Signature`` over the raw body, checked by the official library.

What is checked here is what the library leaves open: it takes the time from the wall and only the past of it, signs of
other numbers than ASCII digits, and breaks on other letters and on bodies that are no text.
"""

from __future__ import annotations

from collections.abc import Sequence

from billing.payments.objects import BadSignature

TOLERANCE_S = 300
_LONGEST_HEADER = 4096


def verify(body: bytes, header: str | None, secrets: Sequence[str], *, now: float) -> None:
    """Return when ``header`` signs ``body`` under one of ``secrets`` within five minutes of ``now`` (Unix seconds), in
    the past or the future. Raises :class:`BadSignature` otherwise.
    """
    if header is None or len(header) > _LONGEST_HEADER or not header.isascii():
        raise BadSignature("no signature")
    stamps = [part[2:] for part in header.split(",") if part.startswith("t=")]
    # int() would take "+1" and "1_0" too; what was signed are these very digits.
    if len(stamps) != 1 or not stamps[0].isdigit() or len(stamps[0]) > 12:
        raise BadSignature("no timestamp")
    if not any(_signs(header, body, secret) for secret in secrets):
        raise BadSignature("no signature fits")
    if abs(now - int(stamps[0])) > TOLERANCE_S:
        raise BadSignature("too old or from the future")


def _signs(header: str, body: bytes, secret: str) -> bool:
    # Here, so that billing without Stripe does without its library: 40 ms and 5 MB.
    from stripe import SignatureVerificationError, WebhookSignature

    try:
        WebhookSignature.verify_header(body, header, secret)
    except (SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
