"""SQL of payments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from billing.payments.events import Event
from billing.payments.port import Subscription, SubscriptionStatus
from billing.payments.rules import Known
from chassis.data.database import Transaction

_OVERDUE = timedelta(hours=1)
"""So long after a period's end Stripe has renewed, or reports got lost."""
_LIVE = ("trialing", "active", "past_due")
_FIRST_PAYMENT = timedelta(hours=24)
"""Stripe gives up on a first payment after 23 hours."""


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription to be read from Stripe, at the version it was found at."""

    id: str
    version: int
    failures: int


async def record_event(tx: Transaction, event: Event, body: bytes, processor: str) -> bool:
    """Keep an event as it came. False when it is here already; a twin in another transaction is waited for."""
    rows = await tx.fetch(
        """
        INSERT INTO payment_events (id, type, created, object_id, livemode, api_version, body, sha256, received_at,
                                    processor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        event.id,
        event.type,
        event.created,
        event.object_id,
        event.livemode,
        event.api_version,
        body.decode(),
        hashlib.sha256(body).hexdigest(),
        tx.now,
        processor,
    )
    return bool(rows)


async def finish_event(tx: Transaction, event_id: str, result: str) -> None:
    """Write down what came of an event."""
    await tx.execute("UPDATE payment_events SET result = $2, processed_at = $3 WHERE id = $1", event_id, result, tx.now)


async def lock(tx: Transaction, subscription_id: str, processor: str) -> Known:
    """What is held of a subscription of ``processor``; its row is locked, and made where there was none."""
    await tx.execute(
        "INSERT INTO payment_subscriptions (id, read_after, processor) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        subscription_id,
        tx.now,
        processor,
    )
    row = await tx.fetchrow("SELECT * FROM payment_subscriptions WHERE id = $1 FOR UPDATE", subscription_id)
    if row is None:
        raise LookupError(f"{subscription_id} was removed while it was being locked")
    return known_of(row)


async def save(tx: Transaction, subscription_id: str, known: Known) -> None:
    """Write what is held now. What has come into doubt is due for reading at once."""
    held = known.subscription
    await tx.execute(
        """
        UPDATE payment_subscriptions SET
            customer_id = $2, user_id = coalesce($3, user_id), product_line = coalesce($4, product_line), status = $5,
            item_id = $6, price_id = $7, interval = $8, period_start = $9, period_end = $10,
            cancel_at_period_end = $11, cancel_at = $12, ended_at = $13, change_pending = $14,
            rank = $15, since = $16, until = $17, event_id = $18, version = $20, updated_at = $21,
            read_after = CASE WHEN $19 AND NOT doubtful THEN $21 ELSE read_after END, doubtful = $19,
            anchor = $22, trial_end = $23, schedule_id = $24
        WHERE id = $1
        """,
        subscription_id,
        held.customer_id if held else None,
        held.user_id if held else None,
        held.product_line if held else None,
        held.status.value if held else None,
        held.item_id if held else None,
        held.price_id if held else None,
        held.interval if held else None,
        held.period_start if held else None,
        held.period_end if held else None,
        held.cancel_at_period_end if held else False,
        held.cancel_at if held else None,
        held.ended_at if held else None,
        held.change_pending if held else False,
        known.rank,
        known.since,
        known.until,
        known.event_id,
        known.doubtful,
        known.version,
        tx.now,
        held.anchor if held else None,
        held.trial_end if held else None,
        held.schedule_id if held else None,
    )


async def due(tx: Transaction, limit: int, processor: str) -> Sequence[Due]:
    """Subscriptions to be read: those in doubt, live ones whose period is over without a word of what followed, and
    incomplete ones that must have become something else."""
    rows = await tx.fetch(
        """
        SELECT id, version, failures FROM payment_subscriptions
        WHERE read_after <= $1 AND processor = $6 AND (
            doubtful
            OR (status = ANY($2::text[]) AND period_end < $3)
            OR (status = 'incomplete' AND updated_at < $4)
        )
        ORDER BY read_after LIMIT $5
        """,
        tx.now,
        list(_LIVE),
        tx.now - _OVERDUE,
        tx.now - _FIRST_PAYMENT,
        limit,
        processor,
    )
    return [Due(row["id"], row["version"], row["failures"]) for row in rows]


async def put_off(tx: Transaction, subscription_id: str, *, until: datetime, failures: int) -> None:
    """Do not read a subscription before ``until``, unless it comes into doubt anew."""
    await tx.execute(
        "UPDATE payment_subscriptions SET read_after = $2, failures = $3 WHERE id = $1",
        subscription_id,
        until,
        failures,
    )


def known_of(row: asyncpg.Record) -> Known:
    """A row as the rules see it."""
    return Known(
        subscription=subscription_of(row) if row["status"] is not None else None,
        rank=row["rank"],
        since=row["since"],
        until=row["until"],
        event_id=row["event_id"],
        doubtful=row["doubtful"],
        version=row["version"],
    )


def subscription_of(row: asyncpg.Record) -> Subscription:
    """A subscription that was described, from its row."""
    return Subscription(
        id=row["id"],
        customer_id=row["customer_id"],
        status=SubscriptionStatus(row["status"]),
        user_id=row["user_id"],
        product_line=row["product_line"],
        item_id=row["item_id"],
        price_id=row["price_id"],
        interval=row["interval"],
        period_start=row["period_start"],
        period_end=row["period_end"],
        cancel_at_period_end=row["cancel_at_period_end"],
        cancel_at=row["cancel_at"],
        ended_at=row["ended_at"],
        change_pending=row["change_pending"],
        anchor=row["anchor"],
        trial_end=row["trial_end"],
        schedule_id=row["schedule_id"],
    )


async def kept_events(tx: Transaction, after: str, limit: int, processor: str) -> list[tuple[str, bytes]]:
    """A batch of a processor's events by id, those after ``after``, as they came."""
    rows = await tx.fetch(
        "SELECT id, body FROM payment_events WHERE id > $1 AND processor = $3 ORDER BY id LIMIT $2",
        after,
        limit,
        processor,
    )
    return [(row["id"], row["body"].encode()) for row in rows]
