"""What Stripe reports, read into types. Types of events: docs.stripe.com/api/events/types.

An event is its envelope plus a fact, None where the type is none of ours. Money in facts is for whoever sells plans and
credits; the inbox itself follows subscriptions only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from billing.payments.money import Money, from_minor
from billing.payments.objects import JsonObject, Unreadable, moment, part, text, uuid, word
from billing.payments.port import Checkout, Refund, Subscription
from billing.payments.stripe.objects import amount, checkout_of, paid_intent, reference, refund_of, subscription_of


@dataclass(frozen=True, slots=True)
class CheckoutReported:
    """A visit to the payment page is complete, its delayed payment came or failed, or it expired."""

    checkout: Checkout
    failed: bool = False
    """The delayed payment did not come about."""


@dataclass(frozen=True, slots=True)
class SubscriptionReported:
    """A subscription as it was when the event happened. ``rank``: 0 created, 1 updated, 2 deleted."""

    subscription: Subscription
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceReported:
    """An invoice was paid, or a try to collect it failed and may be repeated by Stripe."""

    invoice_id: str
    customer_id: str | None
    subscription_id: str | None
    paid: bool
    total: Money
    billing_reason: str | None
    attempts: int
    issued_at: datetime
    user_id: UUID | None
    product_line: str | None
    number: str | None
    page_url: str | None
    pdf_url: str | None
    tax: Money
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class InvoicePaid:
    """Which payment an invoice was paid with."""

    invoice_id: str
    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRefunded:
    """Money of a charge was given back; ``refunded`` is all of it so far."""

    charge_id: str
    payment_id: str | None
    refunded: Money
    in_full: bool


@dataclass(frozen=True, slots=True)
class RefundReported:
    """One refund was made, or its status changed."""

    refund: Refund


Fact = CheckoutReported | SubscriptionReported | InvoiceReported | InvoicePaid | ChargeRefunded | RefundReported


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The envelope. ``created`` has whole seconds only; ``object_id`` names what it speaks of."""

    id: str
    type: str
    created: datetime
    livemode: bool
    api_version: str | None
    object_id: str | None
    data: JsonObject


def envelope(body: bytes) -> Event:
    """Read a webhook's body. Raises :class:`Unreadable` for anything that is not a snapshot event of Stripe's."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict) or found.get("object") != "event":
        raise Unreadable("the body is not an event")
    data = (found.get("data") or {}).get("object") if isinstance(found.get("data"), dict) else None
    created = moment(found, "created")
    if not isinstance(data, dict) or created is None:
        raise Unreadable("the event has no object or no time")
    event_id = text(found, "id")
    if len(event_id) > 255:
        raise Unreadable("the event's id is too long")
    return Event(
        id=event_id,
        type=text(found, "type"),
        created=created.astimezone(UTC),
        livemode=found.get("livemode") is True,
        api_version=word(found, "api_version"),
        object_id=word(data, "id"),
        data=data,
    )


def fact_of(event: Event) -> Fact | None:
    """What the event says, None for types that are none of ours. Raises :class:`Unreadable`."""
    read = _READERS.get(event.type)
    return read(event.data) if read is not None else None


def _invoice(data: JsonObject, *, paid: bool) -> InvoiceReported:
    # Since 2025-03-31.basil the subscription stands under ``parent`` (docs.stripe.com/changelog/basil).
    holder = part(part(data, "parent"), "subscription_details") or data
    metadata, attempts = part(holder, "metadata"), data.get("attempt_count")
    lines = part(data, "lines").get("data")
    last = lines[-1] if isinstance(lines, list) and lines and isinstance(lines[-1], Mapping) else {}
    period = part(last, "period")
    return InvoiceReported(
        invoice_id=text(data, "id"),
        customer_id=reference(data, "customer") if data.get("customer") else None,
        subscription_id=reference(holder, "subscription") if holder.get("subscription") else None,
        paid=paid,
        total=amount(data, "amount_paid" if paid else "amount_due"),
        billing_reason=word(data, "billing_reason"),
        attempts=attempts if isinstance(attempts, int) else 0,
        issued_at=_issued(data),
        user_id=uuid(metadata.get("user_id")),
        product_line=word(metadata, "product_line"),
        number=word(data, "number"),
        page_url=word(data, "hosted_invoice_url"),
        pdf_url=word(data, "invoice_pdf"),
        tax=from_minor(_tax(data), text(data, "currency")),
        period_start=moment(period, "start"),
        period_end=moment(period, "end"),
    )


def _tax(data: JsonObject) -> int:
    taxes = data.get("total_taxes")
    listed = [tax.get("amount") for tax in taxes if isinstance(tax, Mapping)] if isinstance(taxes, list) else []
    return sum(each for each in listed if isinstance(each, int) and each > 0)


def _invoice_paid(data: JsonObject) -> InvoicePaid | None:
    payment = part(data, "payment")
    if payment.get("type") != "payment_intent":
        return None
    return InvoicePaid(reference(data, "invoice"), reference(payment, "payment_intent"))


def _paid(data: JsonObject) -> CheckoutReported | None:
    visit = paid_intent(data)
    return CheckoutReported(visit) if visit is not None else None


def _issued(data: JsonObject) -> datetime:
    issued = moment(data, "created") or moment(data, "date")
    if issued is None:
        raise Unreadable("the invoice has no time")
    return issued


def _charge(data: JsonObject) -> ChargeRefunded:
    return ChargeRefunded(
        charge_id=text(data, "id"),
        payment_id=reference(data, "payment_intent") if data.get("payment_intent") else None,
        refunded=amount(data, "amount_refunded"),
        in_full=data.get("refunded") is True,
    )


_READERS: Mapping[str, Callable[[JsonObject], Fact | None]] = {
    "checkout.session.completed": lambda data: CheckoutReported(checkout_of(data)),
    "checkout.session.async_payment_succeeded": lambda data: CheckoutReported(checkout_of(data)),
    "checkout.session.async_payment_failed": lambda data: CheckoutReported(checkout_of(data), failed=True),
    "checkout.session.expired": lambda data: CheckoutReported(checkout_of(data)),
    "customer.subscription.created": lambda data: SubscriptionReported(subscription_of(data), 0),
    "customer.subscription.updated": lambda data: SubscriptionReported(subscription_of(data), 1),
    "customer.subscription.paused": lambda data: SubscriptionReported(subscription_of(data), 1),
    "customer.subscription.resumed": lambda data: SubscriptionReported(subscription_of(data), 1),
    "customer.subscription.deleted": lambda data: SubscriptionReported(subscription_of(data), 2),
    "invoice.paid": lambda data: _invoice(data, paid=True),
    "invoice.payment_failed": lambda data: _invoice(data, paid=False),
    "invoice_payment.paid": _invoice_paid,
    "payment_intent.succeeded": _paid,
    "charge.refunded": _charge,
    "refund.created": lambda data: RefundReported(refund_of(data)),
    "refund.updated": lambda data: RefundReported(refund_of(data)),
    "refund.failed": lambda data: RefundReported(refund_of(data)),
}
