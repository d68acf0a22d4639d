"""Razorpay behind the port, through its official client.

Entities and paths: the official client and razorpay.com/docs/api. Only refunds take a key (``X-Refund-Idempotency``).
Whatever else is made carries our id, a payment link as its ``reference_id``, which Razorpay takes once, all others in
``notes``; so a call that is made again finds first what an earlier one has made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson

from billing.payments.money import Money, to_minor
from billing.payments.objects import Unreadable, text
from billing.payments.port import (
    ChangeAt,
    Checkout,
    CreditsCheckout,
    FailureClass,
    Interval,
    NewCustomer,
    Observed,
    PaymentFailure,
    PlanCheckout,
    PlanPrice,
    Purchase,
    Refund,
    RefundRequest,
    Subscription,
)
from billing.payments.razorpay.client import Calls, JsonObject
from billing.payments.razorpay.objects import notes, refund_of, subscription_of, visit_of_link, visit_of_subscription
from chassis.clock import SystemClock

T = TypeVar("T")

_PAGE, _PAGES = 100, 50
_PERIODS = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
_TEN_YEARS = {"day": 3650, "week": 520, "month": 120, "year": 10}
"""Renewals that a subscription is agreed on for: Razorpay has none without an end."""


@dataclass(frozen=True, slots=True)
class Razorpay:
    """Razorpay's API. Satisfies ``PaymentProcessor``."""

    name: ClassVar[str] = "razorpay"

    calls: Calls = field(repr=False)
    now: Callable[[], datetime] = field(default=SystemClock().now, repr=False)

    async def plan_price(self, price: PlanPrice, *, key: UUID) -> str:
        """``POST /v1/plans``; our id of the price is in its notes."""
        found = await self._find("plan", {}, lambda data: notes(data).get("price_id") == str(price.id))
        made = found or await self.calls(
            lambda client: client.plan.create(
                {
                    "period": _PERIODS[price.interval],
                    "interval": 1,
                    "item": {"name": price.name, **_amount(price.amount)},
                    "notes": {"price_id": str(price.id), "interval": price.interval},
                }
            )
        )
        return _read(made, lambda data: text(data, "id"))

    async def create_customer(self, customer: NewCustomer, *, key: UUID) -> str:
        """``POST /v1/customers``; with ``fail_existing`` 0 the one with this address is given back."""
        wanted = {"email": customer.email, "fail_existing": "0", "notes": {"user_id": str(customer.user_id)}}
        if customer.name is not None:
            wanted["name"] = customer.name[:50]
        return _read(await self.calls(lambda client: client.customer.create(wanted)), lambda data: text(data, "id"))

    async def check_out_plan(self, wanted: PlanCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/subscriptions``: its ``short_url`` is the page where somebody agrees to it."""
        if (earlier := await self._subscription_of(wanted.purchase.id, wanted.price_id)) is not None:
            return _read(earlier, visit_of_subscription)
        plan = await self.calls(lambda client: client.plan.fetch(wanted.price_id))
        interval = str(notes(plan).get("interval") or "month")
        params: dict[str, Any] = {
            "plan_id": wanted.price_id,
            "total_count": _TEN_YEARS[interval],
            "customer_notify": 0,
            "notes": {**_ours(wanted.purchase), "plan_type": wanted.plan_type, "interval": interval},
        }
        if wanted.trial_days:
            params["start_at"] = int((self.now() + timedelta(days=wanted.trial_days)).timestamp())
        return _read(await self.calls(lambda client: client.subscription.create(params)), visit_of_subscription)

    async def check_out_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/payment_links``: its ``short_url`` is the page."""
        if (earlier := await self.find_checkout(wanted.purchase.id, wanted.customer_id)) is not None:
            return earlier
        params = {
            **_amount(wanted.price),
            "reference_id": str(wanted.purchase.id),
            "description": wanted.description,
            "notify": {"sms": False, "email": False},
            "callback_url": wanted.success_url,
            "callback_method": "get",
            "notes": {**_ours(wanted.purchase), "credits": str(wanted.credits)},
        }
        return _read(await self.calls(lambda client: client.payment_link.create(params)), visit_of_link)

    async def charge_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout | None:
        """None: Razorpay charges what is stored for mandates alone, and somebody who buys once has agreed to none."""
        return None

    async def checkout(self, checkout_id: str) -> Checkout:
        """The visit as it is now."""
        if checkout_id.startswith("sub_"):
            return _read(await self.calls(lambda client: client.subscription.fetch(checkout_id)), visit_of_subscription)
        return _read(await self.calls(lambda client: client.payment_link.fetch(checkout_id)), visit_of_link)

    async def close_checkout(self, checkout_id: str, *, key: UUID) -> Checkout:
        """Let nobody pay there any more; what is over already stays as it ended."""
        visit = await self.checkout(checkout_id)
        if visit.status != "open":
            return visit
        try:
            if checkout_id.startswith("sub_"):
                await self.calls(lambda client: client.subscription.cancel(checkout_id, {"cancel_at_cycle_end": 0}))
            else:
                await self.calls(lambda client: client.payment_link.cancel(checkout_id))
        except PaymentFailure as failure:
            if failure.kind is not FailureClass.INVALID:
                raise
        return await self.checkout(checkout_id)

    async def events_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """Razorpay lists no events: what became of payment links, subscriptions and payments is told as if it had just
        been reported. What was heard of it before has had its effect and changes nothing."""
        since = {"from": int(moment.timestamp())}
        async for link in self._all("payment_link", {}, "payment_links"):
            if link.get("status") == "paid" and _recent(link, since["from"]):
                yield _event("payment_link.paid", int(link.get("updated_at") or link["created_at"]), payment_link=link)
        async for held in self._all("subscription", since, "items"):
            at = int(held.get("current_start") or held["created_at"])
            if held.get("status") != "created":
                yield _event("subscription.authenticated", int(held["created_at"]), subscription=held)
                yield _event("subscription.updated", at, subscription=held)
        async for invoice in self._all("invoice", since, "items"):
            if invoice.get("status") == "paid":
                yield _event("invoice.paid", int(invoice.get("paid_at") or invoice["date"]), invoice=invoice)
        async for payment in self._all("payment", since, "items"):
            at = int(payment["created_at"])
            if payment.get("status") in ("captured", "refunded"):
                yield _event("payment.captured", at, payment=payment)
            if payment.get("amount_refunded"):
                yield _event("refund.processed", at, payment=payment)

    async def subscription(self, subscription_id: str) -> Observed:
        """``GET /v1/subscriptions/:id``."""
        asked = self.now()
        data = await self.calls(lambda client: client.subscription.fetch(subscription_id))
        return Observed(_read(data, lambda held: subscription_of(held, asked)), asked, self.now())

    async def change_subscription(
        self, subscription_id: str, price_id: str, *, interval: Interval, at: ChangeAt, key: UUID
    ) -> Subscription:
        """``PATCH /v1/subscriptions/:id``; the price it has takes back what was planned."""
        held = await self.calls(lambda client: client.subscription.fetch(subscription_id))
        if held.get("plan_id") == price_id:
            if held.get("has_scheduled_changes") is True:
                await self.calls(lambda client: client.subscription.cancel_scheduled_changes(subscription_id))
                held = await self.calls(lambda client: client.subscription.fetch(subscription_id))
            return _read(held, subscription_of)
        when = "now" if at is ChangeAt.NOW else "cycle_end"
        wanted = {"plan_id": price_id, "schedule_change_at": when, "customer_notify": 0}
        return _read(
            await self.calls(lambda client: client.subscription.edit(subscription_id, wanted)), subscription_of
        )

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """``POST /v1/subscriptions/:id/cancel``; one that has ended stays as it is."""
        held = _read(await self.calls(lambda client: client.subscription.fetch(subscription_id)), subscription_of)
        if held.status.is_final:
            return held
        wanted = {"cancel_at_cycle_end": 0 if at_once else 1}
        return _read(
            await self.calls(lambda client: client.subscription.cancel(subscription_id, wanted)), subscription_of
        )

    async def resume_subscription(self, subscription_id: str, *, key: UUID) -> Subscription:
        """Razorpay takes no cancellation back. Raises ``PaymentFailure`` that says what to do."""
        raise PaymentFailure(
            FailureClass.INVALID,
            f"razorpay cannot take back the end of {subscription_id}",
            user_message="This subscription ends as planned. Choose the plan again when it has ended.",
        )

    async def refund(self, wanted: RefundRequest, *, key: UUID) -> Refund:
        """``POST /v1/payments/:id/refund``, once a key."""
        params: dict[str, Any] = {"notes": {"reference": str(wanted.reference), "reason": wanted.reason or ""}}
        if wanted.amount is not None:
            params["amount"] = to_minor(wanted.amount)
        headers = {"X-Refund-Idempotency": str(key)}
        return _read(
            await self.calls(lambda client: client.payment.refund(wanted.payment_id, params, headers=headers)),
            refund_of,
        )

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """Razorpay has no pages for all of a customer: those of the latest subscription, where its card is changed."""
        held = await self._find("subscription", {}, lambda data: data.get("customer_id") == customer_id)
        if held is None or not held.get("short_url"):
            raise PaymentFailure(
                FailureClass.NOT_FOUND,
                f"{customer_id} has no subscription",
                user_message="There is no subscription whose payments could be managed.",
            )
        return str(held["short_url"])

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """By our id in the notes."""
        found = await self._find("customer", {}, lambda data: notes(data).get("user_id") == str(user_id))
        return _read(found, lambda data: text(data, "id")) if found is not None else None

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """A link by its ``reference_id``, a subscription by its notes."""
        wanted = {"reference_id": str(purchase_id)}
        link = await self._find("payment_link", wanted, lambda data: data.get("reference_id") == str(purchase_id))
        if link is not None:
            return _read(link, visit_of_link)
        held = await self._subscription_of(purchase_id, None)
        return _read(held, visit_of_subscription) if held is not None else None

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """By our reference in the notes."""
        listed = await self.calls(lambda client: client.payment.fetch_multiple_refund(payment_id, {"count": _PAGE}))
        found = next((each for each in _items(listed, "items") if notes(each).get("reference") == str(reference)), None)
        return _read(found, refund_of) if found is not None else None

    async def _subscription_of(self, purchase_id: UUID, plan_id: str | None) -> JsonObject | None:
        wanted = {"plan_id": plan_id} if plan_id is not None else {}
        return await self._find("subscription", wanted, lambda data: notes(data).get("purchase_id") == str(purchase_id))

    async def _find(self, kind: str, wanted: dict[str, Any], fits: Callable[[JsonObject], bool]) -> JsonObject | None:
        async for each in self._all(kind, wanted, "payment_links" if kind == "payment_link" else "items"):
            if fits(each):
                return each
        return None

    async def _all(self, kind: str, wanted: dict[str, Any], listed_as: str) -> AsyncIterator[JsonObject]:
        for page in range(_PAGES):
            params = {**wanted, "count": _PAGE, "skip": page * _PAGE}
            items = _items(await self.calls(lambda client, p=params: getattr(client, kind).all(p)), listed_as)  # type: ignore[misc]
            for each in items:
                yield each
            if len(items) < _PAGE:
                return


def _amount(money: Money) -> dict[str, Any]:
    try:
        return {"amount": to_minor(money), "currency": money.currency}
    except ValueError as wrong:
        raise PaymentFailure(FailureClass.INVALID, str(wrong)) from wrong


def _ours(purchase: Purchase) -> dict[str, str]:
    return {
        "purchase_id": str(purchase.id),
        "user_id": str(purchase.user_id),
        "product_line": purchase.product_line,
    }


def _items(listed: JsonObject, name: str) -> list[JsonObject]:
    found = listed.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _recent(data: JsonObject, since: int) -> bool:
    at = data.get("updated_at") or data.get("created_at")
    return isinstance(at, int) and at >= since


def _event(kind: str, at: int, **entities: JsonObject) -> bytes:
    payload = {name: {"entity": entity} for name, entity in entities.items()}
    event = {"entity": "event", "event": kind, "created_at": at, "payload": payload, "fetched": True}
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS)


def _read(data: JsonObject, read: Callable[[JsonObject], T]) -> T:
    try:
        return read(data)
    except (Unreadable, KeyError) as wrong:
        raise PaymentFailure(FailureClass.UNKNOWN_OUTCOME, f"razorpay's answer cannot be read: {wrong}") from wrong
