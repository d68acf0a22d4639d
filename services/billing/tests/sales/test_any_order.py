"""A month of events ends in one state, however they come: shuffled, doubled, lost and fetched, replayed."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from random import Random
from typing import Any

import stripe

from billing.payments.endpoints import PATH
from billing.payments.port import RefundRequest
from billing.payments.reconciliation import replay
from chassis import ids
from contracts.billing import PaymentRefunded, PaymentSucceeded

SECRET = "whsec_planted_one"
ORDERS = int(os.environ.get("EVENT_ORDERS", "12"))
"""How many orders are tried; 100 in the long run."""

STATE = (
    "SELECT plan_type, settled, held, bought, used, period_start, period_end, cycle_start, plan_until, granted "
    "FROM credit_accounts",
    "SELECT id, status, price_id, period_start, period_end, cancel_at_period_end, ended_at, schedule_id "
    "FROM payment_subscriptions ORDER BY id",
    "SELECT kind, state, payment_id, taken_back FROM purchases ORDER BY id",
    "SELECT processor_payment_id, processor_invoice_id, amount_minor, currency, status, refunded_minor "
    "FROM payments ORDER BY processor_payment_id",
    "SELECT processor_invoice_id, number, amount_minor, tax_minor, status FROM invoices ORDER BY processor_invoice_id",
)


async def state_of(market: Any) -> list[Any]:
    await market.settle()
    await market.billing.check_books()
    return [await market.billing.rows(statement) for statement in STATE]


async def a_month(market: Any) -> list[dict[str, Any]]:
    """Everything that can happen to one buyer, with none of it told: the events, in their order."""
    market.simulator.webhooks.endpoints.clear()
    answer = await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"})
    assert answer.status_code == 402
    [pack] = await market.billing.rows("SELECT * FROM purchases")
    paid = await market.simulator.act("pay", pack["checkout_id"])
    await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"})
    [_, later] = await market.billing.rows("SELECT * FROM purchases ORDER BY id")
    await market.simulator.act("pay", later["checkout_id"], delayed=True)
    market.billing.clock.advance(timedelta(hours=5))
    await market.simulator.act("settle", later["checkout_id"], paid=True)
    visit = await market.checked_out("starter")
    id = (await market.simulator.act("pay", visit["checkout_id"]))["subscription"]
    customer = market.simulator.books.get("subscription", id)["customer"]
    step = timedelta(hours=5)
    market.billing.clock.advance(step)
    refund = RefundRequest(reference=ids.uuid7(), payment_id=paid["payment_intent"])
    await market.stripe.refund(refund, key=ids.uuid7())
    market.billing.clock.advance(step)
    await market.simulator.act("renew", id, paid=False)
    market.billing.clock.advance(step)
    await market.simulator.act("retry", id)
    market.simulator.books.declining.discard(customer)
    market.billing.clock.advance(step)
    await market.simulator.act("collect", id)
    market.billing.clock.advance(step)
    market.simulator.books.update_subscription(id, {"cancel_at_period_end": "true"})
    market.billing.clock.advance(step)
    market.simulator.books.update_subscription(id, {"cancel_at_period_end": "false"})
    events = list(market.simulator.books.tables["event"].values())
    assert len(events) > 20
    return events


async def deliver(market: Any, event: dict[str, Any]) -> None:
    body = json.dumps(event)
    at = int(market.billing.clock.now().timestamp())
    signed = stripe.WebhookSignature.generate_signature_header(body, SECRET, at)
    async with market.billing.client() as client:
        answer = await client.post(PATH, content=body.encode(), headers={"stripe-signature": signed})
    assert answer.status_code == 200, answer.text


async def forget(market: Any, before: dict[str, list[Any]]) -> None:
    """As it was before any event came."""
    await market.billing.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_is_append_only")
    for table in ("payment_events", "payment_subscriptions", "payments", "payment_facts", "invoices"):
        await market.billing.execute(f"DELETE FROM {table}")  # noqa: S608
    await market.billing.execute("DELETE FROM ledger_entries")
    await market.billing.execute("DELETE FROM credit_accounts")
    await market.billing.execute("ALTER TABLE ledger_entries ENABLE TRIGGER ledger_is_append_only")
    await market.billing.execute(
        "UPDATE purchases SET state = 'open', payment_id = NULL, gives_until = NULL, taken_back = 0"
    )
    market.billing.recorder.messages.clear()


async def test_however_they_come_a_months_events_end_in_one_state(market: Any) -> None:
    events = await a_month(market)
    for event in events:
        await deliver(market, event)
    wanted = await state_of(market)
    assert (wanted[0][0]["plan_type"], wanted[0][0]["bought"]) == ("starter", 30)
    for seed in range(ORDERS):
        await forget(market, {})
        random = Random(seed)
        order = random.sample(events, len(events)) + random.sample(events, len(events) // 2)
        random.shuffle(order)
        for event in order:
            await deliver(market, event)
        assert await state_of(market) == wanted, f"seed {seed}"
        assert len(market.billing.said(PaymentSucceeded)) == 4, f"seed {seed}"
        assert len(market.billing.said(PaymentRefunded)) == 1, f"seed {seed}"


async def test_events_that_were_lost_are_fetched(market: Any) -> None:
    events = await a_month(market)
    for event in events:
        await deliver(market, event)
    wanted = await state_of(market)
    for lost in range(10):
        await forget(market, {})
        for number, event in enumerate(events):
            if number % 10 != lost:
                await deliver(market, event)
        results = await market.reconciliation().run_once()
        assert results.total() == len(events)
        assert results["repeated"] == len([n for n in range(len(events)) if n % 10 != lost])
        assert await state_of(market) == wanted, f"every tenth from {lost} was lost"


async def test_what_is_kept_is_gone_through_again(market: Any) -> None:
    """As after a release that first knew what to do with payments."""
    events = await a_month(market)
    for event in events:
        await deliver(market, event)
    wanted = await state_of(market)
    kept = await market.billing.rows("SELECT * FROM payment_events")
    said = len(market.billing.recorder.messages)
    assert (await replay(market.billing.database, market.inbox)).total() == len(kept)
    assert await state_of(market) == wanted
    assert len(market.billing.recorder.messages) == said, "nothing is told twice"
    await market.billing.execute("ALTER TABLE payment_events RENAME TO kept_events")
    await market.billing.execute("CREATE TABLE payment_events (LIKE kept_events INCLUDING ALL)")
    await forget(market, {})
    await market.billing.execute("INSERT INTO payment_events SELECT * FROM kept_events")
    await replay(market.billing.database, market.inbox)
    assert await state_of(market) == wanted


async def test_all_at_once_they_end_in_one_state_too(market: Any) -> None:
    """As many connections as the pool has, each event twice: nobody waits for somebody who waits for him."""
    events = await a_month(market)
    for event in events:
        await deliver(market, event)
    wanted = await state_of(market)
    for seed in range(3):
        await forget(market, {})
        order = Random(seed).sample(events * 2, len(events) * 2)
        await asyncio.gather(*(deliver(market, event) for event in order))
        assert await state_of(market) == wanted, f"seed {seed}"
        assert len(market.billing.said(PaymentSucceeded)) == 4, f"seed {seed}"
        assert len(market.billing.said(PaymentRefunded)) == 1, f"seed {seed}"
