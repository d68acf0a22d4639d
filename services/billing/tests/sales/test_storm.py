"""Many buyers' events at once: half of them twice, in no order, some late by days, some forged, some while we are away.

What every account has, and what was paid and given back, equals a model to the paisa. ``STORM_EVENTS=10000`` is the
long run (``make histories``).
"""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from random import Random
from typing import Any

import stripe

from billing.payments.endpoints import PATH
from chassis import ids
from contracts.users import UserRegistered

from .test_any_order import SECRET

EVENTS = int(os.environ.get("STORM_EVENTS", "150"))
PRICE, CREDITS = 49_900, 30
AT_ONCE = 6


async def buyers(market: Any, number: int) -> tuple[list[dict[str, Any]], dict[Any, int], int]:
    """What is told of ``number`` purchases, of which some are given back; the model: credits by user, paise kept."""
    market.simulator.webhooks.endpoints.clear()
    wanted: dict[Any, int] = {}
    kept = 0
    random = Random(7)
    for _ in range(number):
        market.user_id = ids.uuid7()
        who = {"user_id": market.user_id, "email": f"{market.user_id}@example.com", "username": "a"}
        await market.billing.tell(UserRegistered(**who, home_product_line="talkingphoto"))
        await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"})
        [pack] = await market.billing.rows("SELECT * FROM purchases WHERE user_id = $1", market.user_id)
        paid = await market.simulator.act("pay", pack["checkout_id"])
        back = random.choice([0, 0, 0, PRICE // 2, PRICE])
        if back:
            market.simulator.books.refund({"payment_intent": paid["payment_intent"], "amount": str(back)})
        wanted[market.user_id] = CREDITS - CREDITS * back // PRICE
        kept += PRICE - back
    return list(market.simulator.books.tables["event"].values()), wanted, kept


async def post(market: Any, event: dict[str, Any], secret: str = SECRET) -> int:
    body = json.dumps(event)
    at = int(market.billing.clock.now().timestamp())
    signed = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    async with market.billing.client() as client:
        return int((await client.post(PATH, content=body.encode(), headers={"stripe-signature": signed})).status_code)


async def test_a_storm_of_events_equals_the_model_to_the_paisa(market: Any) -> None:
    events, wanted, kept = await buyers(market, 1 + EVENTS // 9)
    random = Random(21)
    order = events + random.sample(events, len(events) // 2)
    random.shuffle(order)
    late = [event for event in order if random.random() < 0.1]
    away = {event["id"] for event in random.sample(events, len(events) // 20)}
    now = [event for event in order if event not in late and event["id"] not in away]
    forged = [dict(event, id=f"{event['id']}_forged") for event in events if random.random() < 0.01] or [events[0]]

    async def deliver(these: list[dict[str, Any]], secret: str, status: int) -> None:
        left = iter(these)

        async def sender() -> None:
            for event in left:
                assert await post(market, event, secret) == status

        await asyncio.gather(*(sender() for _ in range(AT_ONCE)))

    await deliver(forged, "whsec_somebody_elses", 400)
    await deliver(now, SECRET, 200)
    market.billing.clock.advance(timedelta(days=3))
    await deliver([event for event in late if event["id"] not in away], SECRET, 200)
    results = await market.reconciliation().run_once()
    assert results.total() - results["repeated"] == len(away), "what came while we were away is fetched"

    accounts = await market.billing.rows("SELECT user_id, bought FROM credit_accounts")
    assert {row["user_id"]: row["bought"] for row in accounts} == wanted
    [money] = await market.billing.rows(
        "SELECT sum(amount_minor - refunded_minor)::bigint AS kept, count(*) AS times FROM payments"
    )
    assert (money["kept"], money["times"]) == (kept, len(wanted))
    [kept_events] = await market.billing.rows("SELECT count(*) AS number FROM payment_events")
    assert kept_events["number"] == len(events), "nothing that was forged is kept"
    await market.billing.check_books()
