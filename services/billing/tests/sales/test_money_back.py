"""Credits that are bought outlive the month; what was paid for them and is given back takes them back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing.payments.money import Money, from_minor
from billing.payments.port import RefundRequest
from chassis import ids
from contracts.billing import (
    CreditsGranted,
    EntitlementsChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    ReserveCredits,
)
from contracts.users import UserRegistered


async def registered(market: Any) -> None:
    await market.billing.tell(
        UserRegistered(user_id=market.user_id, email="a@example.com", username="a", home_product_line="talkingphoto")
    )


async def topped_up(market: Any, plan: str = "starter") -> dict[str, Any]:
    """The purchase's row, paid for."""
    answer = await market.ask("POST", "/billing/credits/topup", {"plan_type": plan}, **{"Idempotency-Key": "top"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "checkout_needed")
    details = answer.json()["error"]["details"]
    assert details["checkout_url"].startswith("http")
    [row] = await market.billing.rows("SELECT * FROM purchases")
    await market.act("pay", row["checkout_id"])
    [row] = await market.billing.rows("SELECT * FROM purchases")
    return dict(row)


async def given_back(market: Any, row: dict[str, Any], minor: int | None = None) -> None:
    amount: Money | None = from_minor(minor, "INR") if minor is not None else None
    wanted = RefundRequest(reference=ids.uuid7(), payment_id=row["payment_id"], amount=amount)
    await market.stripe.refund(wanted, key=ids.uuid7())
    await market.settle()


async def test_a_top_up_adds_to_the_balance_and_gives_the_plan_for_a_month(market: Any) -> None:
    await registered(market)
    row = await topped_up(market)
    account = await market.account()
    assert (account["plan_type"], account["settled"], account["bought"]) == ("starter", 33, 30)
    until = market.billing.clock.now() + timedelta(days=31)
    assert (row["state"], account["plan_until"]) == ("completed", until)
    again = await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"}, **{"Idempotency-Key": "top"})
    assert again.json() == {
        "credits_balance": 33,
        "plan_type": "starter",
        "message": "30 credits were added.",
    }
    [paid] = market.billing.said(PaymentSucceeded)
    assert (paid.amount, paid.credits) == (49_900, 30)
    [granted] = [each for each in market.billing.said(CreditsGranted) if each.category == "bought"]
    assert (granted.credits, granted.available, granted.expires_at) == (30, 33, None)
    assert market.billing.said(EntitlementsChanged)[-1].limits == {"workflows": 30}
    shown = (await market.ask("GET", "/billing/subscription")).json()
    assert (shown["plan"], shown["next_invoice"], shown["interval"]) == ("starter", None, None)

    [month_end] = [part for part in market.billing.service.background if getattr(part, "name", None) == "month end"]
    for days, plan, settled in ((15, "starter", 33), (16, "free", 33), (15, "free", 33)):
        market.billing.clock.advance(timedelta(days=days))
        await month_end.run_once()
        account = await market.account()
        assert (account["plan_type"], account["settled"], account["bought"]) == (plan, settled, 30)
    await market.billing.check_books()


async def test_money_given_back_takes_the_credits_back(market: Any) -> None:
    await registered(market)
    row = await topped_up(market)
    await given_back(market, row, 24_950)
    assert ((await market.account())["bought"], (await market.account())["plan_type"]) == (15, "starter")
    await given_back(market, row)
    account = await market.account()
    assert (account["bought"], account["settled"], account["plan_type"]) == (0, 3, "free")
    told = market.billing.said(PaymentRefunded)
    assert [(each.amount, each.credits, each.in_full) for each in told] == [(24_950, 15, False), (24_950, 15, True)]
    [payment] = (await market.ask("GET", "/billing/payments")).json()["items"]
    assert (payment["status"], payment["refunded"]) == ("refunded", "499.00")
    await market.billing.check_books()


async def test_what_is_spent_or_held_is_not_taken_and_nothing_is_negative(market: Any) -> None:
    await registered(market)
    row = await topped_up(market)
    reserve = ReserveCredits(
        reservation_id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=market.user_id,
        product_line="talkingphoto",
        credits=23,
    )
    await market.billing.tell(reserve)
    await given_back(market, row)
    account = await market.account()
    assert (account["settled"], account["held"], account["bought"]) == (23, 23, 0)
    [told] = market.billing.said(PaymentRefunded)
    assert told.credits == 10
    await market.billing.check_books()


async def test_a_payment_that_the_bank_refuses_later_gives_nothing(market: Any) -> None:
    await registered(market)
    await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"})
    [row] = await market.billing.rows("SELECT * FROM purchases")
    await market.act("pay", row["checkout_id"], delayed=True)
    await market.act("settle", row["checkout_id"], paid=False)
    assert (await market.account())["settled"] == 3
    [failed] = market.billing.said(PaymentFailed)
    assert failed.amount == 49_900
    assert await market.billing.rows("SELECT state FROM purchases") == [{"state": "failed"}]


async def test_money_of_a_subscription_given_back_is_written_and_leaves_the_plan(market: Any) -> None:
    await market.bought("starter")
    [payment] = await market.billing.rows("SELECT * FROM payments")
    await given_back(market, {"payment_id": payment["processor_payment_id"]})
    [told] = market.billing.said(PaymentRefunded)
    assert (told.amount, told.in_full, told.credits) == (49_900, True, 0)
    assert (await market.account())["plan_type"] == "starter"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_accounts SET settled = -1",
        "UPDATE credit_accounts SET held = settled + 1",
        "UPDATE credit_accounts SET bought = settled + 1",
        "INSERT INTO ledger_entries (transfer_id, account, credits, kind, description, created_at) "
        "VALUES (gen_random_uuid(), 'user:x', 1, 'grant', 'from nowhere', now())",
        "UPDATE ledger_entries SET credits = 0",
        "DELETE FROM ledger_entries",
        "UPDATE payments SET refunded_minor = amount_minor + 1",
        "UPDATE payments SET amount_minor = 0",
        "UPDATE purchases SET taken_back = credits + 1",
        "INSERT INTO ledger_entries (transfer_id, account, credits, kind, description, reference, created_at) "
        "SELECT gen_random_uuid(), account, credits, kind, description, reference, now() FROM ledger_entries "
        "WHERE kind = 'purchase' AND account LIKE 'user:%'",
    ],
)
async def test_the_database_refuses_a_wrong_state(market: Any, statement: str) -> None:
    await registered(market)
    await topped_up(market)
    with pytest.raises(Exception, match=r"violates|append-only|sum to zero"):
        await market.billing.execute(statement)
