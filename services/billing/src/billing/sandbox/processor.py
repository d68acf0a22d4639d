"""The sandbox behind the port: what is bought is paid for on a page of ours, and nobody is charged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from billing.payments.money import to_minor
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
from billing.payments.stripe.objects import checkout_of, paid_intent, refund_of, subscription_of
from billing.sandbox import repository
from billing.sandbox.account import OVER, Account, Json, charge_of
from chassis.data.database import Database, Transaction
from chassis.work.periodic import Periodic

_BATCH = 50


class Sandbox:
    """Satisfies ``PaymentProcessor``. ``pages`` is where its pages are."""

    name: ClassVar[str] = "sandbox"

    def __init__(self, database: Database, account: Account, *, pages: str) -> None:
        self._database = database
        self._account = account
        self._pages = pages

    async def plan_price(self, price: PlanPrice, *, key: UUID) -> str:
        """Its id is made of ours."""
        made = {
            "id": f"price_sandbox_{price.id.hex}",
            "object": "price",
            "unit_amount": to_minor(price.amount),
            "currency": price.amount.currency.lower(),
            "interval": price.interval,
        }
        return await self._put(made)

    async def create_customer(self, customer: NewCustomer, *, key: UUID) -> str:
        """Its id is made of the user's."""
        made = {"id": f"cus_sandbox_{customer.user_id.hex}", "object": "customer", "declines": False}
        return await self._put(made)

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """The customer of a user."""
        async with self._database.transaction() as tx:
            found = await repository.get(tx, f"cus_sandbox_{user_id.hex}")
        return str(found["id"]) if found is not None else None

    async def check_out_plan(self, wanted: PlanCheckout, *, key: UUID) -> Checkout:
        """A page for a plan."""
        async with self._database.transaction() as tx:
            price = await self._account.get(tx, wanted.price_id)
            amount = 0 if wanted.trial_days else price["unit_amount"]
            session = self._session(wanted, key, "subscription", amount, price["currency"])
            session |= {"price": price["id"], "trial_days": wanted.trial_days}
            return await self._visit(session, tx)

    async def check_out_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout:
        """A page for credits."""
        async with self._database.transaction() as tx:
            amount, currency = to_minor(wanted.price), wanted.price.currency.lower()
            return await self._visit(self._session(wanted, key, "payment", amount, currency), tx)

    async def charge_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout | None:
        """At once, where the customer has paid on a page before; refused where their bank is to refuse."""
        async with self._database.transaction() as tx:
            customer = await self._account.get(tx, wanted.customer_id)
            if not customer.get("stored"):
                return None
            intent = await repository.get(tx, f"pi_sandbox_{key.hex}")
            if intent is None:
                if customer["declines"]:
                    raise PaymentFailure(FailureClass.CARD_DECLINED, f"the bank of {customer['id']} says no")
                intent = {
                    "id": f"pi_sandbox_{key.hex}",
                    "object": "payment_intent",
                    "status": "succeeded",
                    "customer": customer["id"],
                    "amount": to_minor(wanted.price),
                    "currency": wanted.price.currency.lower(),
                    "metadata": _ours(wanted.purchase),
                }
                await self._account.charge(tx, intent)
            return paid_intent(intent)

    async def checkout(self, checkout_id: str) -> Checkout:
        """The visit as it is now."""
        async with self._database.transaction() as tx:
            return checkout_of(await self._account.get(tx, checkout_id))

    async def close_checkout(self, checkout_id: str, *, key: UUID) -> Checkout:
        """An open page is closed."""
        async with self._database.transaction() as tx:
            session = await self._account.get(tx, checkout_id)
            if session["status"] == "open":
                session |= {"status": "expired", "url": None}
                await repository.put(tx, session)
                await self._account.tell(tx, "checkout.session.expired", session)
            return checkout_of(session)

    async def events_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """None: what happens here is told with it."""
        nothing: tuple[bytes, ...] = ()
        for body in nothing:
            yield body

    async def subscription(self, subscription_id: str) -> Observed:
        """The subscription as it is now."""
        async with self._database.transaction() as tx:
            held = subscription_of(await self._account.get(tx, subscription_id))
            return Observed(held, since=tx.now, until=tx.now)

    async def change_subscription(
        self, subscription_id: str, price_id: str, *, interval: Interval, at: ChangeAt, key: UUID
    ) -> Subscription:
        """At once, or written down for the renewal."""
        async with self._database.transaction() as tx:
            held = await self._living(subscription_id, tx)
            if held["items"]["data"][0]["price"]["id"] == price_id:
                await self._account.move(tx, held, schedule=None, next_price=None)
            elif at is ChangeAt.RENEWAL:
                await self._account.get(tx, price_id)
                await self._account.move(tx, held, schedule=f"sched_{key.hex}", next_price=price_id)
            else:
                held |= {"schedule": None, "next_price": None}
                await self._account.charge_difference(tx, held, await self._account.get(tx, price_id))
            return subscription_of(held)

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """At once, or with the period."""
        async with self._database.transaction() as tx:
            held = await self._account.get(tx, subscription_id)
            if held["status"] not in OVER:
                if at_once:
                    await self._account.end(tx, held, int(tx.now.timestamp()))
                else:
                    await self._account.move(tx, held, cancel_at_period_end=True, schedule=None, next_price=None)
            return subscription_of(held)

    async def resume_subscription(self, subscription_id: str, *, key: UUID) -> Subscription:
        """It goes on."""
        async with self._database.transaction() as tx:
            held = await self._living(subscription_id, tx)
            if held["cancel_at_period_end"]:
                await self._account.move(tx, held, cancel_at_period_end=False)
            return subscription_of(held)

    async def refund(self, wanted: RefundRequest, *, key: UUID) -> Refund:
        """All that is left, or a part."""
        async with self._database.transaction() as tx:
            charge = await self._account.get(tx, charge_of(wanted.payment_id))
            id = f"re_sandbox_{key.hex}"
            if (earlier := await repository.get(tx, id)) is not None:
                return refund_of(earlier)
            left = charge["amount"] - charge["amount_refunded"]
            amount = left if wanted.amount is None else to_minor(wanted.amount)
            if not 0 < amount <= left:
                raise PaymentFailure(FailureClass.INVALID, f"{left} is left of {charge['id']}, {amount} is asked for")
            made = {
                "id": id,
                "object": "refund",
                "status": "succeeded",
                "amount": amount,
                "currency": charge["currency"],
                "payment_intent": wanted.payment_id,
                "metadata": {"reference": str(wanted.reference)},
            }
            await self._account.refund(tx, charge, amount, made)
            return refund_of(made)

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """The customer's page."""
        return f"{self._pages}/{customer_id}"

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """By the purchase, which is the key of its page."""
        async with self._database.transaction() as tx:
            found = await repository.get(tx, f"cs_sandbox_{purchase_id.hex}")
        return checkout_of(found) if found is not None else None

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """By our reference."""
        async with self._database.transaction() as tx:
            made = await repository.children(tx, charge_of(payment_id), "refund")
        found = next((each for each in made if each["metadata"].get("reference") == str(reference)), None)
        return refund_of(found) if found is not None else None

    async def _living(self, subscription_id: str, tx: Transaction) -> Json:
        held = await self._account.get(tx, subscription_id)
        if held["status"] in OVER:
            raise PaymentFailure(FailureClass.INVALID, f"{subscription_id} has ended")
        return held

    async def _put(self, made: dict[str, Any]) -> str:
        async with self._database.transaction() as tx:
            if await repository.get(tx, made["id"]) is None:
                await repository.put(tx, made)
        return str(made["id"])

    def _session(
        self, wanted: PlanCheckout | CreditsCheckout, key: UUID, mode: str, amount: int, currency: str
    ) -> Json:
        id = f"cs_sandbox_{key.hex}"
        return {
            "id": id,
            "object": "checkout.session",
            "mode": mode,
            "url": f"{self._pages}/{id}",
            "status": "open",
            "payment_status": "unpaid",
            "client_reference_id": str(wanted.purchase.id),
            "metadata": _ours(wanted.purchase),
            "customer": wanted.customer_id,
            "description": wanted.description,
            "amount_total": amount,
            "currency": currency,
            "subscription": None,
            "payment_intent": None,
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
            "trial_days": 0,
        }

    async def _visit(self, session: Json, tx: Transaction) -> Checkout:
        if (earlier := await repository.get(tx, session["id"])) is not None:
            return checkout_of(earlier)
        await repository.put(tx, session, parent=session["customer"])
        return checkout_of(session)


class Renewals(Periodic):
    """Renews what is due every ``poll_s``, so that months of the platform's clock are months here."""

    def __init__(self, database: Database, account: Account, *, poll_s: float) -> None:
        super().__init__("sandbox renewals", poll_s)
        self._database = database
        self._account = account

    async def round(self) -> None:
        """Renew whatever is due, month after month."""
        while await self.run_once():
            pass

    async def run_once(self) -> int:
        """Renew what is due now by one period; returns how many subscriptions."""
        async with self._database.transaction() as tx:
            due = await repository.due(tx, _BATCH)
            for id in due:
                await self._account.renew(tx, await self._account.get(tx, id))
        return len(due)


def _ours(purchase: Purchase) -> dict[str, str]:
    return {
        "purchase_id": str(purchase.id),
        "user_id": str(purchase.user_id),
        "product_line": purchase.product_line,
    }
