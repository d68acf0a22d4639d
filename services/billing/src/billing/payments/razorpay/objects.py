"""Razorpay's entities in our words: razorpay.com/docs/api/payments/subscriptions, /payment-links, /refunds.

Amounts are in the smallest unit of the currency. How often a subscription is paid for is said by its plan alone, so the
interval travels in ``notes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from billing.payments.money import from_minor
from billing.payments.objects import JsonObject, Unreadable, text, uuid, word
from billing.payments.port import Checkout, Interval, Refund, Subscription, SubscriptionStatus

STATUSES: Mapping[str, SubscriptionStatus] = {
    "created": SubscriptionStatus.INCOMPLETE,
    "authenticated": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "pending": SubscriptionStatus.PAST_DUE,
    "halted": SubscriptionStatus.UNPAID,
    "paused": SubscriptionStatus.PAUSED,
    "cancelled": SubscriptionStatus.CANCELED,
    "completed": SubscriptionStatus.CANCELED,
    "expired": SubscriptionStatus.INCOMPLETE_EXPIRED,
}
_LINKS: Mapping[str, Literal["open", "complete", "expired"]] = {
    "created": "open",
    "partially_paid": "open",
    "paid": "complete",
    "cancelled": "expired",
    "expired": "expired",
}
_REFUNDS: Mapping[str, Literal["pending", "succeeded", "failed"]] = {
    "created": "pending",
    "pending": "pending",
    "processed": "succeeded",
    "failed": "failed",
}


def notes(data: JsonObject) -> JsonObject:
    """What we gave along; Razorpay writes an empty object as an empty list."""
    found = data.get("notes")
    return found if isinstance(found, Mapping) else {}


def moment(data: JsonObject, name: str) -> datetime | None:
    """A moment in Unix seconds; absent, null and 0 are none."""
    value = data.get(name)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and value > 0 else None


def subscription_of(data: JsonObject, at: datetime | None = None) -> Subscription:
    """A ``subscription`` entity as it was ``at`` a moment. Raises ``Unreadable``.

    While a charge is tried again its cycle may still be the one that was paid for; the one that is owed for began with
    that one's end.
    """
    status = STATUSES.get(text(data, "status"))
    if status is None:
        raise Unreadable(f"a subscription is {data.get('status')!r}")
    carried = notes(data)
    interval = word(carried, "interval")
    start, end = moment(data, "current_start"), moment(data, "current_end")
    trial_end = None
    if status is SubscriptionStatus.TRIALING:
        # Agreed to, and charged for the first time when it starts.
        start, end = moment(data, "created_at"), moment(data, "start_at") or moment(data, "charge_at")
        trial_end = end
    if status is SubscriptionStatus.PAST_DUE and start and end and at is not None and end <= at:
        start, end = end, end + (end - start)
    return Subscription(
        id=text(data, "id"),
        customer_id=word(data, "customer_id") or "",
        status=status,
        user_id=uuid(carried.get("user_id")),
        product_line=word(carried, "product_line"),
        item_id=None,
        price_id=word(data, "plan_id"),
        interval=cast(Interval, interval) if interval in get_args(Interval) else None,
        period_start=start,
        period_end=end,
        cancel_at_period_end=data.get("remaining_count") == 0 and not status.is_final,
        cancel_at=None,
        ended_at=moment(data, "ended_at"),
        change_pending=False,
        anchor=moment(data, "start_at") or start,
        trial_end=trial_end,
        schedule_id=text(data, "id") if data.get("has_scheduled_changes") is True else None,
    )


def visit_of_subscription(data: JsonObject) -> Checkout:
    """The page on which somebody agrees to a subscription."""
    held = subscription_of(data)
    begun = held.status is not SubscriptionStatus.INCOMPLETE
    over = held.status.is_final and not data.get("paid_count")
    status: Literal["open", "complete", "expired"] = "expired" if over else "complete" if begun else "open"
    return Checkout(
        id=held.id,
        url=word(data, "short_url") if status == "open" else None,
        status=status,
        payment_status="unpaid" if not begun or over else "no_payment_required" if held.trial_end else "paid",
        purchase_id=uuid(notes(data).get("purchase_id")),
        user_id=held.user_id,
        product_line=held.product_line,
        customer_id=held.customer_id or None,
        subscription_id=held.id if begun else None,
        payment_id=None,
        total=None,
        expires_at=moment(data, "expire_by"),
    )


def visit_of_link(data: JsonObject, payment_id: str | None = None) -> Checkout:
    """A ``payment_link`` entity. Raises ``Unreadable``."""
    status = _LINKS.get(text(data, "status"))
    if status is None:
        raise Unreadable(f"a payment link is {data.get('status')!r}")
    payments = data.get("payments")
    paid = payments[-1] if isinstance(payments, list) and payments and isinstance(payments[-1], Mapping) else {}
    carried = notes(data)
    return Checkout(
        id=text(data, "id"),
        url=word(data, "short_url") if status == "open" else None,
        status=status,
        payment_status="paid" if status == "complete" else "unpaid",
        purchase_id=uuid(data.get("reference_id")),
        user_id=uuid(carried.get("user_id")),
        product_line=word(carried, "product_line"),
        customer_id=None,
        subscription_id=None,
        payment_id=payment_id or word(paid, "payment_id"),
        total=from_minor(whole(data, "amount"), text(data, "currency")),
        expires_at=moment(data, "expire_by"),
    )


def refund_of(data: JsonObject) -> Refund:
    """A ``refund`` entity. Raises ``Unreadable``."""
    status = _REFUNDS.get(text(data, "status"))
    if status is None:
        raise Unreadable(f"a refund is {data.get('status')!r}")
    return Refund(
        id=text(data, "id"),
        status=status,
        amount=from_minor(whole(data, "amount"), text(data, "currency")),
        payment_id=word(data, "payment_id"),
        reference=uuid(notes(data).get("reference")),
    )


def whole(data: JsonObject, name: str) -> int:
    """A number that is not negative. Raises ``Unreadable``."""
    value: Any = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unreadable(f"{name} is {value!r}")
    return value
