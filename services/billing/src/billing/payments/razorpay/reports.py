"""Razorpay's webhooks: the HMAC of the raw body under the endpoint's secret, and events that hold whole entities.

razorpay.com/docs/webhooks/validate-test, /webhooks/subscriptions, /webhooks/payment-links. An event has no id in its
body, so it is called by what it says: the same body is the same event, however often it comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import orjson

from billing.payments.dialect import Dialect
from billing.payments.events import (
    ChargeRefunded,
    CheckoutReported,
    Event,
    Fact,
    InvoicePaid,
    InvoiceReported,
    SubscriptionReported,
)
from billing.payments.money import from_minor
from billing.payments.objects import BadSignature, JsonObject, Unreadable, part, text, uuid, word
from billing.payments.razorpay.objects import (
    moment,
    notes,
    subscription_of,
    visit_of_link,
    visit_of_subscription,
    whole,
)

_LONGEST_HEADER = 200


def verify(body: bytes, header: str | None, secrets: Sequence[str], *, now: float) -> None:
    """Return when ``header`` signs ``body`` under one of ``secrets``; raises ``BadSignature``. It carries no time."""
    if header is None or len(header) > _LONGEST_HEADER or not header.isascii():
        raise BadSignature("no signature")
    if not any(_signs(header, body, secret) for secret in secrets):
        raise BadSignature("no signature fits")


def envelope(body: bytes) -> Event:
    """Read a webhook's body. Raises ``Unreadable`` for anything that is not an event of Razorpay's."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict) or found.get("entity") != "event" or not isinstance(found.get("payload"), dict):
        raise Unreadable("the body is not an event")
    created, kind = moment(found, "created_at"), text(found, "event")
    if created is None:
        raise Unreadable("the event has no time")
    subject = part(part(found["payload"], kind.split(".")[0]), "entity")
    return Event(
        id=f"rzp_{hashlib.sha256(body).hexdigest()[:40]}",
        type=kind,
        created=created,
        livemode=False,
        api_version=None,
        object_id=word(subject, "id"),
        data={**found["payload"], "at": found["created_at"]},
    )


def fact_of(event: Event) -> Fact | None:
    """What the event says, None for types that are none of ours. Raises ``Unreadable``."""
    read = _READERS.get(event.type)
    return read(event.data) if read is not None else None


def _entity(data: JsonObject, name: str) -> JsonObject:
    return part(part(data, name), "entity")


def _subscription(rank: int) -> Callable[[JsonObject], Fact]:
    return lambda data: SubscriptionReported(subscription_of(_entity(data, "subscription"), moment(data, "at")), rank)


def _link(data: JsonObject) -> Fact:
    return CheckoutReported(visit_of_link(_entity(data, "payment_link"), word(_entity(data, "payment"), "id")))


def _invoice_paid(data: JsonObject) -> Fact:
    invoice = _entity(data, "invoice")
    carried, issued = notes(invoice), moment(invoice, "issued_at") or moment(invoice, "date")
    if issued is None:
        raise Unreadable("the invoice has no time")
    currency = text(invoice, "currency")
    return InvoiceReported(
        invoice_id=text(invoice, "id"),
        customer_id=word(invoice, "customer_id"),
        subscription_id=word(invoice, "subscription_id"),
        paid=True,
        total=from_minor(whole(invoice, "amount_paid"), currency),
        billing_reason=None,
        attempts=1,
        issued_at=issued,
        user_id=uuid(carried.get("user_id")),
        product_line=word(carried, "product_line"),
        number=word(invoice, "invoice_number"),
        page_url=word(invoice, "short_url"),
        pdf_url=None,
        tax=from_minor(whole(invoice, "tax_amount") if invoice.get("tax_amount") else 0, currency),
        period_start=moment(invoice, "billing_start"),
        period_end=moment(invoice, "billing_end"),
    )


def _payment(data: JsonObject) -> Fact | None:
    payment = _entity(data, "payment")
    invoice = word(payment, "invoice_id")
    return InvoicePaid(invoice, text(payment, "id")) if invoice is not None else None


def _refunded(data: JsonObject) -> Fact:
    payment = _entity(data, "payment")
    refunded, amount = whole(payment, "amount_refunded"), whole(payment, "amount")
    return ChargeRefunded(
        charge_id=text(payment, "id"),
        payment_id=text(payment, "id"),
        refunded=from_minor(refunded, text(payment, "currency")),
        in_full=refunded == amount,
    )


_READERS: Mapping[str, Callable[[JsonObject], Fact | None]] = {
    # Somebody has agreed to it on the page: the purchase is complete. What it gives is said by the others.
    "subscription.authenticated": lambda data: CheckoutReported(visit_of_subscription(_entity(data, "subscription"))),
    "subscription.activated": _subscription(1),
    "subscription.charged": _subscription(1),
    "subscription.updated": _subscription(1),
    "subscription.pending": _subscription(1),
    "subscription.halted": _subscription(1),
    "subscription.paused": _subscription(1),
    "subscription.resumed": _subscription(1),
    "subscription.cancelled": _subscription(2),
    "subscription.completed": _subscription(2),
    "payment_link.paid": _link,
    "payment_link.cancelled": _link,
    "payment_link.expired": _link,
    "invoice.paid": _invoice_paid,
    "payment.captured": _payment,
    "refund.processed": _refunded,
}


def _signs(header: str, body: bytes, secret: str) -> bool:
    # Here, so that billing without Razorpay does without its library.
    from razorpay import Utility
    from razorpay.errors import SignatureVerificationError

    try:
        return bool(Utility().verify_webhook_signature(body.decode(), header, secret))
    except (SignatureVerificationError, UnicodeDecodeError):
        return False


RAZORPAY = Dialect("razorpay", "x-razorpay-signature", verify, envelope, fact_of)
