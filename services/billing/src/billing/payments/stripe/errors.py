"""From the official client's errors to failure classes, by data; no rule reads the wording of a message.

The client's error classes follow the status, which is also there when the client cannot read the body; the one class
that says more is ``IdempotencyError``. Codes and statuses: docs.stripe.com/api/errors, /error-codes, /declines/codes
and /error-low-level ("Content errors", "Server errors", "Idempotency").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import stripe

from billing.payments.port import FailureClass, PaymentFailure
from billing.payments.stripe.client import Tries

_SECRET = re.compile(r"\b(?:sk|rk|whsec)_[A-Za-z0-9_*]+")

CODES: Mapping[str, FailureClass] = {
    "idempotency_key_in_use": FailureClass.UNKNOWN_OUTCOME,
    "lock_timeout": FailureClass.TRANSIENT,
    # Rate limits were answered with 400 once; the official client still knows them.
    "rate_limit": FailureClass.THROTTLED,
    "api_key_expired": FailureClass.AUTH,
    "platform_api_key_expired": FailureClass.AUTH,
    "secret_key_required": FailureClass.AUTH,
    "testmode_charges_only": FailureClass.AUTH,
    "livemode_mismatch": FailureClass.AUTH,
    "account_invalid": FailureClass.AUTH,
    "tls_version_unsupported": FailureClass.AUTH,
}
STATUSES: Mapping[int, FailureClass] = {
    401: FailureClass.AUTH,
    402: FailureClass.CARD_DECLINED,
    403: FailureClass.AUTH,
    404: FailureClass.NOT_FOUND,
    409: FailureClass.TRANSIENT,
    # A dependency outside Stripe failed: a bank may have heard of it.
    424: FailureClass.UNKNOWN_OUTCOME,
    429: FailureClass.THROTTLED,
}
"""Asked after the codes. Then any other 4xx is INVALID, and all else leaves the outcome unknown."""

_SAYS_NOTHING_OF_EARLIER_TRIES = (FailureClass.AUTH, FailureClass.THROTTLED, FailureClass.TRANSIENT)

WORDS: Mapping[str, str] = {
    "expired_card": "This card has expired. Please use another one.",
    "incorrect_cvc": "The security code of the card is not right.",
    "incorrect_number": "The card number is not right.",
    "insufficient_funds": "There is not enough money on this account. Please use another way to pay.",
    "processing_error": "The bank had a problem. Please try again in a moment.",
    "authentication_required": "The bank wants you to confirm this payment. Please pay on the payment page.",
    "amount_too_small": "The amount is below what can be charged.",
    "amount_too_large": "The amount is above what can be charged at once.",
    "customer_tax_location_invalid": "Please give a valid billing address; the tax depends on it.",
    "charge_already_refunded": "This payment has been given back already.",
}
"""By decline code first, then by error code."""


def failure_of(error: Exception, tries: Tries, *, changes: bool) -> PaymentFailure:
    """The failure that an error of the official client stands for, whatever the library raised.

    ``changes``: the call could have changed something; only then is any outcome unknown.
    """
    said = _said(error)
    code, decline_code = _text(said, "code"), _text(said, "decline_code")
    words = ", ".join(part for part in (_text(said, "type"), code, decline_code, _text(said, "param")) if part)
    # What else the library says may quote a whole answer.
    message = _text(said, "message") or (str(error) if isinstance(error, stripe.APIConnectionError) else "")
    return PaymentFailure(
        _kind(error, code, tries, changes=changes),
        f"stripe answered {tries.status or 'nothing'} ({words or type(error).__name__}): {message[:300]}",
        user_message=WORDS.get(decline_code or "", "") or WORDS.get(code or "", ""),
        code=code,
        decline_code=decline_code,
        http_status=tries.status,
        request_id=_text(tries.headers, "request-id"),
        retry_after_s=_seconds(tries.headers.get("retry-after")),
    )


def _kind(error: Exception, code: str | None, tries: Tries, *, changes: bool) -> FailureClass:
    status = tries.status or 0
    reused = FailureClass.KEY_REUSED if isinstance(error, stripe.IdempotencyError) else None
    kind = CODES.get(code or "") or reused or STATUSES.get(status)
    if kind is None:
        kind = FailureClass.INVALID if 400 <= status < 500 else FailureClass.UNKNOWN_OUTCOME
    if not changes or tries.sent == 0:
        return FailureClass.TRANSIENT if kind is FailureClass.UNKNOWN_OUTCOME else kind
    if tries.sent > 1 and kind in _SAYS_NOTHING_OF_EARLIER_TRIES:
        return FailureClass.UNKNOWN_OUTCOME
    return kind


def _said(error: Exception) -> Mapping[str, Any]:
    """The ``error`` object of the answer, empty where there is none."""
    body = error.json_body if isinstance(error, stripe.StripeError) else None
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    return _SECRET.sub("[secret]", value) if isinstance(value, str) and value else None


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
