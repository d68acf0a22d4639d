"""SQL of prices, purchases, subscriptions and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from billing.payments import repository as payments
from billing.payments.money import Money, from_minor, to_minor
from billing.payments.port import Subscription
from billing.sales.models import Bought, Price, PurchaseKind, PurchaseState
from billing.sales.rules import GIVING, Story
from chassis import ids
from chassis.data.database import Transaction


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription of ours: as the processor has it, the plan of its price, what its owner was told last."""

    ref: UUID
    subscription: Subscription
    user_id: UUID
    product_line: str
    plan_type: str
    price: Decimal
    """Of its interval, in the currency's usual unit."""
    next_plan: str | None
    told: Story | None


async def lock_sales(tx: Transaction, user_id: UUID, product_line: str) -> None:
    """Let what is sold to somebody in a product line be worked out by one at a time."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"sales {user_id} {product_line}")


# --- prices


async def current_price(
    tx: Transaction, product_line: str, plan_type: str, interval: str, money: Money, processor: str
) -> Price:
    """The row of what a plan costs today. One that says something else is kept for who bought it, and replaced."""
    await tx.execute(
        """
        UPDATE plan_prices SET is_current = false
        WHERE product_line = $1 AND plan_type = $2 AND interval = $3 AND processor = $4 AND is_current
            AND (amount_minor, currency) <> ($5, $6)
        """,
        product_line,
        plan_type,
        interval,
        processor,
        to_minor(money),
        money.currency,
    )
    row = await tx.fetchrow(
        """
        INSERT INTO plan_prices (id, product_line, plan_type, interval, processor, amount_minor, currency, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (product_line, plan_type, interval, processor) WHERE is_current
        DO UPDATE SET is_current = true RETURNING *
        """,
        ids.uuid7(),
        product_line,
        plan_type,
        interval,
        processor,
        to_minor(money),
        money.currency,
        tx.now,
    )
    return _price(_there(row))


async def price(tx: Transaction, price_id: UUID) -> Price:
    """A price by our id."""
    return _price(_there(await tx.fetchrow("SELECT * FROM plan_prices WHERE id = $1", price_id)))


async def name_price(tx: Transaction, price_id: UUID, processor_price_id: str) -> None:
    """Remember what the processor calls a price."""
    await tx.execute("UPDATE plan_prices SET processor_price_id = $2 WHERE id = $1", price_id, processor_price_id)


def _price(row: asyncpg.Record) -> Price:
    return Price(
        id=row["id"],
        product_line=row["product_line"],
        plan_type=row["plan_type"],
        interval=row["interval"],
        money=from_minor(row["amount_minor"], row["currency"]),
        processor_price_id=row["processor_price_id"],
    )


# --- customers


async def customer(tx: Transaction, user_id: UUID, processor: str) -> str | None:
    """What the processor calls somebody."""
    row = await tx.fetchrow(
        "SELECT customer_id FROM payment_customers WHERE user_id = $1 AND processor = $2", user_id, processor
    )
    return row["customer_id"] if row is not None else None


async def name_customer(tx: Transaction, user_id: UUID, processor: str, customer_id: str) -> None:
    """Remember what the processor calls somebody."""
    await tx.execute(
        "INSERT INTO payment_customers (user_id, processor, customer_id, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (user_id, processor) DO NOTHING",
        user_id,
        processor,
        customer_id,
        tx.now,
    )


async def user_of(tx: Transaction, customer_id: str | None) -> UUID | None:
    """Whose the processor's customer is."""
    row = await tx.fetchrow("SELECT user_id FROM payment_customers WHERE customer_id = $1", customer_id)
    return row["user_id"] if row is not None else None


# --- purchases


async def begin(tx: Transaction, bought: Bought, processor: str) -> None:
    """Write a purchase down, before anybody is asked for money."""
    await tx.execute(
        """
        INSERT INTO purchases (id, user_id, product_line, kind, plan_type, price_id, credits, amount_minor, currency,
                               trial_days, description, success_url, cancel_url, state, processor, created_at,
                               updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
        """,
        bought.id,
        bought.user_id,
        bought.product_line,
        bought.kind.value,
        bought.plan_type,
        bought.price_id,
        bought.credits,
        to_minor(bought.money),
        bought.money.currency,
        bought.trial_days,
        bought.description,
        bought.success_url,
        bought.cancel_url,
        bought.state.value,
        processor,
        tx.now,
    )


async def purchase(tx: Transaction, purchase_id: UUID, *, lock: bool = False) -> Bought | None:
    """A purchase by our id."""
    statement = "SELECT * FROM purchases WHERE id = $1"
    row = await tx.fetchrow(f"{statement} FOR UPDATE" if lock else statement, purchase_id)
    return _bought(row) if row is not None else None


async def open_plan(tx: Transaction, user_id: UUID, product_line: str) -> Bought | None:
    """The purchase of a plan that somebody has begun and not finished."""
    row = await tx.fetchrow(
        "SELECT * FROM purchases WHERE user_id = $1 AND product_line = $2 AND kind = 'plan' "
        "AND state IN ('open', 'processing')",
        user_id,
        product_line,
    )
    return _bought(row) if row is not None else None


async def visited(tx: Transaction, purchase_id: UUID, checkout_id: str, url: str | None) -> None:
    """Remember the page where a purchase is paid for."""
    await tx.execute(
        "UPDATE purchases SET checkout_id = $2, checkout_url = $3, updated_at = $4 WHERE id = $1",
        purchase_id,
        checkout_id,
        url,
        tx.now,
    )


async def move(
    tx: Transaction,
    purchase_id: UUID,
    state: PurchaseState,
    *,
    payment_id: str | None = None,
    gives_until: datetime | None = None,
) -> None:
    """Write what has become of a purchase."""
    await tx.execute(
        """
        UPDATE purchases SET state = $2, payment_id = coalesce($3, payment_id),
            gives_until = coalesce($4, gives_until), updated_at = $5
        WHERE id = $1
        """,
        purchase_id,
        state.value,
        payment_id,
        gives_until,
        tx.now,
    )


async def took_back(tx: Transaction, purchase_id: UUID, credits: int, *, ends: bool) -> None:
    """Write that ``credits`` of a purchase were taken back; ``ends``: the plan it gave for a month counts no more."""
    await tx.execute(
        "UPDATE purchases SET taken_back = taken_back + $2, gives_until = CASE WHEN $3 THEN $4 ELSE gives_until END, "
        "updated_at = $4 WHERE id = $1",
        purchase_id,
        credits,
        ends,
        tx.now,
    )


async def lent(tx: Transaction, user_id: UUID, product_line: str) -> Bought | None:
    """The plan that was bought for a month and counts longest."""
    row = await tx.fetchrow(
        """
        SELECT * FROM purchases WHERE user_id = $1 AND product_line = $2 AND kind = 'plan_month'
            AND state = 'completed' AND gives_until > $3
        ORDER BY gives_until DESC LIMIT 1
        """,
        user_id,
        product_line,
        tx.now,
    )
    return _bought(row) if row is not None else None


def _bought(row: asyncpg.Record) -> Bought:
    values = {name: row[name] for name in Bought.__dataclass_fields__ if name != "money"}
    values |= {"kind": PurchaseKind(row["kind"]), "state": PurchaseState(row["state"])}
    return Bought(**values, money=from_minor(row["amount_minor"], row["currency"]))


# --- subscriptions

_HELD = """
SELECT subscription.*, price.plan_type, price.amount_minor, price.currency, next.plan_type AS next_plan,
       coalesce(subscription.user_id, customer.user_id) AS owner,
       coalesce(subscription.product_line, price.product_line) AS line
FROM payment_subscriptions AS subscription
JOIN plan_prices AS price ON price.processor_price_id = subscription.price_id
LEFT JOIN plan_prices AS next
    ON next.processor_price_id = subscription.next_price_id AND subscription.schedule_id IS NOT NULL
LEFT JOIN payment_customers AS customer USING (customer_id)
WHERE subscription.status IS NOT NULL AND
"""


async def held(tx: Transaction, subscription_id: str) -> Held | None:
    """A subscription of one of our prices, by the processor's id; None for any other."""
    row = await tx.fetchrow(f"{_HELD} subscription.id = $1", subscription_id)
    return _held(row) if row is not None and row["owner"] is not None else None


async def held_by(tx: Transaction, user_id: UUID, product_line: str) -> list[Held]:
    """The subscriptions of somebody in a product line, ended ones too, the latest first."""
    rows = await tx.fetch(
        f"{_HELD} coalesce(subscription.user_id, customer.user_id) = $1 "
        "AND coalesce(subscription.product_line, price.product_line) = $2 ORDER BY subscription.created_at DESC",
        user_id,
        product_line,
    )
    return [_held(row) for row in rows]


async def told(tx: Transaction, subscription_id: str, story: Story) -> None:
    """Remember what the owner of a subscription was told of it."""
    await tx.execute(
        "UPDATE payment_subscriptions SET told = $2 WHERE id = $1",
        subscription_id,
        orjson.dumps(story.as_dict()).decode(),
    )


async def plan_next(tx: Transaction, subscription_id: str, processor_price_id: str | None) -> None:
    """Remember the price that is planned for the next renewal."""
    await tx.execute(
        "UPDATE payment_subscriptions SET next_price_id = $2 WHERE id = $1", subscription_id, processor_price_id
    )


async def out_of_grace(tx: Transaction, due_before: datetime, limit: int) -> list[str]:
    """Subscriptions whose renewal has not been paid for so long that their owners have to be told of the end."""
    rows = await tx.fetch(
        "SELECT id FROM payment_subscriptions WHERE status = 'past_due' AND period_start <= $1 "
        "AND told->>'status' = ANY($2::text[]) LIMIT $3",
        due_before,
        list(GIVING),
        limit,
    )
    return [row["id"] for row in rows]


def _held(row: asyncpg.Record) -> Held:
    return Held(
        ref=row["ref"],
        subscription=payments.subscription_of(row),
        user_id=row["owner"],
        product_line=row["line"],
        plan_type=row["plan_type"],
        price=from_minor(row["amount_minor"], row["currency"]).amount,
        next_plan=row["next_plan"],
        told=Story(**row["told"]) if row["told"] is not None else None,
    )


# --- decisions


async def decide(
    tx: Transaction, decision_id: UUID, user_id: UUID, product_line: str, by: UUID, kind: str, about: dict[str, Any]
) -> None:
    """Write down what is to be asked of the processor, before it is."""
    await tx.execute(
        "INSERT INTO payment_decisions (id, user_id, product_line, decided_by, kind, about, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        decision_id,
        user_id,
        product_line,
        by,
        kind,
        orjson.dumps(about, default=str).decode(),
        tx.now,
    )


async def to_be_ended(tx: Transaction, processor: str, limit: int) -> list[tuple[UUID, str]]:
    """Decisions of erasures that wait to be carried out at a processor, with the subscription that each is about."""
    rows = await tx.fetch(
        "SELECT id, about->>'subscription' AS subscription FROM payment_decisions "
        "WHERE kind = 'erasure' AND outcome IS NULL AND about->>'processor' = $1 ORDER BY id LIMIT $2",
        processor,
        limit,
    )
    return [(row["id"], row["subscription"]) for row in rows]


async def decided(tx: Transaction, decision_id: UUID, outcome: str) -> None:
    """Write down what came of it."""
    await tx.execute(
        "UPDATE payment_decisions SET outcome = $2, updated_at = $3 WHERE id = $1", decision_id, outcome[:500], tx.now
    )


def _there(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise LookupError("it was there a moment ago")
    return row
