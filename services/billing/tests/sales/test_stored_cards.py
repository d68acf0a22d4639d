"""Credits that are bought again with the card that is stored: at once, once, and never without being paid for."""

from __future__ import annotations

from typing import Any

from billing.payments.port import RefundRequest
from chassis import ids
from contracts.billing import PaymentSucceeded
from contracts.users import UserRegistered
from simulators.core.faults import Fault

TOP_UP = "/billing/credits/topup"


async def with_card(market: Any) -> str:
    """The customer of somebody who has put a card in on the processor's pages."""
    await market.billing.tell(
        UserRegistered(user_id=market.user_id, email="a@example.com", username="a", home_product_line="talkingphoto")
    )
    await market.checked_out("pro")
    [customer] = market.simulator.books.tables["customer"].values()
    customer["address"] = {"country": "IN"}
    await market.act("store_card", customer["id"], default=True)
    return str(customer["id"])


async def topped_up(market: Any, key: str = "top", **body: Any) -> Any:
    return await market.ask("POST", TOP_UP, {"plan_type": "starter", **body}, **{"Idempotency-Key": key})


async def test_a_stored_card_is_charged_at_once_and_once_for_a_key(market: Any) -> None:
    await with_card(market)
    answer = await topped_up(market)
    assert (answer.status_code, answer.json()) == (
        200,
        {"credits_balance": 33, "plan_type": "starter", "message": "30 credits were added."},
    )
    again = await topped_up(market)
    assert (again.status_code, again.json()["credits_balance"]) == (200, 33)
    assert market.charges() == [49_900]
    [intent] = market.simulator.books.tables["payment_intent"].values()
    [paid] = market.billing.said(PaymentSucceeded)
    assert (paid.amount, paid.credits) == (49_900, 30)
    await market.stripe.refund(RefundRequest(reference=ids.uuid7(), payment_id=intent["id"]), key=ids.uuid7())
    assert (await market.account())["settled"] == 3
    await market.billing.check_books()


async def test_without_a_card_and_where_a_page_is_wanted_there_is_a_page(market: Any) -> None:
    customer = await with_card(market)
    wanted = await topped_up(market, "page", use_stored_method=False)
    assert (wanted.status_code, wanted.json()["error"]["code"]) == (402, "checkout_needed")
    market.simulator.books.tables["payment_method"].clear()
    market.simulator.books.get("customer", customer)["invoice_settings"]["default_payment_method"] = None
    without = await topped_up(market, "none")
    assert (without.status_code, without.json()["error"]["code"]) == (402, "checkout_needed")
    assert market.charges() == []


async def test_without_a_key_nothing_is_charged_because_it_might_be_charged_again(market: Any) -> None:
    await with_card(market)
    for _ in range(2):
        answer = await market.ask("POST", TOP_UP, {"plan_type": "starter"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "checkout_needed")
    assert market.charges() == []


async def test_a_declined_card_leads_to_the_page_where_another_one_pays(market: Any) -> None:
    customer = await with_card(market)
    market.simulator.books.declining.add(customer)
    refused = await topped_up(market)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "checkout_needed")
    assert refused.json()["error"]["details"]["checkout_url"].startswith("http")
    again = await topped_up(market)
    assert again.json()["error"]["details"] == refused.json()["error"]["details"]
    [row] = await market.billing.rows("SELECT * FROM purchases WHERE kind = 'plan_month'")
    await market.act("pay", row["checkout_id"])
    assert (await topped_up(market)).json()["credits_balance"] == 33
    assert market.charges() == [49_900]
    await market.billing.check_books()


async def test_a_charge_whose_answer_is_lost_is_found_whatever_has_become_of_the_card(market: Any) -> None:
    customer = await with_card(market)
    market.simulator.webhooks.endpoints.clear()
    market.simulator.plan.script("change", [Fault.DROP_AFTER, Fault.KEY_IN_USE, Fault.KEY_IN_USE])
    lost = await topped_up(market)
    assert (lost.status_code, lost.json()["error"]["code"]) == (503, "payments_unavailable")
    await market.act("store_card", customer, default=True)
    assert (await topped_up(market)).json()["credits_balance"] == 33
    assert market.charges() == [49_900]


async def test_what_was_charged_is_given_though_nobody_comes_back(market: Any) -> None:
    await with_card(market)
    market.simulator.plan.script("change", [Fault.DROP_AFTER, Fault.KEY_IN_USE, Fault.KEY_IN_USE])
    assert (await topped_up(market)).status_code == 503
    await market.simulator.webhooks.release()
    await market.settle()
    assert (await market.account())["settled"] == 33
    await market.billing.check_books()


async def test_the_tax_is_charged_as_on_the_page(market: Any) -> None:
    customer = await with_card(market)
    object.__setattr__(market.stripe, "automatic_tax", True)
    assert (await topped_up(market)).status_code == 200
    assert market.charges() == [58_882]
    market.simulator.books.get("customer", customer)["address"] = None
    assert (await topped_up(market, "nowhere")).status_code == 402
    assert market.charges() == [58_882]


async def test_a_card_that_a_subscription_was_paid_with_is_stored(market: Any) -> None:
    id = await market.bought("starter")
    await market.ask("POST", "/billing/subscription/cancel", {"at_once": True})
    await market.settle()
    assert market.simulator.books.get("subscription", id)["status"] == "canceled"
    assert (await topped_up(market)).status_code == 200
    assert market.charges() == [49_900, 49_900]
