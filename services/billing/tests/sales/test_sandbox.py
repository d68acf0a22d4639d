"""The sandbox: everything that can be bought through Stripe, bought on a page of ours with no money moved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from billing.composition import SPEC
from chassis import ids
from chassis.testing.slices import DatabaseFor, slice_of
from contracts.billing import (
    CaptureCredits,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    ReserveCredits,
    SubscriptionExpired,
)
from contracts.users import UserRegistered

from ..conftest import Billing

HOME = "http://127.0.0.1:8000"
PAGES = {"success_url": f"{HOME}/paid?s={{CHECKOUT_SESSION_ID}}", "cancel_url": f"{HOME}/plans"}


class Embedded(Billing):
    """Billing as it runs on one machine."""

    user_id: UUID

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        async with self.client(self.user_id, **headers) as client:
            return await client.request(method, f"/api/v1/billing{path}", json=body)

    async def press(self, url: str, action: str, of: str = "") -> Any:
        async with self.client() as client:
            return await client.post(url.removeprefix(HOME) + f"/{action}", params={"of": of} if of else {})

    async def page(self, url: str) -> str:
        async with self.client() as client:
            answer = await client.get(url.removeprefix(HOME))
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        return str(answer.text)

    async def months(self, days: float) -> None:
        self.clock.advance(timedelta(days=days))
        for name in ("Renewals", "month end", "GraceEnd"):
            [part] = [part for part in self.service.background if getattr(part, "name", type(part).__name__) == name]
            await part.round()

    async def mine(self) -> dict[str, Any]:
        return dict(await self.account(self.user_id))


@pytest_asyncio.fixture(loop_scope="session")
async def embedded(database_for: DatabaseFor) -> AsyncIterator[Embedded]:
    async with slice_of(SPEC, database_for, Embedded, settings={"sandbox_payments": True}) as billing:
        billing.user_id = ids.uuid7()
        await billing.tell(
            UserRegistered(
                user_id=billing.user_id, email="a@example.com", username="a", home_product_line="talkingphoto"
            )
        )
        yield billing


def reserve(user_id: UUID) -> ReserveCredits:
    return ReserveCredits(
        reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=user_id, product_line="talkingphoto", credits=1,
        meter="workflows", units=1,
    )  # fmt: skip


def capture(held: ReserveCredits) -> CaptureCredits:
    return CaptureCredits(reservation_id=held.reservation_id, run_id=held.run_id, credits=1)


async def subscribed(embedded: Embedded, plan: str = "starter") -> str:
    url: str = (await embedded.ask("POST", "/checkout", {"plan": plan, **PAGES})).json()["checkout_url"]
    assert (await embedded.press(url, "pay")).status_code == 303
    return url


async def test_a_plan_is_paid_for_on_the_page(embedded: Embedded) -> None:
    begun = await embedded.ask("POST", "/subscription", {"plan": "starter", **PAGES})
    assert (begun.status_code, begun.headers["location"]) == (201, "/api/v1/billing/subscription")
    answer = begun.json()
    url = answer["checkout_url"]
    page = await embedded.page(url)
    assert "Starter plan" in page
    assert "499.00 INR" in page
    assert not re.search(r"(src|href)=\"(?!http://127)", page), "nothing from elsewhere"
    declined = await embedded.press(url, "decline")
    assert "declined" in declined.text
    assert (await embedded.mine())["plan_type"] == "free"
    paid = await embedded.press(url, "pay")
    assert (paid.status_code, paid.headers["location"]) == (303, f"{HOME}/paid?s={answer['checkout_id']}")
    assert (await embedded.press(url, "pay")).headers["location"] == paid.headers["location"], "pressed twice"
    shown = await embedded.page(url)
    assert "This is paid" in shown
    assert paid.headers["location"] in shown
    account = await embedded.mine()
    assert (account["plan_type"], account["settled"]) == ("starter", 30)
    [told] = embedded.said(PaymentSucceeded)
    assert (told.amount, told.currency) == (49_900, "INR")
    assert (await embedded.ask("GET", "/payments")).json()["total"] == 1
    await embedded.check_books()


async def test_a_year_of_the_same_plan_counts_at_once(embedded: Embedded) -> None:
    """Though a month of it costs less: it is paid for now."""
    await subscribed(embedded)
    embedded.clock.advance(timedelta(days=10))
    moved = await embedded.ask("PUT", "/subscription", {"plan": "starter", "interval": "year"})
    assert (moved.status_code, moved.json()["interval"], moved.json()["next_plan"]) == (200, "year", None), moved.text
    paid = [event.amount for event in embedded.said(PaymentSucceeded)]
    assert paid[0] == 49_900
    assert 499_000 - 49_900 < paid[1] < 499_000, "less what was left of the month"
    await embedded.check_books()


async def test_thirteen_months_go_by(embedded: Embedded) -> None:
    """Each renews, begins its count anew, and ends what was given until a day of it; what lasts lasts."""
    await subscribed(embedded)
    ledger = embedded.service.app.state.ledger
    key = (embedded.user_id, "talkingphoto")
    async with embedded.database.transaction() as tx:
        await ledger.grant(key, 4, "For good", ids.uuid7(), tx)
    held_over: ReserveCredits | None = None
    for month in range(1, 14):
        async with embedded.database.transaction() as tx:
            await ledger.grant(key, 7, "For ten days", ids.uuid7(), tx, expires_at=tx.now + timedelta(days=10))
        orders = [reserve(embedded.user_id) for _ in range(3)]
        await embedded.tell(*orders)
        settled = [*orders[:2], *([held_over] if held_over else [])]
        await embedded.tell(*(capture(each) for each in settled))
        held_over = orders[2]
        account = await embedded.mine()
        assert (account["bought"], account["used"]) == (11, {"workflows": 3}), f"month {month}"
        await embedded.months(31)
        account = await embedded.mine()
        assert (account["plan_type"], account["settled"], account["held"]) == ("starter", 35, 1), f"month {month}"
        assert (account["bought"], account["used"]) == (4, {})
        assert account["period_start"] <= embedded.clock.now() < account["period_end"], f"month {month}"
        await embedded.check_books()
    assert len(embedded.said(PaymentSucceeded)) == 14
    assert (await embedded.ask("GET", "/invoices", None)).json()["total"] == 14
    counted = await embedded.rows("SELECT used FROM usage_counters")
    assert [row["used"] for row in counted] == [3] * 13
    spent = await embedded.rows("SELECT sum(credits)::bigint AS n FROM ledger_entries WHERE account = 'platform:spent'")
    assert spent == [{"n": 13 * 2 + 12}]


async def test_up_at_once_down_with_the_renewal_and_out_with_the_period(embedded: Embedded) -> None:
    await subscribed(embedded)
    up = (await embedded.ask("PUT", "/subscription", {"plan": "pro"})).json()
    assert up["plan"] == "pro"
    down = (await embedded.ask("PUT", "/subscription", {"plan": "starter"})).json()
    assert (down["plan"], down["next_plan"]) == ("pro", "starter")
    await embedded.months(31)
    assert (await embedded.mine())["plan_type"] == "starter"
    ending = (await embedded.ask("POST", "/subscription/cancel", {})).json()
    assert ending["cancel_at_period_end"] is True
    await embedded.months(31)
    assert (await embedded.mine())["plan_type"] == "free"
    await embedded.check_books()


async def test_renewals_that_the_bank_refuses(embedded: Embedded) -> None:
    await subscribed(embedded)
    url = (await embedded.ask("POST", "/portal", {"return_url": f"{HOME}/"})).json()["url"]
    assert "499.00 INR a month: active" in await embedded.page(url)
    await embedded.press(url, "refuse-next")
    await embedded.months(31)
    assert len(embedded.said(PaymentFailed)) == 1
    assert (await embedded.mine())["plan_type"] == "starter"
    await embedded.months(7)
    assert (await embedded.mine())["plan_type"] == "free"
    assert len(embedded.said(SubscriptionExpired)) == 1
    [held] = re.findall(r"sub_sandbox_[0-9a-f]{32}", await embedded.page(url))[:1]
    await embedded.press(url, "collect", held)
    assert (await embedded.mine())["plan_type"] == "starter"
    await embedded.check_books()


async def test_a_payment_is_given_back_on_the_customers_page(embedded: Embedded) -> None:
    refused = await embedded.ask("POST", "/credits/topup", {"plan_type": "starter"})
    await embedded.press(refused.json()["error"]["details"]["checkout_url"], "pay")
    assert (await embedded.mine())["bought"] == 30
    url = (await embedded.ask("POST", "/portal", {"return_url": f"{HOME}/"})).json()["url"]
    [charge] = set(re.findall(r"ch_sandbox_[0-9a-f]{32}", await embedded.page(url)))
    assert (await embedded.press(url, "refund", charge)).status_code == 303
    assert (await embedded.mine())["bought"] == 0
    [told] = embedded.said(PaymentRefunded)
    assert told.in_full
    assert (await embedded.press(url, "refund", charge)).status_code == 404, "once"
    await embedded.check_books()


async def test_credits_are_confirmed_at_once_for_whoever_has_paid_here_before(embedded: Embedded) -> None:
    refused = await embedded.ask("POST", "/credits/topup", {"plan_type": "starter"})
    await embedded.press(refused.json()["error"]["details"]["checkout_url"], "pay")
    for _ in range(2):
        again = await embedded.ask("POST", "/credits/topup", {"plan_type": "starter"}, **{"Idempotency-Key": "again"})
        assert (again.status_code, again.json()["credits_balance"]) == (200, 63)
    url = (await embedded.ask("POST", "/portal", {"return_url": f"{HOME}/"})).json()["url"]
    assert len(set(re.findall(r"ch_sandbox_[0-9a-f]{32}", await embedded.page(url)))) == 2
    await embedded.press(url, "refuse-next")
    declined = await embedded.ask("POST", "/credits/topup", {"plan_type": "starter"})
    assert (declined.status_code, declined.json()["error"]["code"]) == (402, "checkout_needed")
    assert (await embedded.mine())["bought"] == 60
    await embedded.check_books()


@pytest.mark.parametrize("id", ["cs_sandbox_" + "0" * 32, "cus_sandbox_" + "0" * 32, "nothing"])
async def test_what_is_not_there(embedded: Embedded, id: str) -> None:
    async with embedded.client() as client:
        assert (await client.get(f"/api/v1/billing/sandbox/{id}")).status_code in (404, 422)
        assert (await client.post(f"/api/v1/billing/sandbox/{id}/pay")).status_code in (404, 422)


async def test_another_customers_payment_is_not_given_back(embedded: Embedded) -> None:
    await subscribed(embedded)
    url = (await embedded.ask("POST", "/portal", {"return_url": f"{HOME}/"})).json()["url"]
    [charge] = set(re.findall(r"ch_sandbox_[0-9a-f]{32}", await embedded.page(url)))
    embedded.user_id = ids.uuid7()
    await embedded.ask("POST", "/checkout", {"plan": "starter", **PAGES})
    other = (await embedded.ask("POST", "/portal", {"return_url": f"{HOME}/"})).json()["url"]
    assert (await embedded.press(other, "refund", charge)).status_code == 404
    assert not embedded.said(PaymentRefunded)
