"""Stripe behind the port, through its official client.

Parameters and objects: ``stripe-python`` 16.1 (``params/``) and docs.stripe.com/api.

India: docs.stripe.com/payments/upi and /payments/upi/upi-autopay. A session no longer takes ``payment_method_types``
(docs.stripe.com/changelog/endive/2026-09-30/remove-payment-method-types-checkout-sessions): Stripe offers what the
account has switched on and currency, amount and mode permit; for INR these are cards with the wallets that stand on
them, and UPI. ``allowed_payment_method_types`` can narrow that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import orjson
import stripe

from billing.payments.money import Money, to_minor
from billing.payments.objects import part, text, uuid
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
from billing.payments.stripe.calls import PAGE, asked, changed, first, plain_id, read_as, under
from billing.payments.stripe.objects import checkout_of, paid_intent, refund_of, subscription_of
from chassis.clock import SystemClock

if TYPE_CHECKING:
    from stripe.params import (
        CustomerCreateParams,
        PaymentIntentCreateParams,
        RefundCreateParams,
        SubscriptionUpdateParams,
    )
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData
    from stripe.params.tax import CalculationCreateParamsLineItem


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
        made = self.client.v1.customers.create_async(params, under("customer", key))
        return await changed(made, lambda data: text(data, "id"))

    async def plan_price(self, price: PlanPrice, *, key: UUID) -> str:
        """``POST /v1/prices`` with a product of its own; our id is the ``lookup_key``, by which it is found again."""
        listed = self.client.v1.prices.list_async({"lookup_keys": [str(price.id)]})
        if (found := await first(listed, lambda data: data.get("lookup_key") == str(price.id))) is not None:
            return read_as(found, lambda data: text(data, "id"))
        made = self.client.v1.prices.create_async(
            {
                "currency": price.amount.currency.lower(),
                "unit_amount": _minor(price.amount),
                "recurring": {"interval": price.interval},
                "product_data": {"name": price.name},
                "lookup_key": str(price.id),
            },
            under("price", key),
        )
        return await changed(made, lambda data: text(data, "id"))

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

    async def charge_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout | None:
        """``POST /v1/payment_intents`` off session, with the customer's default card or else the one stored last; its
        tax by ``POST /v1/tax/calculations`` (docs.stripe.com/tax/payment-intent)."""
        if (card := await self._stored_card(wanted.customer_id)) is None:
            return None
        currency = wanted.price.currency.lower()
        params: PaymentIntentCreateParams = {
            "amount": _minor(wanted.price),
            "currency": currency,
            "customer": wanted.customer_id,
            "payment_method": card,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
            "off_session": True,
            "description": wanted.description,
            "metadata": {**_ours(wanted.purchase), "credits": str(wanted.credits)},
        }
        try:
            if self.automatic_tax:
                line: CalculationCreateParamsLineItem = {"amount": params["amount"], "tax_behavior": "exclusive"}
                made = self.client.v1.tax.calculations.create_async(
                    {"currency": currency, "customer": wanted.customer_id, "line_items": [line]}, under("tax", key)
                )
                tax = await changed(made, lambda data: data)
                params["amount"] = int(tax["amount_total"])
                params["hooks"] = {"inputs": {"tax": {"calculation": text(tax, "id")}}}
            return await changed(self.client.v1.payment_intents.create_async(params, under("charge", key)), paid_intent)
        except PaymentFailure as failure:
            if failure.code == "customer_tax_location_invalid":
                return None
            if failure.kind is not FailureClass.KEY_REUSED:
                raise
        return await self._charged_before(wanted)

    async def _stored_card(self, customer_id: str) -> str | None:
        customer, _ = await asked(self.client.v1.customers.retrieve_async(plain_id(customer_id)), changes=False)
        default = part(customer.to_dict(), "invoice_settings").get("default_payment_method")
        listed = self.client.v1.payment_methods.list_async({"customer": customer_id, "type": "card", "limit": PAGE})
        cards = [str(card.id) for card in (await asked(listed, changes=False))[0].data]
        return default if default in cards else next(iter(cards), None)

    async def _charged_before(self, wanted: CreditsCheckout) -> Checkout:
        """What became of an earlier try, made with a card that is not the one to be charged any more."""
        listed = self.client.v1.payment_intents.list_async({"customer": wanted.customer_id, "limit": PAGE})
        ours = str(wanted.purchase.id)
        found = await first(listed, lambda data: part(data, "metadata").get("purchase_id") == ours)
        visit = read_as(found, paid_intent) if found is not None else None
        if visit is None or visit.payment_status != "paid":
            raise PaymentFailure(FailureClass.CARD_DECLINED, f"the charge for {ours} did not come about")
        return visit

    async def checkout(self, checkout_id: str) -> Checkout:
        """``GET /v1/checkout/sessions/{id}``."""
        held, _ = await asked(self.client.v1.checkout.sessions.retrieve_async(plain_id(checkout_id)), changes=False)
        return read_as(held.to_dict(), checkout_of)

    async def close_checkout(self, checkout_id: str, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions/{id}/expire``, which takes open ones alone."""
        try:
            closed = self.client.v1.checkout.sessions.expire_async(plain_id(checkout_id), {}, under("close", key))
            return await changed(closed, checkout_of)
        except PaymentFailure as failure:
            if failure.kind is not FailureClass.INVALID:
                raise
        return await self.checkout(checkout_id)

    async def events_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """``GET /v1/events``, which go back thirty days."""
        page, _ = await asked(
            self.client.v1.events.list_async({"created": {"gte": int(moment.timestamp())}, "limit": PAGE}),
            changes=False,
        )
        while True:
            for each in page.data:
                yield orjson.dumps(each.to_dict(), default=str)
            if not page.has_more:
                return
            page, _ = await asked(page.next_page_async(), changes=False)

    async def subscription(self, subscription_id: str) -> Observed:
        """``GET /v1/subscriptions/{id}``."""
        began = asyncio.get_running_loop().time()
        held, tries = await asked(self.client.v1.subscriptions.retrieve_async(plain_id(subscription_id)), changes=False)
        until = _date(tries.headers) or self.now()
        # Two whole seconds more: the header has no fractions, and neither has the truncated duration.
        took = timedelta(seconds=int(asyncio.get_running_loop().time() - began) + 2)
        return Observed(read_as(held.to_dict(), subscription_of), since=until - took, until=until)

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
        released = self.client.v1.subscription_schedules.release_async(
            plain_id(now.schedule_id), {}, under("unplan", key)
        )
        await changed(released, lambda data: text(data, "id"))
        return (await self.subscription(subscription_id)).subscription

    async def _plan(self, now: Subscription, price_id: str, interval: Interval, key: UUID) -> Subscription:
        schedules = self.client.v1.subscription_schedules
        if now.schedule_id is None:
            made = schedules.create_async({"from_subscription": plain_id(now.id)}, under("schedule", key))
            schedule = await changed(made, lambda data: data)
        else:
            had, _ = await asked(schedules.retrieve_async(plain_id(now.schedule_id)), changes=False)
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
            under("plan", key),
        )
        await changed(planned, lambda data: text(data, "id"))
        return (await self.subscription(now.id)).subscription

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """``POST`` with ``cancel_at_period_end``, or ``DELETE``: no keys, and 404 the second time."""
        if not at_once:
            await self._unplanned(subscription_id, key)
            return await self._update("cancel", subscription_id, {"cancel_at_period_end": True}, key)
        try:
            return await changed(self.client.v1.subscriptions.cancel_async(plain_id(subscription_id)), subscription_of)
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
        return await changed(self.client.v1.refunds.create_async(params, under("refund", key)), refund_of)

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """``POST /v1/billing_portal/sessions``."""
        made = self.client.v1.billing_portal.sessions.create_async(
            {"customer": customer_id, "return_url": return_url}, under("portal", key)
        )
        return await changed(made, lambda data: text(data, "url"))

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """``GET /v1/customers``; lists are up to date, the search API is not for a while after a write."""
        listed = self.client.v1.customers.list_async({"email": email, "limit": PAGE})
        found = await first(listed, lambda data: uuid(part(data, "metadata").get("user_id")) == user_id)
        return read_as(found, lambda data: text(data, "id")) if found else None

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """``GET /v1/checkout/sessions`` of the customer, by ``client_reference_id``."""
        listed = self.client.v1.checkout.sessions.list_async({"customer": customer_id, "limit": PAGE})
        found = await first(listed, lambda data: uuid(data.get("client_reference_id")) == purchase_id)
        return read_as(found, checkout_of) if found else None

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """``GET /v1/refunds`` of the payment, by our reference."""
        listed = self.client.v1.refunds.list_async({"payment_intent": payment_id, "limit": PAGE})
        found = await first(listed, lambda data: uuid(part(data, "metadata").get("reference")) == reference)
        return read_as(found, refund_of) if found else None

    async def _visit(self, params: SessionCreateParams, key: UUID) -> Checkout:
        made = self.client.v1.checkout.sessions.create_async(params, under("checkout", key))
        return await changed(made, checkout_of)

    async def _update(
        self, what: str, subscription_id: str, params: SubscriptionUpdateParams, key: UUID
    ) -> Subscription:
        made = self.client.v1.subscriptions.update_async(plain_id(subscription_id), params, under(what, key))
        return await changed(made, subscription_of)

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


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None
