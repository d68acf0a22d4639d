"""Stripe behind the port, on httpx rather than the official library: that keeps settings in module globals, brings four
HTTP clients and repeats calls on its own terms, where here every phase has a time-out and every repeat carries our key.
The library drives the tests instead.

Parameters and objects: ``stripe-python`` 16.1 (``params/checkout/_session_create_params.py``,
``params/_subscription_update_params.py``, ``params/_refund_create_params.py``,
``params/billing_portal/_session_create_params.py``) and docs.stripe.com/api.

India: docs.stripe.com/payments/upi and /payments/upi/upi-autopay. A session no longer takes ``payment_method_types``
(docs.stripe.com/changelog/endive/2026-09-30/remove-payment-method-types-checkout-sessions): Stripe offers what the
account has switched on and currency, amount and mode permit; for INR these are cards with the wallets that stand on
them, and UPI. ``allowed_payment_method_types`` can narrow that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from billing.payments.form import Params, Value
from billing.payments.money import Money, to_minor
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
    Purchase,
    Refund,
    RefundRequest,
    Subscription,
)
from billing.payments.stripe_http import StripeHttp
from billing.payments.stripe_objects import (
    JsonObject,
    Unreadable,
    checkout_of,
    refund_of,
    subscription_of,
    text,
    uuid,
)

T = TypeVar("T")

_PAGE = 100
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Stripe:
    """Stripe's API. Satisfies ``PaymentProcessor``."""

    http: StripeHttp
    automatic_tax: bool = True
    """Needs Stripe Tax on the account: a head office address, registrations, a default tax behaviour for prices."""
    payment_methods: tuple[str, ...] = ()
    """Offer at most these; empty: whatever the account has switched on."""

    async def create_customer(self, customer: NewCustomer, *, key: UUID) -> str:
        """``POST /v1/customers``."""
        params: Params = {
            "email": customer.email,
            "name": customer.name,
            "metadata": {"user_id": str(customer.user_id)},
        }
        return await self._make("customer", "/v1/customers", params, key, lambda data: text(data, "id"))

    async def check_out_plan(self, wanted: PlanCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions`` in subscription mode."""
        ours = {**_ours(wanted.purchase), "plan_type": wanted.plan_type}
        params: Params = {
            **self._page(wanted, ours),
            "mode": "subscription",
            "line_items": [{"price": wanted.price_id, "quantity": 1}],
            "subscription_data": {"metadata": ours, "description": wanted.description},
        }
        return await self._make("checkout", "/v1/checkout/sessions", params, key, checkout_of)

    async def check_out_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout:
        """``POST /v1/checkout/sessions`` in payment mode, with an invoice for the payment (BIL-61)."""
        ours = {**_ours(wanted.purchase), "credits": str(wanted.credits)}
        price: Params = {
            "currency": wanted.price.currency.lower(),
            "unit_amount": _minor(wanted.price),
            "product_data": {"name": wanted.description},
        }
        params: Params = {
            **self._page(wanted, ours),
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            # Exports from India need a description on the payment itself.
            "payment_intent_data": {"metadata": ours, "description": wanted.description},
            "invoice_creation": {"enabled": True, "invoice_data": {"metadata": ours}},
        }
        return await self._make("checkout", "/v1/checkout/sessions", params, key, checkout_of)

    async def checkout(self, checkout_id: str) -> Checkout:
        """``GET /v1/checkout/sessions/{id}``."""
        return _read((await self.http.get(f"/v1/checkout/sessions/{_segment(checkout_id)}")).data, checkout_of)

    async def subscription(self, subscription_id: str) -> Observed:
        """``GET /v1/subscriptions/{id}``."""
        answer = await self.http.get(f"/v1/subscriptions/{_segment(subscription_id)}")
        return Observed(_read(answer.data, subscription_of), answer.since, answer.until)

    async def change_subscription(
        self, subscription_id: str, price_id: str, *, interval: Interval, at: ChangeAt, key: UUID
    ) -> Subscription:
        """``POST /v1/subscriptions/{id}`` with the one item's new price.

        ``NOW`` invoices the difference (``always_invoice``) and counts once that is paid (``pending_if_incomplete``).
        ``RENEWAL`` changes what the next invoice will bill and nothing before (``proration_behavior=none``;
        docs.stripe.com/billing/subscriptions/prorations); with another interval Stripe would bill at once, so that is
        refused here.
        """
        now = (await self.subscription(subscription_id)).subscription
        if now.price_id == price_id:
            return now
        if now.item_id is None:
            raise PaymentFailure(FailureClass.INVALID, f"{subscription_id} has no item to change")
        if at is ChangeAt.RENEWAL and now.interval != interval:
            raise PaymentFailure(FailureClass.INVALID, "a change at the renewal cannot change the interval")
        terms: dict[str, Value] = (
            {"proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"}
            if at is ChangeAt.NOW
            else {"proration_behavior": "none"}
        )
        params: Params = {"items": [{"id": now.item_id, "price": price_id, "quantity": 1}], **terms}
        return await self._make(
            "change", f"/v1/subscriptions/{_segment(subscription_id)}", params, key, subscription_of
        )

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """``POST`` with ``cancel_at_period_end``, or ``DELETE``, which answers 404 the second time."""
        path = f"/v1/subscriptions/{_segment(subscription_id)}"
        if not at_once:
            return await self._make("cancel", path, {"cancel_at_period_end": True}, key, subscription_of)
        try:
            return _read((await self.http.delete(path)).data, subscription_of, changes=True)
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
        unset: Params = {"cancel_at_period_end": False} if now.cancel_at_period_end else {"cancel_at": ""}
        return await self._make("resume", f"/v1/subscriptions/{_segment(subscription_id)}", unset, key, subscription_of)

    async def refund(self, wanted: RefundRequest, *, key: UUID) -> Refund:
        """``POST /v1/refunds`` of a PaymentIntent."""
        params: Params = {
            "payment_intent": wanted.payment_id,
            "amount": _minor(wanted.amount) if wanted.amount else None,
            "reason": wanted.reason,
            "metadata": {"reference": str(wanted.reference)},
        }
        return await self._make("refund", "/v1/refunds", params, key, refund_of)

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """``POST /v1/billing_portal/sessions``."""
        params: Params = {"customer": customer_id, "return_url": return_url}
        return await self._make("portal", "/v1/billing_portal/sessions", params, key, lambda data: text(data, "url"))

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """``GET /v1/customers``; lists are up to date, the search API is not for a while after a write."""
        found = await self._find("/v1/customers", {"email": email}, lambda data: _meta(data, "user_id") == user_id)
        return _read(found, lambda data: text(data, "id")) if found else None

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """``GET /v1/checkout/sessions`` of the customer, by ``client_reference_id``."""
        found = await self._find(
            "/v1/checkout/sessions",
            {"customer": customer_id},
            lambda data: uuid(data.get("client_reference_id")) == purchase_id,
        )
        return _read(found, checkout_of) if found else None

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """``GET /v1/refunds`` of the payment, by our reference."""
        found = await self._find(
            "/v1/refunds", {"payment_intent": payment_id}, lambda data: _meta(data, "reference") == reference
        )
        return _read(found, refund_of) if found else None

    async def _make(self, what: str, path: str, params: Params, key: UUID, read: Callable[[JsonObject], T]) -> T:
        # One key of ours may stand for two steps of one decision; Stripe keeps keys for the whole account.
        answer = await self.http.post(path, params, key=f"talkingphoto-{what}-{key}")
        return _read(answer.data, read, changes=True)

    async def _find(
        self, path: str, params: Mapping[str, Value], wanted: Callable[[JsonObject], bool]
    ) -> JsonObject | None:
        after: str | None = None
        for _ in range(_PAGES):
            answer = await self.http.get(path, {**params, "limit": _PAGE, "starting_after": after})
            listed = answer.data.get("data")
            if not isinstance(listed, list):
                raise PaymentFailure(FailureClass.TRANSIENT, f"{path} answered without a list")
            for each in listed:
                if isinstance(each, dict) and wanted(each):
                    return each
            if not answer.data.get("has_more") or not listed:
                return None
            after = _read(listed[-1], lambda data: text(data, "id"))
        raise PaymentFailure(
            FailureClass.TRANSIENT, f"{path} has more than {_PAGE * _PAGES} of these; not all were seen"
        )

    def _page(self, wanted: PlanCheckout | CreditsCheckout, ours: Mapping[str, str]) -> dict[str, Value]:
        return {
            "customer": wanted.customer_id,
            # The tax depends on the address, and India asks for name and address of foreign buyers.
            "customer_update": {"address": "auto", "name": "auto"},
            "billing_address_collection": "required",
            "automatic_tax": {"enabled": self.automatic_tax},
            "allowed_payment_method_types": list(self.payment_methods) or None,
            "client_reference_id": str(wanted.purchase.id),
            "metadata": ours,
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
        }


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


def _meta(data: JsonObject, name: str) -> UUID | None:
    metadata = data.get("metadata")
    return uuid(metadata.get(name)) if isinstance(metadata, Mapping) else None


def _segment(vendor_id: str) -> str:
    """An id as part of a path; ours come from our own tables, yet none may lead anywhere else."""
    if not vendor_id or not vendor_id.replace("_", "").isalnum() or not vendor_id.isascii():
        raise PaymentFailure(FailureClass.INVALID, f"{vendor_id!r} is no id of Stripe's")
    return vendor_id


def _read(data: Any, read: Callable[[JsonObject], T], *, changes: bool = False) -> T:
    try:
        return read(data)
    except Unreadable as wrong:
        kind = FailureClass.UNKNOWN_OUTCOME if changes else FailureClass.TRANSIENT
        raise PaymentFailure(kind, f"stripe answered with an object that {wrong}") from wrong
