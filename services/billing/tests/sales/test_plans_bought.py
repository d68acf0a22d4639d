"""Money that was received changes what somebody may do, and money that was not does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis import ids
from contracts.billing import (
    EntitlementsChanged,
    InvoiceAvailable,
    PaymentFailed,
    PaymentSucceeded,
    ReserveCredits,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
    UsageReset,
)
from contracts.users import UserRegistered

PAGES = {"success_url": "http://127.0.0.1:8000/paid", "cancel_url": "http://127.0.0.1:8000/plans"}


async def registered(market: Any) -> None:
    await market.billing.tell(
        UserRegistered(user_id=market.user_id, email="a@example.com", username="a", home_product_line="talkingphoto")
    )


async def test_a_plan_that_is_paid_for_is_given(market: Any) -> None:
    await registered(market)
    visit = await market.checked_out("starter")
    assert (visit["amount"], visit["currency"], visit["status"]) == ("499.00", "INR", "open")
    assert (await market.account())["plan_type"] == "free", "nothing is given for a page that was opened"
    await market.act("pay", visit["checkout_id"])
    account = await market.account()
    assert (account["plan_type"], account["settled"], account["used"]) == ("starter", 30, {})
    assert account["period_end"] - account["period_start"] == timedelta(days=31)
    told = market.billing.said(EntitlementsChanged)[-1]
    assert (told.plan, told.limits, told.period_ends_at) == ("starter", {"workflows": 30}, account["period_end"])
    [created] = market.billing.said(SubscriptionCreated)
    assert (created.plan, created.plan_name, created.status, created.interval) == (
        "starter",
        "Starter",
        "active",
        "month",
    )
    [paid] = market.billing.said(PaymentSucceeded)
    assert (paid.amount, paid.currency, paid.plan, paid.user_id) == (49_900, "INR", "starter", market.user_id)
    [invoice] = market.billing.said(InvoiceAvailable)
    assert invoice.amount == 49_900
    await market.billing.check_books()

    view = (await market.ask("GET", "/billing/subscription")).json()
    assert (view["plan"], view["status"], view["limits"]) == ("starter", "active", {"workflows": 30})
    assert view["next_invoice"] == {
        "amount": "499.00",
        "currency": "INR",
        "due_at": account["period_end"].isoformat().replace("+00:00", "Z"),
    }
    [payment] = (await market.ask("GET", "/billing/payments")).json()["items"]
    assert (payment["amount"], payment["status"], payment["description"]) == ("499.00", "completed", "Starter plan")
    [shown] = (await market.ask("GET", "/billing/invoices")).json()["items"]
    assert (shown["amount"], shown["status"]) == ("499.00", "paid")
    assert shown["page_url"]
    for path in ("payments", "invoices"):
        async with market.client(ids.uuid7()) as stranger:
            assert (await stranger.get(f"/api/v1/billing/{path}")).json()["total"] == 0


async def test_the_same_wish_gets_the_same_page(market: Any) -> None:
    first = await market.checked_out("starter", **{"Idempotency-Key": "one"})
    answer = await market.ask("POST", "/billing/checkout", {"plan": "starter", **PAGES}, **{"Idempotency-Key": "one"})
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert [answer.json(), await market.checked_out("starter")] == [first, first]
    reused = await market.ask("POST", "/billing/checkout", {"plan": "pro", **PAGES}, **{"Idempotency-Key": "one"})
    assert (reused.status_code, reused.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert await market.count("purchases") == 1


async def test_another_wish_closes_the_page_of_the_first(market: Any) -> None:
    first = await market.checked_out("starter")
    await market.checked_out("pro")
    assert market.simulator.books.get("checkout.session", first["checkout_id"])["status"] == "expired"
    states = await market.billing.rows("SELECT plan_type, state FROM purchases ORDER BY id")
    assert states == [{"plan_type": "starter", "state": "expired"}, {"plan_type": "pro", "state": "open"}]


async def test_nobody_has_two_subscriptions(market: Any) -> None:
    await market.bought("starter")
    second = await market.ask("POST", "/billing/subscription", {"plan": "pro", **PAGES})
    assert (second.status_code, second.json()["error"]["code"]) == (409, "already_subscribed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "free", **PAGES}, "plan"),
        ({"plan": "standard", **PAGES}, "plan"),
        ({"plan": "starter", **PAGES, "success_url": "https://evil.example/paid"}, "success_url"),
        ({"plan": "starter", **PAGES, "cancel_url": "http://127.0.0.1:8000@evil.example/"}, "cancel_url"),
        ({"plan": "starter", **PAGES, "cancel_url": "//evil.example/"}, "cancel_url"),
    ],
)
async def test_what_is_not_sold_and_where_nobody_returns_to(market: Any, body: Any, field: str) -> None:
    answer = await market.ask("POST", "/billing/checkout", body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert await market.count("purchases") == 0


async def test_a_renewal_begins_a_month_of_its_own(market: Any) -> None:
    id = await market.bought("starter")
    before = await market.account()
    await market.renewed(id)
    account = await market.account()
    assert account["period_start"] == before["period_end"]
    assert (account["settled"], account["plan_type"]) == (30, "starter")
    assert [each.what for each in market.billing.said(SubscriptionUpdated)] == ["renewed"]
    assert market.billing.said(UsageReset)[-1].period_start == account["period_start"]
    assert market.charges() == [49_900, 49_900]
    assert len(market.billing.said(PaymentSucceeded)) == 2
    await market.billing.check_books()


async def test_a_larger_plan_counts_at_once_and_its_difference_is_charged(market: Any) -> None:
    await market.bought("starter")
    await market.billing.tell(
        ReserveCredits(
            reservation_id=ids.uuid7(),
            run_id=ids.uuid7(),
            user_id=market.user_id,
            product_line="talkingphoto",
            credits=1,
            meter="workflows",
            units=1,
        )
    )
    market.billing.clock.advance(timedelta(days=15, hours=12))
    answer = await market.ask("PUT", "/billing/subscription", {"plan": "pro"}, **{"Idempotency-Key": "up"})
    assert (answer.status_code, answer.json()["plan"]) == (200, "pro")
    again = await market.ask("PUT", "/billing/subscription", {"plan": "pro"}, **{"Idempotency-Key": "up"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert market.charges() == [49_900, 50_000], "half of the month, half of the difference"
    account = await market.account()
    assert (account["plan_type"], account["used"], account["held"]) == ("pro", {"workflows": 1}, 1)
    assert market.billing.said(EntitlementsChanged)[-1].limits == {"workflows": -1}
    [changed] = market.billing.said(SubscriptionUpdated)
    assert (changed.what, changed.plan, changed.previous_plan) == ("plan_changed", "pro", "starter")


async def test_a_larger_plan_that_is_not_paid_for_is_not_given(market: Any) -> None:
    id = await market.bought("starter")
    market.simulator.books.declining.add(market.simulator.books.get("subscription", id)["customer"])
    answer = await market.ask("PUT", "/billing/subscription", {"plan": "pro"})
    assert (answer.json()["plan"], answer.json()["change_pending"]) == ("starter", True)
    assert (await market.account())["plan_type"] == "starter"


async def test_a_smaller_plan_counts_from_the_renewal(market: Any) -> None:
    id = await market.bought("pro")
    answer = await market.ask("PUT", "/billing/subscription", {"plan": "starter"})
    assert (answer.json()["plan"], answer.json()["next_plan"]) == ("pro", "starter")
    assert answer.json()["next_invoice"]["amount"] == "499.00"
    assert (await market.account())["plan_type"] == "pro"
    [planned] = market.billing.said(SubscriptionUpdated)
    assert (planned.what, planned.next_plan_name) == ("change_planned", "Starter")
    await market.renewed(id)
    assert (await market.account())["plan_type"] == "starter"
    assert market.charges() == [149_900, 49_900]
    await market.billing.check_books()


async def test_a_subscription_ends_with_what_was_paid_for(market: Any) -> None:
    id = await market.bought("starter")
    answer = await market.ask("POST", "/billing/subscription/cancel", {})
    assert (answer.json()["cancel_at_period_end"], answer.json()["plan"]) == (True, "starter")
    assert answer.json()["next_invoice"] is None
    resumed = await market.ask("POST", "/billing/subscription/resume")
    assert resumed.json()["cancel_at_period_end"] is False
    await market.ask("POST", "/billing/subscription/cancel", {})
    end = (await market.account())["period_end"]
    market.billing.clock.advance(end - market.billing.clock.now())
    shown = (await market.ask("GET", "/billing/subscription")).json()
    assert shown["plan"] == "free", "the moment is known: nobody has to be asked"
    await market.act("renew", id)
    account = await market.account()
    assert (account["plan_type"], account["period_start"], account["settled"]) == ("free", end, 3)
    assert [each.what for each in market.billing.said(SubscriptionUpdated)] == [
        "cancel_planned",
        "resumed",
        "cancel_planned",
    ]
    [ended] = market.billing.said(SubscriptionCancelled)
    assert ended.previous_plan == "starter"
    missing = await market.ask("POST", "/billing/subscription/cancel", {})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "no_subscription")
    await market.billing.check_books()


async def test_a_subscription_that_is_ended_at_once_ends_at_once(market: Any) -> None:
    await market.bought("pro")
    answer = await market.ask("POST", "/billing/subscription/cancel", {"at_once": True})
    assert (answer.json()["plan"], answer.json()["status"]) == ("free", "active")
    assert len(market.billing.said(SubscriptionCancelled)) == 1
    assert (await market.checked_out("starter"))["status"] == "open"


async def test_a_renewal_that_is_not_paid_keeps_the_plan_for_a_week(market: Any) -> None:
    id = await market.bought("starter")
    await market.renewed(id, paid=False)
    assert (await market.account())["plan_type"] == "starter"
    [failed] = market.billing.said(PaymentFailed)
    assert (failed.amount, failed.attempts, failed.plan) == (49_900, 1, "starter")
    [past_due] = market.billing.said(SubscriptionUpdated)
    start = (await market.account())["period_start"]
    assert (past_due.what, past_due.access_until) == ("past_due", start + timedelta(days=7))
    assert (await market.ask("GET", "/billing/subscription")).json()["status"] == "past_due"
    await market.act("retry", id)
    assert [each.attempts for each in market.billing.said(PaymentFailed)] == [1, 2]

    [month_end] = [part for part in market.billing.service.background if getattr(part, "name", None) == "month end"]
    [grace_end] = [part for part in market.billing.service.background if type(part).__name__ == "GraceEnd"]
    market.billing.clock.advance(timedelta(days=6))
    assert [await month_end.run_once(), await grace_end.run_once()] == [0, 0]
    market.billing.clock.advance(timedelta(days=1))
    assert [await month_end.run_once(), await grace_end.run_once()] == [1, 1]
    assert (await market.account())["plan_type"] == "free"
    [expired] = market.billing.said(SubscriptionExpired)
    assert expired.previous_plan == "starter"
    assert await grace_end.run_once() == 0, "once"

    await market.act("collect", id)
    assert (await market.account())["plan_type"] == "starter", "paid at last"
    assert market.billing.said(SubscriptionUpdated)[-1].what == "recovered"
    [payment, _] = (await market.ask("GET", "/billing/payments")).json()["items"]
    assert payment["status"] == "completed"
    await market.billing.check_books()


async def test_a_bank_that_says_later(market: Any) -> None:
    visit = await market.checked_out("starter")
    await market.act("pay", visit["checkout_id"], delayed=True)
    assert await market.billing.rows("SELECT state FROM purchases") == [{"state": "processing"}]
    await market.act("settle", visit["checkout_id"], paid=True)
    assert (await market.account())["plan_type"] == "starter"
    assert await market.billing.rows("SELECT state FROM purchases") == [{"state": "completed"}]


async def test_a_trial_costs_nothing_until_it_ends_and_comes_once(market: Any) -> None:
    await market.billing.execute("UPDATE plans SET trial_days = 14 WHERE plan_type = 'starter'")
    visit = await market.checked_out("starter")
    assert visit["trial_days"] == 14
    id = (await market.act("pay", visit["checkout_id"]))["subscription"]
    account = await market.account()
    assert (account["plan_type"], market.charges()) == ("starter", [])
    assert account["period_end"] - account["period_start"] == timedelta(days=14)
    [created] = market.billing.said(SubscriptionCreated)
    assert (created.status, created.trial_ends_at) == ("trialing", account["period_end"])
    await market.renewed(id)
    assert (market.charges(), (await market.account())["settled"]) == ([49_900], 30)
    await market.ask("POST", "/billing/subscription/cancel", {"at_once": True})
    assert (await market.checked_out("starter"))["trial_days"] == 0


async def test_a_year_has_twelve_months(market: Any) -> None:
    id = await market.bought("starter", "year")
    assert market.charges() == [499_000]
    starts = set()
    for _ in range(12):
        account = await market.account()
        starts.add(account["period_start"])
        assert (account["plan_type"], account["settled"]) == ("starter", 30)
        market.billing.clock.advance(account["period_end"] - market.billing.clock.now())
        [month_end] = [part for part in market.billing.service.background if getattr(part, "name", None) == "month end"]
        assert await month_end.run_once() == 1
    assert len(starts) == 12
    await market.renewed(id)
    assert market.charges() == [499_000, 499_000]
    await market.billing.check_books()


async def test_subscribers_keep_the_price_they_bought(market: Any) -> None:
    id = await market.bought("starter")
    await market.billing.execute("UPDATE plans SET price_monthly = 599 WHERE plan_type = 'starter'")
    market.billing.clock.advance(timedelta(minutes=2))
    await market.renewed(id)
    assert market.charges() == [49_900, 49_900]
    assert (await market.account())["plan_type"] == "starter"
    market.user_id = ids.uuid7()
    assert (await market.checked_out("starter"))["amount"] == "599.00"


async def test_the_portal_is_for_those_who_paid(market: Any) -> None:
    asked = {"return_url": "http://127.0.0.1:8000/"}
    assert (await market.ask("POST", "/billing/portal", asked)).status_code == 404
    await market.checked_out("starter")
    assert (await market.ask("POST", "/billing/portal", asked)).json()["url"].startswith("http")
    wrong = await market.ask("POST", "/billing/portal", {"return_url": "https://evil.example"})
    assert wrong.json()["error"]["code"] == "return_url_not_allowed"


async def test_without_a_processor_nothing_is_sold(billing: Any) -> None:
    async with billing.client(ids.uuid7()) as client:
        answer = await client.post("/api/v1/billing/checkout", json={"plan": "starter", **PAGES})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "nothing_for_sale")
