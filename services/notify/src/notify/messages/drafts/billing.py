"""Messages about plans, payments and use (CON-28 to CON-33)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis import ids
from chassis.bus.messages import Received
from contracts.billing import (
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)
from contracts.message import Event
from notify.messages.models import Draft
from notify.words.book import ENGLISH, Phrase, words_in

EVENTS: tuple[type[Event], ...] = (
    SubscriptionCreated,
    SubscriptionUpdated,
    SubscriptionCancelled,
    SubscriptionExpired,
    PaymentSucceeded,
    PaymentFailed,
    PaymentRefunded,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)

_UPDATES = {
    "plan_changed": "subscription_changed",
    "change_planned": "subscription_change_planned",
    "cancel_planned": "subscription_ending",
    "resumed": "subscription_resumed",
}
"""The others come with a payment, which is told of."""

_WITHOUT_CENTS = frozenset({"JPY", "KRW"})

_Said = tuple[str, dict[str, object], dict[str, Any]]


def draft_of(received: Received[Any]) -> Draft | None:
    """The message about money or use that ``received`` leads to; None where another event's message says it."""
    event = received.message
    if isinstance(event, SubscriptionUpdated) and event.what not in _UPDATES:
        return None
    kind, values, data = _said(event)
    once = ids.derived(received.envelope.id, kind)
    return Draft(once, event.user_id, event.product_line, kind, values, data)


def _said(event: Event) -> _Said:
    match event:
        case SubscriptionCreated() | SubscriptionUpdated() | SubscriptionCancelled() | SubscriptionExpired():
            return _of_subscription(event)
        case PaymentSucceeded():
            values: dict[str, object] = {"amount": _money(event), "what": event.description}
            return "payment_received", values, {"payment_id": str(event.payment_id)}
        case PaymentFailed():
            access = Phrase("access.until", {"until": event.access_until}) if event.access_until else None
            values = {
                "amount": _money(event),
                "what": event.description,
                "reason": event.reason,
                "access": access or Phrase("access.none"),
            }
            return "payment_failed", values, {"payment_id": str(event.payment_id)}
        case PaymentRefunded():
            return "payment_refunded", {"amount": _money(event)}, {"payment_id": str(event.payment_id)}
        case UsageLimitNear() | UsageLimitReached():
            more = Phrase("upgrade.to", {"plans": ", ".join(event.upgrade_to)}) if event.upgrade_to else None
            values = {
                "used": event.used,
                "limit": event.limit,
                "meter": _meter(event.meter),
                "until": event.period_ends_at,
                "upgrade": more or Phrase("upgrade.none"),
            }
            data = {"meter": event.meter, "used": event.used, "limit": event.limit, "upgrade_to": [*event.upgrade_to]}
            return "quota_near" if isinstance(event, UsageLimitNear) else "quota_reached", values, data
        case UsageReset():
            values = {"until": event.period_end, "credits": event.credits_available}
            return "month_began", values, {"plan": event.plan}
        case _:
            raise TypeError(f"{type(event).__name__} leads to no message about money")


def _of_subscription(
    event: SubscriptionCreated | SubscriptionUpdated | SubscriptionCancelled | SubscriptionExpired,
) -> _Said:
    plan, until = event.plan_name, event.period_end
    match event:
        case SubscriptionCreated():
            kind = "subscription_started"
        case SubscriptionUpdated():
            kind = _UPDATES[event.what]
        case SubscriptionCancelled() | SubscriptionExpired():
            # What it gives after its end is the free plan; what has ended is what it gave before.
            plan = event.previous_plan.capitalize()
            kind = "subscription_cancelled" if isinstance(event, SubscriptionCancelled) else "subscription_expired"
    following = event.next_plan_name or event.next_plan or plan
    return kind, {"plan": plan, "until": until, "next": following}, {"subscription_id": str(event.subscription_id)}


def _money(event: PaymentSucceeded | PaymentFailed | PaymentRefunded) -> str:
    if event.currency in _WITHOUT_CENTS:
        return f"{event.amount} {event.currency}"
    return f"{Decimal(event.amount) / 100:.2f} {event.currency}"


def _meter(meter: str) -> object:
    return Phrase(f"meter.{meter}") if words_in(ENGLISH).has(f"meter.{meter}") else meter
