"""The plan somebody is on, as they see it."""

from __future__ import annotations

from uuid import UUID

from billing.ledger import periods
from billing.ledger import queries as ledger
from billing.plans.book import PlanBook
from billing.sales import repository, rules
from billing.sales.rules import GIVING
from billing.sales.schemas import NextInvoiceOut, SubscriptionOut
from chassis.data.database import Transaction


async def balance(tx: Transaction, user_id: UUID, product_line: str) -> tuple[int, str]:
    """Somebody's settled credits and plan."""
    account = await ledger.account(tx, user_id, product_line)
    return (account.settled, account.plan_type) if account is not None else (0, "")


async def view(
    tx: Transaction, plans: PlanBook, user_id: UUID, product_line: str, opening_plan: str
) -> SubscriptionOut | None:
    """The plan somebody is on and how it goes on; None where they have no account."""
    stored = await ledger.account(tx, user_id, product_line)
    if stored is None:
        return None
    await plans.load(tx)
    opening = plans.opening(product_line, opening_plan)
    account = periods.roll_period(stored, plans.get(product_line, stored.plan_type), tx.now, opening).account
    plan = plans.get(product_line, account.plan_type)
    subscriptions = await repository.held_by(tx, user_id, product_line)
    live = next((held for held in subscriptions if rules.status_of(held.subscription, tx.now, None) in GIVING), None)
    last = live or next(iter(subscriptions), None)
    subscription = live.subscription if live is not None else None
    invoice = None
    if live is not None and subscription is not None and subscription.ends_at is None and subscription.period_end:
        next_plan = plans.get(product_line, live.next_plan) if live.next_plan else None
        invoice = NextInvoiceOut(
            amount=next_plan.price_monthly if next_plan is not None else live.price,
            currency=plan.currency,
            due_at=subscription.period_end,
        )
    return SubscriptionOut(
        product_line=product_line,
        plan=account.plan_type,
        status=rules.status_of(last.subscription, tx.now, last.told) if live is not None and last else "active",
        interval=("year" if subscription.interval == "year" else "month") if subscription is not None else None,
        current_period_start=account.period_start,
        current_period_end=account.period_end,
        paid_until=subscription.period_end if subscription is not None else account.plan_until,
        cancel_at_period_end=subscription is not None and subscription.ends_at is not None,
        ends_at=rules.gives_until(subscription) if subscription is not None else account.plan_until,
        trial_ends_at=subscription.trial_end if subscription is not None else None,
        next_plan=live.next_plan if live is not None and live.next_plan != account.plan_type else None,
        change_pending=subscription is not None and subscription.change_pending,
        limits=dict(plan.quotas),
        used=dict(account.used),
        next_invoice=invoice,
    )
