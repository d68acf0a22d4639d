"""Stripe's objects in our words. Webhooks carry the same objects as answers do, in the version of their endpoint.

Fields: ``stripe-python`` ``_subscription.py``, ``_subscription_item.py``, ``checkout/_session.py``, ``_refund.py``. The
period of a subscription stands on its items since version 2025-03-31.basil and on the subscription before that
(docs.stripe.com/changelog/basil); both are read, because an endpoint keeps the version it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from billing.payments.money import Money, from_minor
from billing.payments.objects import JsonObject, Unreadable, moment, one_of, part, text, uuid, word
from billing.payments.port import Checkout, Interval, Refund, Subscription, SubscriptionStatus

CHECKOUT_STATUSES = ("open", "complete", "expired")
PAYMENT_STATUSES = ("paid", "unpaid", "no_payment_required")
REFUND_STATUSES = ("pending", "requires_action", "succeeded", "failed", "canceled")


def subscription_of(data: JsonObject) -> Subscription:
    """A ``subscription`` object. Raises :class:`Unreadable`."""
    listed = part(data, "items").get("data")
    item = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
    price = part(item, "price") or part(item, "plan")
    interval = (part(price, "recurring") or price).get("interval")
    metadata = part(data, "metadata")
    try:
        status = SubscriptionStatus(text(data, "status"))
    except ValueError:
        raise Unreadable(f"a subscription is {data.get('status')!r}") from None
    return Subscription(
        id=text(data, "id"),
        customer_id=reference(data, "customer"),
        status=status,
        user_id=uuid(metadata.get("user_id")),
        product_line=word(metadata, "product_line"),
        item_id=word(item, "id"),
        price_id=word(price, "id"),
        interval=cast(Interval, interval) if isinstance(interval, str) and interval in get_args(Interval) else None,
        period_start=moment(item, "current_period_start") or moment(data, "current_period_start"),
        period_end=moment(item, "current_period_end") or moment(data, "current_period_end"),
        cancel_at_period_end=bool(data.get("cancel_at_period_end")),
        cancel_at=moment(data, "cancel_at"),
        ended_at=moment(data, "ended_at"),
        change_pending=data.get("pending_update") is not None,
        anchor=moment(data, "billing_cycle_anchor"),
        trial_end=moment(data, "trial_end"),
        schedule_id=reference(data, "schedule") if data.get("schedule") else None,
    )


def checkout_of(data: JsonObject) -> Checkout:
    """A ``checkout.session`` object. Raises :class:`Unreadable`."""
    metadata = part(data, "metadata")
    return Checkout(
        id=text(data, "id"),
        url=word(data, "url"),
        status=cast(Any, one_of(data, "status", CHECKOUT_STATUSES)),
        payment_status=cast(Any, one_of(data, "payment_status", PAYMENT_STATUSES)),
        purchase_id=uuid(data.get("client_reference_id")),
        user_id=uuid(metadata.get("user_id")),
        product_line=word(metadata, "product_line"),
        customer_id=reference(data, "customer") if data.get("customer") else None,
        subscription_id=reference(data, "subscription") if data.get("subscription") else None,
        payment_id=reference(data, "payment_intent") if data.get("payment_intent") else None,
        total=amount(data, "amount_total") if data.get("amount_total") is not None else None,
        expires_at=moment(data, "expires_at"),
    )


def paid_intent(data: JsonObject) -> Checkout | None:
    """A ``payment_intent`` that pays for a purchase of ours, read like a visit; None for any other. Raises
    :class:`Unreadable`."""
    metadata = part(data, "metadata")
    if (purchase_id := uuid(metadata.get("purchase_id"))) is None:
        return None
    return Checkout(
        id=text(data, "id"),
        url=None,
        status="complete",
        payment_status="paid" if data.get("status") == "succeeded" else "unpaid",
        purchase_id=purchase_id,
        user_id=uuid(metadata.get("user_id")),
        product_line=word(metadata, "product_line"),
        customer_id=reference(data, "customer") if data.get("customer") else None,
        subscription_id=None,
        payment_id=text(data, "id"),
        total=amount(data, "amount"),
        expires_at=None,
    )


def refund_of(data: JsonObject) -> Refund:
    """A ``refund`` object. Raises :class:`Unreadable`."""
    return Refund(
        id=text(data, "id"),
        status=cast(Any, one_of(data, "status", REFUND_STATUSES)),
        amount=amount(data, "amount"),
        payment_id=reference(data, "payment_intent") if data.get("payment_intent") else None,
        reference=uuid(part(data, "metadata").get("reference")),
    )


def amount(data: JsonObject, name: str) -> Money:
    """The money in minor units under ``name``, in the object's own currency. Raises :class:`Unreadable`."""
    minor = data.get(name)
    if not isinstance(minor, int) or not 0 <= minor < 10**15:
        raise Unreadable(f"{name} is no amount")
    try:
        return from_minor(minor, text(data, "currency"))
    except ValueError as wrong:
        raise Unreadable(str(wrong)) from wrong


def reference(data: JsonObject, name: str) -> str:
    """The id under ``name``, which is the id itself or the whole object. Raises :class:`Unreadable`."""
    value = data.get(name)
    return text(value, "id") if isinstance(value, Mapping) else text(data, name)
