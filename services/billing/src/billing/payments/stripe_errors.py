"""From Stripe's error answers to failure classes, by data; no rule reads the wording of a message.

Types, codes and statuses: docs.stripe.com/api/errors, /error-codes, /declines/codes and /error-low-level ("Content
errors", "Server errors", "Idempotency"); which of them the official client raises as what: ``stripe-python``,
``stripe/_api_requestor.py``, ``specific_v1_api_error``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.payments.port import FailureClass, PaymentFailure

_SECRET = re.compile(r"\b(?:sk|rk|whsec)_[A-Za-z0-9_*]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """The class of answers with this status, error type and one of these codes; what is left out may be anything."""

    kind: FailureClass
    status: int | None = None
    type: str | None = None
    codes: frozenset[str] = frozenset()

    def matches(self, status: int, kind: str, code: str) -> bool:
        """Whether this rule speaks of the answer."""
        return (
            (self.status is None or self.status == status)
            and (self.type is None or self.type == kind)
            and (not self.codes or code in self.codes)
        )


RULES: tuple[Rule, ...] = (
    Rule(FailureClass.CARD_DECLINED, type="card_error"),
    Rule(FailureClass.UNKNOWN_OUTCOME, codes=frozenset({"idempotency_key_in_use"})),
    Rule(FailureClass.KEY_REUSED, status=400, type="idempotency_error"),
    Rule(FailureClass.TRANSIENT, codes=frozenset({"lock_timeout"})),
    # Rate limits were answered with 400 once; the official client still knows them.
    Rule(FailureClass.THROTTLED, codes=frozenset({"rate_limit"})),
    Rule(FailureClass.CARD_DECLINED, status=402),
    Rule(FailureClass.AUTH, status=401),
    Rule(FailureClass.AUTH, status=403),
    Rule(
        FailureClass.AUTH,
        codes=frozenset(
            {"api_key_expired", "platform_api_key_expired", "secret_key_required", "testmode_charges_only"}
            | {"livemode_mismatch", "account_invalid", "tls_version_unsupported"}
        ),
    ),
    Rule(FailureClass.NOT_FOUND, status=404),
    Rule(FailureClass.TRANSIENT, status=409),
    Rule(FailureClass.THROTTLED, status=429),
    # A dependency outside Stripe failed: a bank may have heard of it.
    Rule(FailureClass.UNKNOWN_OUTCOME, status=424),
)
"""First match wins. Then 5xx leaves the outcome unknown ("treat as indeterminate"), and any other 4xx is INVALID."""

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


def kind_of(status: int, error: Mapping[str, Any], *, changes: bool) -> FailureClass:
    """The class of an error answer. ``changes``: the request could have changed something; only then is any unknown."""
    kind, code = _text(error, "type") or "", _text(error, "code") or ""
    found = next((rule.kind for rule in RULES if rule.matches(status, kind, code)), None)
    if found is None:
        found = FailureClass.UNKNOWN_OUTCOME if status >= 500 else FailureClass.INVALID
    return FailureClass.TRANSIENT if found is FailureClass.UNKNOWN_OUTCOME and not changes else found


def failure_of(status: int, headers: Mapping[str, str], body: Any, *, changes: bool) -> PaymentFailure:
    """The failure an error answer stands for; ``body`` is decoded JSON or None."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    code, decline_code = _text(error, "code"), _text(error, "decline_code")
    param = _text(error, "param")
    said = ", ".join(part for part in (_text(error, "type"), code, decline_code, param) if part)
    return PaymentFailure(
        kind_of(status, error, changes=changes),
        f"stripe answered {status} ({said or 'no code'}): {redacted(_text(error, 'message') or '')[:300]}",
        user_message=WORDS.get(decline_code or "", "") or WORDS.get(code or "", ""),
        code=code,
        decline_code=decline_code,
        http_status=status,
        request_id=_text(headers, "request-id"),
        retry_after_s=_seconds(headers.get("retry-after")),
    )


def redacted(text: str) -> str:
    """``text`` without anything shaped like a secret of Stripe's."""
    return _SECRET.sub("[secret]", text)


def _text(error: Mapping[str, Any], name: str) -> str | None:
    value = error.get(name)
    return redacted(value) if isinstance(value, str) and value else None


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
