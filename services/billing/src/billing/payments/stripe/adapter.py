"""Stripe behind the port, through its official client.

Parameters and objects: ``stripe-python`` 16.1 (``params/``) and docs.stripe.com/api.

India: docs.stripe.com/payments/upi and /payments/upi/upi-autopay. A session no longer takes ``payment_method_types``
(docs.stripe.com/changelog/endive/2026-09-30/remove-payment-method-types-checkout-sessions): Stripe offers what the
account has switched on and currency, amount and mode permit; for INR these are cards with the wallets that stand on
them, and UPI. ``allowed_payment_method_types`` can narrow that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

import orjson
import stripe

from billing.payments.money import Money, to_minor
from billing.payments.objects import JsonObject, Unreadable, part, text, uuid
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
from billing.payments.stripe.client import Tries, watched
from billing.payments.stripe.errors import failure_of
from billing.payments.stripe.objects import checkout_of, refund_of, subscription_of
from chassis.clock import SystemClock

if TYPE_CHECKING:
    from stripe.params import CustomerCreateParams, RefundCreateParams, SubscriptionUpdateParams
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData

T = TypeVar("T")
Answer = TypeVar("Answer")

_PAGE = 100
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Stripe:
    """Stripe's API. Satisfies ``PaymentProcessor``."""

    name: ClassVar[str] = "stripe"

    client: stripe.StripeClient = field(repr=False)
    automatic_tax: bool = True
    """Needs Stripe Tax on the account: a head office address, registrations, a default tax behaviour for prices."""
    payment_methods: tuple[str, ...] = ()
    """Offer at most these; empty: whatever the account has switched on."""
    now: Callable[[], datetime] = field(default=SystemClock().now, repr=False)
    """For answers that do not say when they were made."""

    async def create_customer(self, customer: NewCustomer, *, key: UUID) -> str:
        """``POST /v1/customers``."""
        params: CustomerCreateParams = {"email": customer.email, "metadata": {"user_id": str(customer.user_id)}}
        if customer.name is not None:
            params["name"] = customer.name
        made = self.client.v1.customers.create_async(params, _under("customer", key))
        return await _change(made, lambda data: text(data, "id"))

    async def plan_price(self, price: PlanPrice, *, key: UUID) -> str:
        """``POST /v1/prices`` with a product of its own; our id is the ``lookup_key``, by which it is found again."""
        listed = self.client.v1.prices.list_async({"lookup_keys": [str(price.id)]})
        if (found := await _find(listed, lambda data: data.get("lookup_key") == str(price.id))) is not None:
            return _read(found, lambda data: text(data, "id"))
        made = self.client.v1.prices.create_async(
            {
                "currency": price.amount.currency.lower(),
                "unit_amount": _minor(price.amount),
                "recurring": {"interval": price.interval},
                "product_data": {"name": price.name},
                "lookup_key": str(price.id),
            },
            _under("price", key),
        )
        return await _change(made, lambda data: text(data, "id"))

    async def check_out_plan(self, wanted: PlanCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions`` in subscription mode."""
        ours = {**_ours(wanted.purchase), "plan_type": wanted.plan_type}
        subscription: SessionCreateParamsSubscriptionData = {"metadata": ours, "description": wanted.description}
        if wanted.trial_days:
            subscription["trial_period_days"] = wanted.trial_days
        params: SessionCreateParams = {
            **self._page(wanted, ours),
            "mode": "subscription",
            "line_items": [{"price": wanted.price_id, "quantity": 1}],
            "subscription_data": subscription,
        }
        return await self._visit(params, key)

    async def check_out_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions`` in payment mode, with an invoice for the payment (BIL-61)."""
        ours = {**_ours(wanted.purchase), "credits": str(wanted.credits)}
        params: SessionCreateParams = {
            **self._page(wanted, ours),
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": wanted.price.currency.lower(),
                        "unit_amount": _minor(wanted.price),
                        "product_data": {"name": wanted.description},
                    },
                    "quantity": 1,
                }
            ],
            # Exports from India need a description on the payment itself.
            "payment_intent_data": {"metadata": ours, "description": wanted.description},
            "invoice_creation": {"enabled": True, "invoice_data": {"metadata": ours}},
        }
        return await self._visit(params, key)

    async def checkout(self, checkout_id: str) -> Checkout:
        """``GET /v1/checkout/sessions/{id}``."""
        held, _ = await _asked(self.client.v1.checkout.sessions.retrieve_async(_id(checkout_id)), changes=False)
        return _read(held.to_dict(), checkout_of)

    async def close_checkout(self, checkout_id: str, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions/{id}/expire``, which takes open ones alone."""
        try:
            closed = self.client.v1.checkout.sessions.expire_async(_id(checkout_id), {}, _under("close", key))
            return await _change(closed, checkout_of)
        except PaymentFailure as failure:
            if failure.kind is not FailureClass.INVALID:
                raise
        return await self.checkout(checkout_id)

    async def events_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """``GET /v1/events``, which go back thirty days."""
        page, _ = await _asked(
            self.client.v1.events.list_async({"created": {"gte": int(moment.timestamp())}, "limit": _PAGE}),
            changes=False,
        )
        while True:
            for each in page.data:
                yield orjson.dumps(each.to_dict(), default=str)
            if not page.has_more:
                return
            page, _ = await _asked(page.next_page_async(), changes=False)

    async def subscription(self, subscription_id: str) -> Observed:
        """``GET /v1/subscriptions/{id}``."""
        began = asyncio.get_running_loop().time()
        held, tries = await _asked(self.client.v1.subscriptions.retrieve_async(_id(subscription_id)), changes=False)
        until = _date(tries.headers) or self.now()
        # Two whole seconds more: the header has no fractions, and neither has the truncated duration.
        took = timedelta(seconds=int(asyncio.get_running_loop().time() - began) + 2)
        return Observed(_read(held.to_dict(), subscription_of), since=until - took, until=until)

    async def change_subscription(
        self, subscription_id: str, price_id: str, *, interval: Interval, at: ChangeAt, key: UUID
    ) -> Subscription:
        """``NOW``: ``POST /v1/subscriptions/{id}`` with the one item's new price, which invoices the difference
        (``always_invoice``) and counts once that is paid (``pending_if_incomplete``).

        ``RENEWAL``: a schedule of two phases, the present one and one interval at the other price, after which the
        subscription is released and goes on so (docs.stripe.com/billing/subscriptions/subscription-schedules).
        """
        now = (await self.subscription(subscription_id)).subscription
        if at is ChangeAt.RENEWAL and now.price_id != price_id:
            return await self._plan(now, price_id, interval, key)
        now = await self._unplanned(subscription_id, key)
        if now.price_id == price_id:
            return now
        if now.item_id is None:
            raise PaymentFailure(FailureClass.INVALID, f"{subscription_id} has no item to change")
        params: SubscriptionUpdateParams = {
            "items": [{"id": now.item_id, "price": price_id, "quantity": 1}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "pending_if_incomplete",
        }
        return await self._update("change", subscription_id, params, key)

    async def _unplanned(self, subscription_id: str, key: UUID) -> Subscription:
        """The subscription, with nothing planned for it: Stripe changes none that a schedule has."""
        now = (await self.subscription(subscription_id)).subscription
        if now.schedule_id is None:
            return now
        released = self.client.v1.subscription_schedules.release_async(_id(now.schedule_id), {}, _under("unplan", key))
        await _change(released, lambda data: text(data, "id"))
        return (await self.subscription(subscription_id)).subscription

    async def _plan(self, now: Subscription, price_id: str, interval: Interval, key: UUID) -> Subscription:
        schedules = self.client.v1.subscription_schedules
        if now.schedule_id is None:
            made = schedules.create_async({"from_subscription": _id(now.id)}, _under("schedule", key))
            schedule = await _change(made, lambda data: data)
        else:
            had, _ = await _asked(schedules.retrieve_async(_id(now.schedule_id)), changes=False)
            schedule = had.to_dict()
        present = part(schedule, "current_phase")
        planned = schedules.update_async(
            text(schedule, "id"),
            {
                "end_behavior": "release",
                "proration_behavior": "none",
                "phases": [
                    {
                        "items": [{"price": now.price_id or "", "quantity": 1}],
                        "start_date": present["start_date"],
                        "end_date": present["end_date"],
                    },
                    {
                        "items": [{"price": price_id, "quantity": 1}],
                        "duration": {"interval": interval, "interval_count": 1},
                        "proration_behavior": "none",
                    },
                ],
            },
            _under("plan", key),
        )
        await _change(planned, lambda data: text(data, "id"))
        return (await self.subscription(now.id)).subscription

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """``POST`` with ``cancel_at_period_end``, or ``DELETE``: no keys, and 404 the second time."""
        if not at_once:
            await self._unplanned(subscription_id, key)
            return await self._update("cancel", subscription_id, {"cancel_at_period_end": True}, key)
        try:
            return await _change(self.client.v1.subscriptions.cancel_async(_id(subscription_id)), subscription_of)
        except PaymentFailure as failure:
            if failure.kind is not FailureClass.NOT_FOUND:
                raise
        now = (await self.subscription(subscription_id)).subscription
        if not now.status.is_final:
            raise PaymentFailure(FailureClass.TRANSIENT, f"{subscription_id} could not be ended and has not ended")
        return now

    async def resume_subscription(self, subscription_id: str, *, key: UUID) -> Subscription:
        """``POST`` that unsets ``cancel_at_period_end`` or ``cancel_at``; the portal sets either."""
        now = (await self.subscription(subscription_id)).subscription
        if now.ends_at is None or now.status.is_final:
            return now
        unset: SubscriptionUpdateParams = (
            {"cancel_at_period_end": False} if now.cancel_at_period_end else {"cancel_at": ""}
        )
        return await self._update("resume", subscription_id, unset, key)

    async def refund(self, wanted: RefundRequest, *, key: UUID) -> Refund:
        """``POST /v1/refunds`` of a PaymentIntent."""
        params: RefundCreateParams = {
            "payment_intent": wanted.payment_id,
            "metadata": {"reference": str(wanted.reference)},
        }
        if wanted.amount is not None:
            params["amount"] = _minor(wanted.amount)
        if wanted.reason is not None:
            params["reason"] = wanted.reason
        return await _change(self.client.v1.refunds.create_async(params, _under("refund", key)), refund_of)

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """``POST /v1/billing_portal/sessions``."""
        made = self.client.v1.billing_portal.sessions.create_async(
            {"customer": customer_id, "return_url": return_url}, _under("portal", key)
        )
        return await _change(made, lambda data: text(data, "url"))

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """``GET /v1/customers``; lists are up to date, the search API is not for a while after a write."""
        listed = self.client.v1.customers.list_async({"email": email, "limit": _PAGE})
        found = await _find(listed, lambda data: uuid(part(data, "metadata").get("user_id")) == user_id)
        return _read(found, lambda data: text(data, "id")) if found else None

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """``GET /v1/checkout/sessions`` of the customer, by ``client_reference_id``."""
        listed = self.client.v1.checkout.sessions.list_async({"customer": customer_id, "limit": _PAGE})
        found = await _find(listed, lambda data: uuid(data.get("client_reference_id")) == purchase_id)
        return _read(found, checkout_of) if found else None

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """``GET /v1/refunds`` of the payment, by our reference."""
        listed = self.client.v1.refunds.list_async({"payment_intent": payment_id, "limit": _PAGE})
        found = await _find(listed, lambda data: uuid(part(data, "metadata").get("reference")) == reference)
        return _read(found, refund_of) if found else None

    async def _visit(self, params: SessionCreateParams, key: UUID) -> Checkout:
        made = self.client.v1.checkout.sessions.create_async(params, _under("checkout", key))
        return await _change(made, checkout_of)

    async def _update(
        self, what: str, subscription_id: str, params: SubscriptionUpdateParams, key: UUID
    ) -> Subscription:
        made = self.client.v1.subscriptions.update_async(_id(subscription_id), params, _under(what, key))
        return await _change(made, subscription_of)

    def _page(self, wanted: PlanCheckout | CreditsCheckout, ours: dict[str, str]) -> SessionCreateParams:
        page: SessionCreateParams = {
            "customer": wanted.customer_id,
            # The tax depends on the address, and India asks for name and address of foreign buyers.
            "customer_update": {"address": "auto", "name": "auto"},
            "billing_address_collection": "required",
            "automatic_tax": {"enabled": self.automatic_tax},
            "client_reference_id": str(wanted.purchase.id),
            "metadata": ours,
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
        }
        if self.payment_methods:
            page["allowed_payment_method_types"] = list(self.payment_methods)
        return page


async def _asked(call: Awaitable[Answer], *, changes: bool) -> tuple[Answer, Tries]:
    """What a call of the official client gives, and the tries it took. Raises :class:`PaymentFailure` alone."""
    with watched() as tries:
        try:
            return await call, tries
        except PaymentFailure:
            raise
        except Exception as error:  # the library breaks in many ways on answers that are not as documented
            failure = failure_of(error, tries, changes=changes)
    # Outside, so that the error stays out of the chain: it holds the answer, which may repeat the key.
    raise failure


async def _change(call: Awaitable[stripe.StripeObject], read: Callable[[JsonObject], T]) -> T:
    made, _ = await _asked(call, changes=True)
    return _read(made.to_dict(), read, changes=True)


async def _find(listed: Awaitable[stripe.ListObject[Any]], wanted: Callable[[JsonObject], bool]) -> JsonObject | None:
    async def look() -> JsonObject | None:
        page = await listed
        for _ in range(_PAGES):
            for each in page.data:
                data: JsonObject = each.to_dict()
                if wanted(data):
                    return data
            if not page.has_more:
                return None
            page = await page.next_page_async()
        raise PaymentFailure(
            FailureClass.TRANSIENT, f"there are more than {_PAGE * _PAGES} of these; not all were seen"
        )

    found, _ = await _asked(look(), changes=False)
    return found


def _under(what: str, key: UUID) -> stripe.RequestOptions:
    # One key of ours may stand for two steps of one decision; Stripe keeps keys for the whole account.
    return {"idempotency_key": f"talkingphoto-{what}-{key}"}


def _ours(purchase: Purchase) -> dict[str, str]:
    return {
        "purchase_id": str(purchase.id),
        "user_id": str(purchase.user_id),
        "product_line": purchase.product_line,
    }


def _minor(money: Money) -> int:
    try:
        return to_minor(money)
    except ValueError as wrong:
        raise PaymentFailure(FailureClass.INVALID, str(wrong)) from wrong


def _id(vendor_id: str) -> str:
    """An id as part of a path; ours come from our own tables, yet none may lead anywhere else."""
    if not vendor_id or not vendor_id.replace("_", "").isalnum() or not vendor_id.isascii():
        raise PaymentFailure(FailureClass.INVALID, f"{vendor_id!r} is no id of Stripe's")
    return vendor_id


def _read(data: JsonObject, read: Callable[[JsonObject], T], *, changes: bool = False) -> T:
    try:
        return read(data)
    except Unreadable as wrong:
        kind = FailureClass.UNKNOWN_OUTCOME if changes else FailureClass.TRANSIENT
        raise PaymentFailure(kind, f"stripe answered with an object that {wrong}") from wrong


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None
