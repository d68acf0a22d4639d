"""What the processor reports becomes what somebody may do: plans, credits, payments, invoices.

Reports come late, twice, and in any order. So nothing is done *because* of a report: each is kept as a fact that only
grows (a subscription by ``payments.rules``, a purchase and an invoice that are paid for good, the most that was given
back of a payment), and after each what follows from all of them is worked out again and put in place where it is not.

Locks are taken in one order: the subscription's row, the invoice, the payment, what is sold to its buyer, the row of
the purchase, the account.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from billing.ledger.periods import month_since
from billing.ledger.service import Ledger
from billing.payments.events import (
    ChargeRefunded,
    CheckoutReported,
    Fact,
    InvoicePaid,
    InvoiceReported,
    RefundReported,
    SubscriptionReported,
)
from billing.payments.money import to_minor
from billing.plans.book import PlanBook
from billing.receipts import repository as receipts
from billing.receipts.repository import NewPayment
from billing.sales import repository, rules
from billing.sales.models import Bought, PurchaseKind, PurchaseState
from billing.sales.repository import Held
from billing.sales.rules import GIVING
from chassis.data.database import Transaction
from contracts.billing import (
    InvoiceAvailable,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
)

log = structlog.get_logger(__name__)


class Follower:
    """Keeps accounts, payments and invoices in step with ``processor``, within the transaction of each report."""

    def __init__(self, ledger: Ledger, plans: PlanBook, *, processor: str) -> None:
        self._ledger = ledger
        self._plans = plans
        self._processor = processor

    async def follow(self, fact: Fact, tx: Transaction) -> None:
        """Let a fact take effect. Doing it again changes nothing."""
        await self._plans.load(tx)
        match fact:
            case SubscriptionReported(subscription):
                await self.subscription(subscription.id, tx)
            case CheckoutReported(checkout) if checkout.purchase_id is not None:
                await self._checkout(fact, checkout.purchase_id, tx)
            case InvoiceReported():
                await self._invoice(fact, tx)
            case InvoicePaid(invoice_id, payment_id):
                await receipts.lock(tx, invoice_id, payment_id)
                await receipts.say_which(tx, payment_id, invoice_id=invoice_id)
                await self._give_back(payment_id, tx)
            case ChargeRefunded(payment_id=str() as payment_id):
                await receipts.lock(tx, payment_id)
                await receipts.say_which(tx, payment_id, refunded_minor=to_minor(fact.refunded))
                await self._give_back(payment_id, tx)
            case RefundReported() | ChargeRefunded() | CheckoutReported():
                pass  # a charge says how much of it was given back, and a visit that is not ours is nobody's

    async def subscription(self, subscription_id: str, tx: Transaction) -> None:
        """Put in place what follows from a subscription as it is held now, and tell its owner what is new."""
        await self._plans.load(tx)
        held = await repository.held(tx, subscription_id)
        if held is None:
            log.warning("subscription.of_nobody", subscription=subscription_id)
            return
        await self._settle(held.user_id, held.product_line, tx)
        # Read again: another report may have been told of while the lock was waited for.
        held = await repository.held(tx, subscription_id) or held
        story = rules.story_of(held.subscription, held.plan_type, held.next_plan, tx.now, held.told)
        if story != held.told and (held.told is not None or story.status in GIVING):
            self._tell(held, story, tx)
            await repository.told(tx, subscription_id, story)

    async def _settle(self, user_id: UUID, product_line: str, tx: Transaction) -> None:
        """Put the account on the best of what was sold: a subscription first, then a plan bought for a month."""
        await repository.lock_sales(tx, user_id, product_line)
        subscriptions = await repository.held_by(tx, user_id, product_line)
        giving = [
            (held, terms)
            for held in subscriptions
            if (terms := rules.terms_of(held.subscription, held.plan_type, tx.now)) is not None
        ]
        if len(giving) > 1:
            log.error("subscription.more_than_one", user_id=user_id, product_line=product_line)
        key = (user_id, product_line)
        if giving:
            _, terms = max(giving, key=lambda each: (each[0].price, each[0].subscription.id))
            await self._ledger.give(key, terms, tx)
        elif (lent := await repository.lent(tx, user_id, product_line)) is not None and lent.gives_until is not None:
            await self._ledger.lend(key, lent.plan_type, lent.gives_until, tx)
        else:
            ends = [rules.ended_at(held.subscription, tx.now) for held in subscriptions]
            await self._ledger.fall_back(key, max(ends, default=tx.now), tx)

    # --- purchases

    async def _checkout(self, fact: CheckoutReported, purchase_id: UUID, tx: Transaction) -> None:
        visit = fact.checkout
        if visit.payment_id is not None:
            await receipts.lock(tx, visit.payment_id)
        bought = await self._locked(purchase_id, tx)
        if bought is None:
            log.error("purchase.unknown", purchase_id=purchase_id, checkout=visit.id)
            return
        state = _state(fact)
        if state.rank <= bought.state.rank:
            return
        gives_until = None
        if state is PurchaseState.COMPLETED and bought.kind is PurchaseKind.PLAN_MONTH:
            _, gives_until = month_since(tx.now, tx.now)
        await repository.move(tx, bought.id, state, payment_id=visit.payment_id, gives_until=gives_until)
        if bought.kind is PurchaseKind.PLAN_MONTH and state is PurchaseState.COMPLETED:
            await self._sold(bought, fact, tx)
        elif state is PurchaseState.FAILED and visit.total is not None:
            self._say_failed(
                bought.id, bought.user_id, bought.product_line, to_minor(visit.total), visit.total.currency,
                bought.description, bought.plan_type, 1, None, tx,
            )  # fmt: skip

    @staticmethod
    async def _locked(purchase_id: UUID | None, tx: Transaction) -> Bought | None:
        """A purchase, locked, and before it all that is sold to its buyer: in one order everywhere."""
        if purchase_id is None or (bought := await repository.purchase(tx, purchase_id)) is None:
            return None
        await repository.lock_sales(tx, bought.user_id, bought.product_line)
        return await repository.purchase(tx, purchase_id, lock=True)

    async def _sold(self, bought: Bought, fact: CheckoutReported, tx: Transaction) -> None:
        visit = fact.checkout
        money = visit.total or bought.money
        payment_id = await receipts.keep_payment(
            tx,
            NewPayment(
                user_id=bought.user_id,
                product_line=bought.product_line,
                processor=self._processor,
                money=money,
                completed=True,
                description=bought.description,
                plan_type=bought.plan_type,
                payment_id=visit.payment_id,
                purchase_id=bought.id,
            ),
        )
        if payment_id is None:
            raise LookupError(f"purchase {bought.id} was completed twice")
        key = (bought.user_id, bought.product_line)
        await self._ledger.sell(key, bought.credits, bought.description, bought.id, tx)
        await self._settle(*key, tx)
        tx.emit(
            PaymentSucceeded(
                payment_id=payment_id,
                user_id=bought.user_id,
                product_line=bought.product_line,
                amount=to_minor(money),
                currency=money.currency,
                description=bought.description,
                plan=bought.plan_type,
                credits=bought.credits,
                paid_at=tx.now,
            )
        )
        if visit.payment_id is not None:
            await self._give_back(visit.payment_id, tx)

    # --- invoices

    async def _invoice(self, invoice: InvoiceReported, tx: Transaction) -> None:
        await receipts.lock(tx, invoice.invoice_id)
        held = await repository.held(tx, invoice.subscription_id) if invoice.subscription_id else None
        user_id, product_line = invoice.user_id, invoice.product_line
        if held is not None:
            user_id, product_line = held.user_id, held.product_line
        user_id = user_id or await repository.user_of(tx, invoice.customer_id)
        if user_id is None or product_line is None:
            log.error("invoice.of_nobody", invoice=invoice.invoice_id)
            return
        if (known := await receipts.keep_invoice(tx, invoice, user_id, product_line)) is not None:
            tx.emit(
                InvoiceAvailable(
                    invoice_id=known,
                    user_id=user_id,
                    product_line=product_line,
                    number=invoice.number,
                    amount=to_minor(invoice.total),
                    tax=to_minor(invoice.tax),
                    currency=invoice.total.currency,
                    issued_at=invoice.issued_at,
                )
            )
        if invoice.subscription_id is None or invoice.total.amount == 0:
            return
        plan = self._plans.get(product_line, held.plan_type) if held is not None else None
        description = f"{plan.name} plan" if plan is not None else "Subscription"
        payment_id = await receipts.keep_payment(
            tx,
            NewPayment(
                user_id=user_id,
                product_line=product_line,
                processor=self._processor,
                money=invoice.total,
                completed=invoice.paid,
                description=description,
                plan_type=plan.plan_type if plan is not None else None,
                invoice_id=invoice.invoice_id,
                failure_reason=None if invoice.paid else "The payment was declined.",
                attempts=invoice.attempts,
                period_start=invoice.period_start,
                period_end=invoice.period_end,
            ),
        )
        if payment_id is None:
            return
        amount, currency = to_minor(invoice.total), invoice.total.currency
        if not invoice.paid:
            until = rules.gives_until(held.subscription) if held is not None else None
            plan_type = plan.plan_type if plan is not None else None
            self._say_failed(
                payment_id, user_id, product_line, amount, currency, description, plan_type, invoice.attempts, until, tx
            )
            return
        tx.emit(
            PaymentSucceeded(
                payment_id=payment_id,
                user_id=user_id,
                product_line=product_line,
                amount=amount,
                currency=currency,
                description=description,
                plan=plan.plan_type if plan is not None else None,
                paid_at=tx.now,
            )
        )
        if (paid_with := await receipts.paid_with(tx, payment_id)) is not None:
            await self._give_back(paid_with, tx)

    # --- money given back

    async def _give_back(self, processor_payment_id: str, tx: Transaction) -> None:
        """Take back what was bought with money that was given back, in proportion; what is spent is lost to us."""
        await receipts.lock(tx, processor_payment_id)
        found = await receipts.owed_back(tx, processor_payment_id)
        if found is None:
            return
        paid, given = found
        await receipts.refunded(tx, paid, given)
        in_full, taken = given == paid.amount_minor, 0
        bought = await self._locked(paid.purchase_id, tx)
        if bought is not None:
            key = (bought.user_id, bought.product_line)
            due = bought.credits * given // paid.amount_minor - bought.taken_back
            if due > 0:
                taken = await self._ledger.take_back(key, due, f"{bought.description}, refunded", bought.id, tx)
            await repository.took_back(tx, bought.id, taken, ends=in_full)
            await self._settle(*key, tx)
        tx.emit(
            PaymentRefunded(
                payment_id=paid.id,
                user_id=paid.user_id,
                product_line=paid.product_line,
                amount=given - paid.refunded_minor,
                currency=paid.currency,
                in_full=in_full,
                credits=taken,
                refunded_at=tx.now,
            )
        )

    # --- what people are told

    def _tell(self, held: Held, story: rules.Story, tx: Transaction) -> None:
        before, subscription = held.told, held.subscription
        common = {
            "subscription_id": held.ref,
            "user_id": held.user_id,
            "product_line": held.product_line,
            "plan": held.plan_type,
            "plan_name": self._plans.get(held.product_line, held.plan_type).name,
            "interval": "year" if subscription.interval == "year" else "month",
            "status": story.status,
            "period_start": subscription.period_start or tx.now,
            "period_end": subscription.period_end or tx.now,
            "cancel_at_period_end": story.ends,
            "next_plan": story.next_plan,
            "next_plan_name": story.next_plan and self._plans.get(held.product_line, story.next_plan).name,
            "access_until": rules.gives_until(subscription) if story.status == "past_due" else None,
        }
        if before is None:
            tx.emit(SubscriptionCreated.model_validate({**common, "trial_ends_at": subscription.trial_end}))
        elif story.status in ("cancelled", "expired"):
            if before.status in GIVING:
                ended = SubscriptionCancelled if story.status == "cancelled" else SubscriptionExpired
                tx.emit(ended.model_validate({**common, "previous_plan": before.plan_type}))
        elif what := rules.changes(before, story):
            changed = {**common, "what": what[0], "previous_plan": before.plan_type}
            tx.emit(SubscriptionUpdated.model_validate(changed))

    @staticmethod
    def _say_failed(
        payment_id: UUID,
        user_id: UUID,
        product_line: str,
        amount: int,
        currency: str,
        description: str,
        plan_type: str | None,
        attempts: int,
        access_until: datetime | None,
        tx: Transaction,
    ) -> None:
        tx.emit(
            PaymentFailed(
                payment_id=payment_id,
                user_id=user_id,
                product_line=product_line,
                amount=amount,
                currency=currency,
                description=description,
                reason="The payment was declined. Please look at how you pay.",
                attempts=max(1, attempts),
                plan=plan_type,
                access_until=access_until,
                failed_at=tx.now,
            )
        )


def _state(fact: CheckoutReported) -> PurchaseState:
    visit = fact.checkout
    if visit.status == "expired":
        return PurchaseState.EXPIRED
    if fact.failed:
        return PurchaseState.FAILED
    if visit.status == "open":
        return PurchaseState.OPEN
    return PurchaseState.PROCESSING if visit.payment_status == "unpaid" else PurchaseState.COMPLETED
