"""Stripe's objects in our words. Webhooks carry the same objects as answers do, in the version of their endpoint.

Fields: ``stripe-python`` ``_subscription.py``, ``_subscription_item.py``, ``checkout/_session.py``, ``_refund.py``. The
period of a subscription stands on its items since version 2025-03-31.basil and on the subscription before that
(docs.stripe.com/changelog/basil); both are read, because an endpoint keeps the version it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast, get_args
from uuid import UUID

from billing.payments.money import Money, from_minor
from billing.payments.port import Checkout, Interval, Refund, Subscription, SubscriptionStatus

JsonObject = Mapping[str, Any]

CHECKOUT_STATUSES = ("open", "complete", "expired")
PAYMENT_STATUSES = ("paid", "unpaid", "no_payment_required")
REFUND_STATUSES = ("pending", "requires_action", "succeeded", "failed", "canceled")


class Unreadable(ValueError):
    """An object of Stripe's lacks something it is documented to have, or says something we have no word for."""


def subscription_of(data: JsonObject) -> Subscription:
    """A ``subscription`` object. Raises :class:`Unreadable`."""
    items = data.get("items")
    listed = items.get("data") if isinstance(items, Mapping) else None
    item: JsonObject = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
    price = item.get("price") or item.get("plan") or {}
    recurring = price.get("recurring") or price
    interval = recurring.get("interval")
    metadata = data.get("metadata") or {}
    try:
        status = SubscriptionStatus(text(data, "status"))
    except ValueError:
        raise Unreadable(f"a subscription is {data.get('status')!r}") from None
    return Subscription(
        id=text(data, "id"),
        customer_id=reference(data, "customer"),
        status=status,
        user_id=uuid(metadata.get("user_id")),
        product_line=metadata.get("product_line"),
        item_id=item.get("id"),
        price_id=price.get("id"),
        interval=cast(Interval, interval) if interval in get_args(Interval) else None,
        period_start=moment(item, "current_period_start") or moment(data, "current_period_start"),
        period_end=moment(item, "current_period_end") or moment(data, "current_period_end"),
        cancel_at_period_end=bool(data.get("cancel_at_period_end")),
        cancel_at=moment(data, "cancel_at"),
        ended_at=moment(data, "ended_at"),
        change_pending=data.get("pending_update") is not None,
    )


def checkout_of(data: JsonObject) -> Checkout:
    """A ``checkout.session`` object. Raises :class:`Unreadable`."""
    metadata = data.get("metadata") or {}
    total, currency = data.get("amount_total"), data.get("currency")
    return Checkout(
        id=text(data, "id"),
        url=data.get("url"),
        status=cast(Any, one_of(data, "status", CHECKOUT_STATUSES)),
        payment_status=cast(Any, one_of(data, "payment_status", PAYMENT_STATUSES)),
        purchase_id=uuid(data.get("client_reference_id")),
        user_id=uuid(metadata.get("user_id")),
        product_line=metadata.get("product_line"),
        customer_id=reference(data, "customer") if data.get("customer") else None,
        subscription_id=reference(data, "subscription") if data.get("subscription") else None,
        payment_id=reference(data, "payment_intent") if data.get("payment_intent") else None,
        total=from_minor(total, currency) if isinstance(total, int) and isinstance(currency, str) else None,
        expires_at=moment(data, "expires_at"),
    )


def refund_of(data: JsonObject) -> Refund:
    """A ``refund`` object. Raises :class:`Unreadable`."""
    return Refund(
        id=text(data, "id"),
        status=cast(Any, one_of(data, "status", REFUND_STATUSES)),
        amount=amount(data, "amount"),
        payment_id=reference(data, "payment_intent") if data.get("payment_intent") else None,
        reference=uuid((data.get("metadata") or {}).get("reference")),
    )


def amount(data: JsonObject, name: str) -> Money:
    """The money in minor units under ``name``, in the object's own currency. Raises :class:`Unreadable`."""
    minor = data.get(name)
    if not isinstance(minor, int) or minor < 0:
        raise Unreadable(f"{name} is no amount")
    return from_minor(minor, text(data, "currency"))


def text(data: JsonObject, name: str) -> str:
    """The text under ``name``. Raises :class:`Unreadable` where there is none."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"there is no {name}")
    return value


def reference(data: JsonObject, name: str) -> str:
    """The id under ``name``, which is the id itself or the whole object. Raises :class:`Unreadable`."""
    value = data.get(name)
    return text(value, "id") if isinstance(value, Mapping) else text(data, name)


def moment(data: JsonObject, name: str) -> datetime | None:
    """The moment in Unix seconds under ``name``."""
    value = data.get(name)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and 0 < value < 1 << 33 else None


def uuid(value: object) -> UUID | None:
    """One of our own ids, None for what is not: others may write metadata too."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def one_of(data: JsonObject, name: str, allowed: tuple[str, ...]) -> str:
    """The word under ``name``. Raises :class:`Unreadable` for one we do not know."""
    value = data.get(name)
    if value not in allowed:
        raise Unreadable(f"{name} is {value!r}")
    return str(value)
