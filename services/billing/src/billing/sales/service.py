"""What a buyer can do: pay for a plan, change or end it, manage how it is paid for (BIL-02 to BIL-07, BIL-13).

Each decision is written down in one transaction, carried out at the processor outside of any under its own key, and
what came of it is written down in another. A crash in between leaves a decision that the same request finishes.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel

from billing.payments.events import CheckoutReported
from billing.payments.inbox import Follow
from billing.payments.money import Money
from billing.payments.port import (
    ChangeAt,
    Checkout,
    CreditsCheckout,
    FailureClass,
    NewCustomer,
    PaymentFailure,
    PaymentProcessor,
    PlanCheckout,
    PlanPrice,
    Purchase,
    SubscriptionStatus,
)
from billing.payments.reader import SubscriptionReader
from billing.plans.book import PlanBook
from billing.plans.catalogue import Plan
from billing.sales import errors, repository
from billing.sales.models import BillingInterval, Bought, Price, PurchaseKind, PurchaseState
from billing.sales.repository import Held
from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.http.repeats import once
from chassis.identity.tokens import Identity

T = TypeVar("T")

_LIVE = (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
_PAGE_LIFE = timedelta(hours=23)
"""A payment page can be used for a day."""


class Begun(BaseModel):
    """A decision that was written down."""

    id: UUID


class Changing(BaseModel):
    """What was decided about a subscription."""

    id: UUID
    subscription_id: str
    price_id: UUID | None = None
    at: ChangeAt = ChangeAt.NOW


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a buyer returns to."""

    success_url: str
    cancel_url: str


class Shop:
    """Sells plans through ``processor``. Buyers return to ``origins`` only."""

    def __init__(
        self,
        database: Database,
        processor: PaymentProcessor,
        plans: PlanBook,
        reader: SubscriptionReader,
        *,
        origins: tuple[str, ...],
        follow: Follow,
    ) -> None:
        self._database = database
        self._processor = processor
        self._plans = plans
        self._reader = reader
        self._origins = origins
        self._follow = follow

    async def check_out(
        self, buyer: Identity, plan_type: str, interval: BillingInterval, pages: Pages, key: str | None
    ) -> tuple[Bought, bool]:
        """Open a payment page for a plan; says whether ``key`` had opened it before. An earlier page that was not paid
        on is used again if it is for the same, and closed if not.

        Raises ``NotSold``, ``BadReturnUrl``, ``AlreadySubscribed``, ``KeyReused`` and what :func:`errors.told` says.
        """
        self._check(pages)
        await self._leave_other_page(buyer, plan_type, interval)
        async with self._database.transaction() as tx:
            begun, replayed = await once(
                tx,
                buyer.user_id,
                key,
                f"checkout {buyer.product_line} {plan_type} {interval}",
                lambda: self._begin_plan(buyer, plan_type, interval, pages, tx),
                Begun,
            )
        return await self._visit(buyer, begun.id), replayed

    async def top_up(
        self, buyer: Identity, plan_type: str, pages: Pages, key: str | None, *, stored: bool
    ) -> tuple[Bought, bool]:
        """Buy a plan's credits, with the plan for a month (CFL-12): at once where ``stored`` and the buyer has a stored
        way to pay that is not declined, else on a payment page. Raises like :meth:`check_out`."""
        self._check(pages)
        async with self._database.transaction() as tx:
            begun, replayed = await once(
                tx,
                buyer.user_id,
                key,
                f"topup {buyer.product_line} {plan_type}{'' if stored else ' on a page'}",
                lambda: self._begin_month(buyer, plan_type, pages, tx),
                Begun,
            )
        return await self._visit(buyer, begun.id, stored=stored), replayed

    async def change(
        self, buyer: Identity, plan_type: str, interval: BillingInterval, key: str | None
    ) -> tuple[str, bool]:
        """Move a subscription to another plan: a dearer one, or a year of the same one, at once with the difference
        charged, a cheaper one with the next renewal (BIL-04). Returns the processor's id of the subscription, and
        whether ``key`` was known.

        Raises ``NotSold``, ``NoSubscription``, ``KeyReused`` and what :func:`errors.told` says.
        """
        async with self._database.transaction() as tx:
            changing, replayed = await once(
                tx,
                buyer.user_id,
                key,
                f"change {buyer.product_line} {plan_type} {interval}",
                lambda: self._decide_change(buyer, plan_type, interval, tx),
                Changing,
            )
            price = await repository.price(tx, changing.price_id) if changing.price_id is not None else None
        if price is None:
            raise LookupError(f"decision {changing.id} has no price")
        price_id = await self._known(price)
        await self._carry_out(
            changing,
            self._processor.change_subscription(
                changing.subscription_id, price_id, interval=price.interval, at=changing.at, key=changing.id
            ),
            next_price=price_id if changing.at is ChangeAt.RENEWAL else None,
        )
        return changing.subscription_id, replayed

    async def cancel(self, buyer: Identity, *, at_once: bool, key: str | None) -> tuple[str, bool]:
        """End a subscription with its period, or at once (BIL-05). Raises ``NoSubscription`` and the like."""
        changing, replayed = await self._decided(buyer, "cancel at once" if at_once else "cancel", key)
        await self._carry_out(
            changing,
            self._processor.cancel_subscription(changing.subscription_id, at_once=at_once, key=changing.id),
            next_price=None,
        )
        return changing.subscription_id, replayed

    async def resume(self, buyer: Identity, key: str | None) -> tuple[str, bool]:
        """Take the end of a subscription back. Raises ``NoSubscription`` and the like."""
        changing, replayed = await self._decided(buyer, "resume", key)
        await self._carry_out(
            changing, self._processor.resume_subscription(changing.subscription_id, key=changing.id), next_price=None
        )
        return changing.subscription_id, replayed

    async def portal(self, buyer: Identity, return_url: str) -> str:
        """A link to the processor's own pages about somebody's payments (BIL-07). Raises ``NeverPaid``."""
        self._check(Pages(return_url, return_url))
        async with self._database.transaction() as tx:
            customer_id = await repository.customer(tx, buyer.user_id, self._processor.name)
        if customer_id is None:
            raise errors.NeverPaid("Nothing has been bought yet. Choose a plan first.")
        return await _asked(self._processor.portal(customer_id, return_url=return_url, key=ids.uuid7()))

    # --- what is decided

    async def _begin_plan(
        self, buyer: Identity, plan_type: str, interval: BillingInterval, pages: Pages, tx: Transaction
    ) -> Begun:
        plan, price = await self._priced(buyer, plan_type, interval, tx)
        await repository.lock_sales(tx, buyer.user_id, buyer.product_line)
        subscriptions = await repository.held_by(tx, buyer.user_id, buyer.product_line)
        _refuse_second(subscriptions)
        if (begun := await repository.open_plan(tx, buyer.user_id, buyer.product_line)) is not None:
            return Begun(id=begun.id)
        trial_days = 0 if subscriptions else plan.trial_days
        bought = self._bought(
            buyer, PurchaseKind.PLAN, plan, price.money, pages, tx, price_id=price.id, days=trial_days
        )
        await repository.begin(tx, bought, self._processor.name)
        return Begun(id=bought.id)

    async def _begin_month(self, buyer: Identity, plan_type: str, pages: Pages, tx: Transaction) -> Begun:
        plan, price = await self._priced(buyer, plan_type, "month", tx)
        if plan.credits_per_month == 0:
            raise errors.NotSold("This plan has no credits to buy.", fields={"plan_type": "a plan with credits"})
        _refuse_second(await repository.held_by(tx, buyer.user_id, buyer.product_line))
        bought = self._bought(buyer, PurchaseKind.PLAN_MONTH, plan, price.money, pages, tx)
        await repository.begin(tx, bought, self._processor.name)
        return Begun(id=bought.id)

    @staticmethod
    def _bought(
        buyer: Identity,
        kind: PurchaseKind,
        plan: Plan,
        money: Money,
        pages: Pages,
        tx: Transaction,
        *,
        price_id: UUID | None = None,
        days: int = 0,
    ) -> Bought:
        month = kind is PurchaseKind.PLAN_MONTH
        return Bought(
            id=ids.uuid7(),
            user_id=buyer.user_id,
            product_line=buyer.product_line,
            kind=kind,
            plan_type=plan.plan_type,
            price_id=price_id,
            credits=plan.credits_per_month if month else 0,
            money=money,
            trial_days=days,
            description=f"{plan.credits_per_month} credits" if month else f"{plan.name} plan",
            success_url=pages.success_url,
            cancel_url=pages.cancel_url,
            state=PurchaseState.OPEN,
            checkout_id=None,
            checkout_url=None,
            payment_id=None,
            gives_until=None,
            taken_back=0,
            created_at=tx.now,
        )

    async def _decide_change(
        self, buyer: Identity, plan_type: str, interval: BillingInterval, tx: Transaction
    ) -> Changing:
        _, price = await self._priced(buyer, plan_type, interval, tx)
        held = await self._live(buyer, tx)
        dearer = _a_month(price.money.amount, price.interval) > _a_month(held.price, held.subscription.interval)
        same = held.subscription.price_id == price.processor_price_id
        longer = price.plan_type == held.plan_type and (held.subscription.interval, price.interval) == ("month", "year")
        changing = Changing(
            id=ids.uuid7(),
            subscription_id=held.subscription.id,
            price_id=price.id,
            at=ChangeAt.NOW if dearer or same or longer else ChangeAt.RENEWAL,
        )
        about = {"subscription": changing.subscription_id, "price_id": price.id, "at": changing.at}
        await repository.decide(tx, changing.id, buyer.user_id, buyer.product_line, buyer.user_id, "change", about)
        return changing

    async def _decided(self, buyer: Identity, what: str, key: str | None) -> tuple[Changing, bool]:
        async def decide() -> Changing:
            held = await self._live(buyer, tx)
            changing = Changing(id=ids.uuid7(), subscription_id=held.subscription.id)
            about = {"subscription": held.subscription.id}
            await repository.decide(tx, changing.id, buyer.user_id, buyer.product_line, buyer.user_id, what, about)
            return changing

        async with self._database.transaction() as tx:
            return await once(tx, buyer.user_id, key, f"{what} {buyer.product_line}", decide, Changing)

    async def _live(self, buyer: Identity, tx: Transaction) -> Held:
        for held in await repository.held_by(tx, buyer.user_id, buyer.product_line):
            if held.subscription.status in _LIVE:
                return held
        raise errors.NoSubscription("There is no subscription here. Choose a plan and check out.")

    async def _priced(
        self, buyer: Identity, plan_type: str, interval: BillingInterval, tx: Transaction
    ) -> tuple[Plan, Price]:
        await self._plans.load(tx)
        plan = self._plans.sold(buyer.product_line, plan_type)
        amount = plan and (plan.price_yearly if interval == "year" else plan.price_monthly)
        if plan is None or not amount:
            sold = ", ".join(each.plan_type for each in self._plans.of(buyer.product_line) if each.price_monthly)
            field = "plan" if plan is None or not plan.price_monthly else "interval"
            raise errors.NotSold(
                f"This cannot be bought in {buyer.product_line}.",
                fields={field: f"one of {sold}" if field == "plan" else "month"},
            )
        money = Money(amount, plan.currency)
        return plan, await repository.current_price(
            tx, buyer.product_line, plan_type, interval, money, self._processor.name
        )

    # --- what the processor is asked

    async def _leave_other_page(self, buyer: Identity, plan_type: str, interval: BillingInterval) -> None:
        """Close the page of a plan that somebody began to buy and does not want any more."""
        async with self._database.transaction() as tx:
            left = await repository.open_plan(tx, buyer.user_id, buyer.product_line)
            if left is None:
                return
            price = await repository.price(tx, left.price_id) if left.price_id is not None else None
            fresh = left.created_at > tx.now - _PAGE_LIFE
        if fresh and price is not None and (price.plan_type, price.interval) == (plan_type, interval):
            return
        if left.checkout_id is not None:
            closed = await _asked(self._processor.close_checkout(left.checkout_id, key=left.id))
            if closed.status == "complete":
                raise errors.AlreadySubscribed("The plan chosen before has just been paid for. Change it instead.")
        async with self._database.transaction() as tx:
            locked = await repository.purchase(tx, left.id, lock=True)
            if locked is not None and locked.state is PurchaseState.OPEN:
                await repository.move(tx, left.id, PurchaseState.EXPIRED)

    async def _visit(self, buyer: Identity, purchase_id: UUID, *, stored: bool = False) -> Bought:
        """The purchase with its payment page, which is opened if there is none yet; paid for without one where
        ``stored`` and that can be."""
        async with self._database.transaction() as tx:
            bought = await repository.purchase(tx, purchase_id)
            price = await repository.price(tx, bought.price_id) if bought and bought.price_id else None
            customer_id = await repository.customer(tx, buyer.user_id, self._processor.name)
        if bought is None:
            raise LookupError(f"purchase {purchase_id} is gone")
        if bought.checkout_id is not None or bought.state is not PurchaseState.OPEN:
            return bought
        customer_id = customer_id or await self._customer(buyer)
        purchase = Purchase(id=bought.id, user_id=bought.user_id, product_line=bought.product_line)
        if price is not None:
            plan = PlanCheckout(
                purchase=purchase,
                customer_id=customer_id,
                plan_type=bought.plan_type,
                price_id=await self._known(price),
                description=bought.description,
                success_url=bought.success_url,
                cancel_url=bought.cancel_url,
                trial_days=bought.trial_days,
            )
            visit = await _asked(self._processor.check_out_plan(plan, key=bought.id))
        else:
            pack = CreditsCheckout(
                purchase=purchase,
                customer_id=customer_id,
                credits=bought.credits,
                price=bought.money,
                description=bought.description,
                success_url=bought.success_url,
                cancel_url=bought.cancel_url,
            )
            if stored and (paid := await self._charged(pack)) is not None:
                async with self._database.transaction() as tx:
                    await self._follow(CheckoutReported(paid), tx)
                    return await repository.purchase(tx, bought.id) or bought
            visit = await _asked(self._processor.check_out_credits(pack, key=bought.id))
        async with self._database.transaction() as tx:
            await repository.visited(tx, bought.id, visit.id, visit.url)
            return await repository.purchase(tx, bought.id) or bought

    async def _charged(self, pack: CreditsCheckout) -> Checkout | None:
        """The charge of a stored way to pay; None where there is none or the bank says no: the page takes others."""
        try:
            return await self._processor.charge_credits(pack, key=pack.purchase.id)
        except PaymentFailure as failure:
            if failure.kind is FailureClass.CARD_DECLINED:
                return None
            raise errors.told(failure) from failure

    async def _customer(self, buyer: Identity) -> str:
        found = await _asked(self._processor.find_customer(buyer.user_id, buyer.email))
        if found is None:
            new = NewCustomer(user_id=buyer.user_id, email=buyer.email)
            key = ids.derived(buyer.user_id, "customer", buyer.email)
            found = await _asked(self._processor.create_customer(new, key=key))
        async with self._database.transaction() as tx:
            await repository.name_customer(tx, buyer.user_id, self._processor.name, found)
            return await repository.customer(tx, buyer.user_id, self._processor.name) or found

    async def _known(self, price: Price) -> str:
        """What the processor calls a price, which it is told of when somebody first buys it."""
        if price.processor_price_id is not None:
            return price.processor_price_id
        name = self._plans.get(price.product_line, price.plan_type).name
        wanted = PlanPrice(id=price.id, name=name, amount=price.money, interval=price.interval)
        known = await _asked(self._processor.plan_price(wanted, key=price.id))
        async with self._database.transaction() as tx:
            await repository.name_price(tx, price.id, known)
        return known

    async def _carry_out(self, changing: Changing, call: Awaitable[object], *, next_price: str | None) -> None:
        try:
            await call
        except PaymentFailure as failure:
            async with self._database.transaction() as tx:
                await repository.decided(tx, changing.id, f"{failure.kind}: {failure}")
            raise errors.told(failure) from failure
        async with self._database.transaction() as tx:
            await repository.plan_next(tx, changing.subscription_id, next_price)
            await repository.decided(tx, changing.id, "done")
        await self._reader.look(changing.subscription_id)

    def _check(self, pages: Pages) -> None:
        for field, url in (("success_url", pages.success_url), ("cancel_url", pages.cancel_url)):
            parts = urlsplit(url)
            if f"{parts.scheme}://{parts.netloc}" not in self._origins:
                raise errors.BadReturnUrl(
                    "Buyers can return to this platform's own pages only.",
                    fields={field: f"begins with one of {', '.join(self._origins)}"},
                )


def _refuse_second(subscriptions: list[Held]) -> None:
    if any(held.subscription.status in _LIVE for held in subscriptions):
        raise errors.AlreadySubscribed("There is a subscription already. Change or cancel it instead.")


def _a_month(amount: Decimal, interval: str | None) -> Decimal:
    return amount / 12 if interval == "year" else amount


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except PaymentFailure as failure:
        raise errors.told(failure) from failure
