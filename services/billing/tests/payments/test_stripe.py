"""The adapter against the simulated account: what is bought, changed, ended, given back and found again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing.payments.money import Money
from billing.payments.port import ChangeAt, FailureClass, PaymentFailure, PlanPrice, RefundRequest, SubscriptionStatus
from chassis import ids
from simulators.core.faults import Fault

INR_999 = Money(Decimal("999"), "INR")


def params_of(till: Any, operation: str) -> dict[str, Any]:
    return dict(next(e.body for e in reversed(till.simulator.ledger.entries) if e.operation == operation))


async def test_a_plan_is_bought_in_rupees_with_our_ids_and_with_tax(till: Any) -> None:
    purchase = till.purchase()
    customer = await till.customer()
    visit = await till.stripe.check_out_plan(till.plan(customer, purchase=purchase), key=ids.uuid7())
    assert (visit.status, visit.payment_status, visit.purchase_id) == ("open", "unpaid", purchase.id)
    assert visit.url is not None
    sent = params_of(till, "checkout")
    assert sent["mode"] == "subscription"
    assert sent["automatic_tax"] == {"enabled": "true"}
    assert sent["customer_update"] == {"address": "auto", "name": "auto"}
    assert "payment_method_types" not in sent
    assert till.simulator.books.get("checkout.session", visit.id)["payment_method_types"] == ["card", "upi"]

    await till.simulator.act("pay", visit.id)
    done = await till.stripe.checkout(visit.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert done.total == Money(Decimal("588.82"), "INR")
    held = (await till.stripe.subscription(done.subscription_id)).subscription
    assert held.status is SubscriptionStatus.ACTIVE
    assert (held.user_id, held.product_line, held.price_id) == (till.user_id, "talkingphoto", till.prices["starter"])
    assert held.interval == "month"
    assert 27 < (held.period_end - held.period_start).days < 32
    assert till.count("charge") == 1


async def test_a_bank_that_says_later(till: Any) -> None:
    """UPI mandates are confirmed after the visit: complete, and not yet paid."""
    visit = await till.stripe.check_out_plan(till.plan(await till.customer()), key=ids.uuid7())
    await till.simulator.act("pay", visit.id, delayed=True)
    assert (await till.stripe.checkout(visit.id)).payment_status == "unpaid"
    assert till.count("charge") == 0
    await till.simulator.act("settle", visit.id, paid=True)
    assert (await till.stripe.checkout(visit.id)).payment_status == "paid"


@pytest.mark.parametrize(
    ("price", "minor"),
    [(INR_999, "99900"), (Money(Decimal("1500"), "JPY"), "1500"), (Money(Decimal("9.99"), "USD"), "999")],
)
async def test_credits_are_bought_once(till: Any, price: Money, minor: str) -> None:
    visit = await till.bought(price)
    assert visit.payment_id is not None
    data = params_of(till, "checkout")["line_items"][0]["price_data"]
    assert (data["unit_amount"], data["currency"]) == (minor, price.currency.lower())
    assert till.simulator.books.get("payment_intent", visit.payment_id)["metadata"]["credits"] == "30"


async def test_an_amount_the_currency_has_not_is_never_sent(till: Any) -> None:
    with pytest.raises(PaymentFailure) as refused:
        await till.stripe.check_out_credits(till.pack("cus_1", Money(Decimal("1.005"), "INR")), key=ids.uuid7())
    assert refused.value.kind is FailureClass.INVALID
    assert len(till.simulator.ledger) == 0


async def test_an_upgrade_is_charged_at_once_and_a_downgrade_with_the_renewal(till: Any) -> None:
    id = await till.subscribed()
    dearer = await till.stripe.change_subscription(
        id, till.prices["pro"], interval="month", at=ChangeAt.NOW, key=ids.uuid7()
    )
    assert (dearer.price_id, dearer.change_pending, till.count("charge")) == (till.prices["pro"], False, 2)
    cheaper = await till.stripe.change_subscription(
        id, till.prices["starter"], interval="month", at=ChangeAt.RENEWAL, key=ids.uuid7()
    )
    assert (cheaper.price_id, till.count("charge")) == (till.prices["pro"], 2), "until then all stays as it is"
    assert cheaper.schedule_id is not None
    await till.simulator.act("renew", id)
    renewed = (await till.stripe.subscription(id)).subscription
    assert (renewed.price_id, renewed.schedule_id, till.count("charge")) == (till.prices["starter"], None, 3)
    charge = list(till.simulator.books.tables["charge"].values())[-1]
    assert charge["amount"] == 49_900


async def test_what_is_planned_for_the_renewal_is_taken_back_or_replaced(till: Any) -> None:
    id = await till.subscribed(price="pro")
    for wanted, at in (("starter", ChangeAt.RENEWAL), ("pro", ChangeAt.NOW), ("starter", ChangeAt.RENEWAL)):
        held = await till.stripe.change_subscription(id, till.prices[wanted], interval="month", at=at, key=ids.uuid7())
        assert (held.price_id, held.schedule_id is None) == (till.prices["pro"], wanted == "pro")
    await till.stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
    ending = (await till.stripe.subscription(id)).subscription
    assert (ending.cancel_at_period_end, ending.schedule_id) == (True, None)


async def test_an_upgrade_that_is_not_paid_leaves_the_old_plan(till: Any) -> None:
    id = await till.subscribed()
    till.simulator.books.declining.add((await till.stripe.subscription(id)).subscription.customer_id)
    waiting = await till.stripe.change_subscription(
        id, till.prices["pro"], interval="month", at=ChangeAt.NOW, key=ids.uuid7()
    )
    assert (waiting.price_id, waiting.change_pending) == (till.prices["starter"], True)


async def test_the_interval_changes_with_the_renewal(till: Any) -> None:
    id = await till.subscribed()
    planned = await till.stripe.change_subscription(
        id, till.prices["pro_yearly"], interval="year", at=ChangeAt.RENEWAL, key=ids.uuid7()
    )
    assert planned.interval == "month"
    await till.simulator.act("renew", id)
    renewed = (await till.stripe.subscription(id)).subscription
    assert (renewed.interval, renewed.period_start, renewed.anchor) == ("year", planned.period_end, planned.period_end)
    assert 364 < (renewed.period_end - renewed.period_start).days < 367


async def test_a_price_is_made_known_once(till: Any) -> None:
    price = PlanPrice(id=ids.uuid7(), name="Reely Pro", amount=Money(Decimal("9.99"), "USD"), interval="year")
    first = await till.stripe.plan_price(price, key=price.id)
    assert await till.stripe.plan_price(price, key=ids.uuid7()) == first, "also once the key is forgotten"
    made = till.simulator.books.get("price", first)
    assert (made["unit_amount"], made["currency"], made["recurring"]["interval"]) == (999, "usd", "year")


async def test_a_page_that_was_left_is_closed(till: Any) -> None:
    visit = await till.stripe.check_out_plan(till.plan(await till.customer()), key=ids.uuid7())
    assert (await till.stripe.close_checkout(visit.id, key=ids.uuid7())).status == "expired"
    paid = await till.bought(INR_999)
    assert (await till.stripe.close_checkout(paid.id, key=ids.uuid7())).status == "complete"


async def test_what_happened_can_be_read_again(till: Any) -> None:
    began = datetime.fromtimestamp(till.simulator.now(), UTC)
    for _ in range(30):
        await till.subscribed()
    told = [json.loads(body) async for body in till.stripe.events_since(began)]
    happened = list(till.simulator.books.tables["event"].values())
    assert [event["id"] for event in told] == [event["id"] for event in reversed(happened)]
    assert len(told) > 100
    assert not [body async for body in till.stripe.events_since(began + timedelta(days=1))]


async def test_asking_for_the_price_it_has_changes_nothing(till: Any) -> None:
    id = await till.subscribed()
    await till.stripe.change_subscription(
        id, till.prices["starter"], interval="month", at=ChangeAt.NOW, key=ids.uuid7()
    )
    assert till.count("subscription_change") == 0


async def test_cancelled_at_the_end_of_the_period_and_taken_back(till: Any) -> None:
    id = await till.subscribed()
    ending = await till.stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
    assert (ending.status, ending.cancel_at_period_end) == (SubscriptionStatus.ACTIVE, True)
    assert ending.ends_at == ending.period_end
    staying = await till.stripe.resume_subscription(id, key=ids.uuid7())
    assert (staying.cancel_at_period_end, staying.ends_at) == (False, None)
    await till.stripe.resume_subscription(id, key=ids.uuid7())
    assert till.count("subscription_change") == 2


async def test_a_date_set_in_the_portal_is_taken_back_too(till: Any) -> None:
    id = await till.subscribed()
    till.simulator.books.update_subscription(id, {"cancel_at": str(till.simulator.now() + 86_400)})
    assert (await till.stripe.resume_subscription(id, key=ids.uuid7())).ends_at is None


async def test_cancelled_at_once_even_if_told_twice(till: Any) -> None:
    id = await till.subscribed()
    for _ in range(2):
        ended = await till.stripe.cancel_subscription(id, at_once=True, key=ids.uuid7())
        assert ended.status is SubscriptionStatus.CANCELED
        assert ended.ended_at is not None
    assert till.count("end") == 1


async def test_money_back_in_parts_and_never_more_than_there_was(till: Any) -> None:
    paid = await till.bought(INR_999)
    part = RefundRequest(reference=ids.uuid7(), payment_id=paid.payment_id, amount=Money(Decimal("99"), "INR"))
    first = await till.stripe.refund(part, key=ids.uuid7())
    assert (first.status, first.amount, first.reference) == ("succeeded", part.amount, part.reference)
    rest = await till.stripe.refund(RefundRequest(reference=ids.uuid7(), payment_id=paid.payment_id), key=ids.uuid7())
    assert first.amount.amount + rest.amount.amount == paid.total.amount
    with pytest.raises(PaymentFailure) as refused:
        await till.stripe.refund(part, key=ids.uuid7())
    assert (refused.value.kind, refused.value.code) == (FailureClass.INVALID, "charge_already_refunded")
    assert "given back already" in refused.value.user_message


async def test_the_portal_is_a_link(till: Any) -> None:
    customer = await till.customer()
    link = await till.stripe.portal(customer, return_url="https://app.example.com/", key=ids.uuid7())
    assert link.startswith("http://stripe-")


async def test_the_same_key_gives_the_first_answer(till: Any) -> None:
    key = ids.uuid7()
    wanted = till.plan(await till.customer())
    first = await till.stripe.check_out_plan(wanted, key=key)
    again = await till.stripe.check_out_plan(wanted, key=key)
    assert again == first
    assert till.count("checkout") == 1


async def test_another_purchase_under_the_same_key_is_refused(till: Any) -> None:
    key = ids.uuid7()
    customer = await till.customer()
    await till.stripe.check_out_plan(till.plan(customer), key=key)
    with pytest.raises(PaymentFailure) as refused:
        await till.stripe.check_out_plan(till.plan(customer, price="pro"), key=key)
    assert refused.value.kind is FailureClass.KEY_REUSED
    assert not refused.value.retryable


async def test_a_lost_answer_is_found_again(till: Any) -> None:
    """However old the loss, and however many others there are."""
    paid = await till.bought(INR_999)
    for number in range(230):
        till.simulator.books.create_customer({"email": "payer@example.com", "metadata": {"user_id": str(number)}})
    assert await till.stripe.find_customer(till.user_id, "payer@example.com") == paid.customer_id
    assert await till.stripe.find_customer(ids.uuid7(), "payer@example.com") is None
    assert await till.stripe.find_checkout(paid.purchase_id, paid.customer_id) == paid
    assert await till.stripe.find_checkout(ids.uuid7(), paid.customer_id) is None
    reference = ids.uuid7()
    made = await till.stripe.refund(RefundRequest(reference=reference, payment_id=paid.payment_id), key=ids.uuid7())
    assert await till.stripe.find_refund(reference, paid.payment_id) == made
    assert await till.stripe.find_refund(ids.uuid7(), paid.payment_id) is None


async def test_an_empty_list_is_no_answer_when_the_question_failed(till: Any) -> None:
    till.simulator.plan.script("read", [Fault.SERVER_ERROR] * 3)
    with pytest.raises(PaymentFailure) as failed:
        await till.stripe.find_checkout(ids.uuid7(), "cus_1")
    assert failed.value.kind is FailureClass.TRANSIENT


@pytest.mark.parametrize("id", ["", "../customers", "sub_1/../..", "sub_1?x=1", "sub_ä"])
async def test_an_id_leads_nowhere_else(till: Any, id: str) -> None:
    with pytest.raises(PaymentFailure) as refused:
        await till.stripe.subscription(id)
    assert refused.value.kind is FailureClass.INVALID


async def test_what_is_not_there(till: Any) -> None:
    with pytest.raises(PaymentFailure) as missing:
        await till.stripe.subscription("sub_none")
    assert (missing.value.kind, missing.value.code) == (FailureClass.NOT_FOUND, "resource_missing")


async def test_events_name_the_key_that_caused_them(till: Any) -> None:
    key = ids.uuid7()
    paid = await till.bought(INR_999)
    await till.stripe.refund(RefundRequest(reference=UUID(int=1), payment_id=paid.payment_id), key=key)
    event = list(till.simulator.books.tables["event"].values())[-1]
    assert event["type"] == "charge.refunded"
    assert event["request"]["idempotency_key"] == f"talkingphoto-refund-{key}"
