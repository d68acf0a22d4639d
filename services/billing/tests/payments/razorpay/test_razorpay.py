"""Razorpay through its official client, against a simulator on a socket: what is bought, renewed, given back, lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr

from billing.composition import SPEC
from billing.payments.endpoints import RAZORPAY_PATH
from billing.payments.money import Money
from billing.payments.objects import BadSignature, Unreadable
from billing.payments.port import (
    CreditsCheckout,
    FailureClass,
    NewCustomer,
    PaymentFailure,
    PlanPrice,
    Purchase,
    RefundRequest,
)
from billing.payments.razorpay.adapter import Razorpay
from billing.payments.razorpay.client import Calls
from billing.payments.razorpay.reports import RAZORPAY, verify
from billing.payments.reconciliation import Reconciliation, replay
from chassis import ids
from chassis.settings import load
from chassis.testing.served import served
from chassis.testing.slices import DatabaseFor, slice_of
from contracts.billing import PaymentRefunded, PaymentSucceeded
from contracts.users import UserDeletionRequested
from simulators.core.faults import Fault
from simulators.vendors.razorpay import server as simulated

KEY_ID, KEY_SECRET, HOOK_SECRET = "rzp_test_planted", "planted-secret-9d2", "planted-hook-4e1"
HOME = "http://127.0.0.1:8000"
PAGES = {"success_url": f"{HOME}/paid", "cancel_url": f"{HOME}/plans"}


@dataclass
class Bazaar:
    """Billing that sells through Razorpay, and Razorpay's account on the other side of it."""

    billing: Any
    simulator: simulated.Razorpay
    user_id: UUID = field(default_factory=ids.uuid7)

    @property
    def processor(self) -> Razorpay:
        found: Razorpay = self.billing.service.app.state.processor
        return found

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.billing.client(self.user_id) as client:
            return await client.request(method, f"/api/v1/billing{path}", json=body)

    async def account(self) -> dict[str, Any]:
        return dict(await self.billing.account(self.user_id))

    async def settle(self) -> None:
        [reader] = [part for part in self.billing.service.background if type(part).__name__ == "SubscriptionReader"]
        for _ in range(5):
            if not await reader.run_once():
                return
        raise AssertionError("doubt does not end")

    async def deliver(self, body: bytes) -> int:
        signature = simulated.hmac.digest(HOOK_SECRET.encode(), body, "sha256").hex()
        async with self.billing.client() as client:
            headers = {"x-razorpay-signature": signature, "content-type": "application/json"}
            return int((await client.post(RAZORPAY_PATH, content=body, headers=headers)).status_code)


@pytest_asyncio.fixture(loop_scope="session")
async def bazaar(database_for: DatabaseFor) -> AsyncIterator[Bazaar]:
    from ...conftest import Billing

    made: list[Bazaar] = []

    async def hand_over(url: str, headers: Mapping[str, str], body: bytes) -> int:
        async with made[0].billing.client() as client:
            return int((await client.post(RAZORPAY_PATH, content=body, headers=dict(headers))).status_code)

    simulator = simulated.Razorpay(
        key=f"{KEY_ID}:{KEY_SECRET}",
        deliver=hand_over,
        now=lambda: made[0].billing.clock.now().timestamp() if made else 1_700_000_000,
    )
    async with served(simulator.app) as address:
        settings = {
            "razorpay_key_id": KEY_ID,
            "razorpay_key_secret": KEY_SECRET,
            "razorpay_webhook_secret": f"older,{HOOK_SECRET}",
            "razorpay_base_url": address,
            "allowed_origins": [HOME],
        }
        async with slice_of(SPEC, database_for, Billing, settings=settings) as billing:
            made.append(Bazaar(billing, simulator))
            simulator.hook = ("http://billing", HOOK_SECRET)
            yield made[0]
            await made[0].processor.calls.close()


async def topped_up(bazaar: Bazaar) -> dict[str, Any]:
    answer = await bazaar.ask("POST", "/credits/topup", {"plan_type": "starter"})
    assert answer.status_code == 402, answer.text
    assert answer.json()["error"]["details"]["checkout_url"].startswith("https://rzp.io/i/plink_")
    [bought] = await bazaar.billing.rows("SELECT * FROM purchases WHERE state = 'open'")
    await bazaar.simulator.act("pay", bought["checkout_id"])
    return dict(bought)


async def subscribed(bazaar: Bazaar) -> str:
    answer = await bazaar.ask("POST", "/checkout", {"plan": "starter", "interval": "month", **PAGES})
    assert answer.status_code == 200, answer.text
    id: str = answer.json()["checkout_id"]
    await bazaar.simulator.act("pay", id)
    await bazaar.settle()
    return id


async def test_credits_are_bought_on_a_payment_link_and_given_back(bazaar: Bazaar) -> None:
    await topped_up(bazaar)
    account = await bazaar.account()
    assert (account["plan_type"], account["bought"]) == ("starter", 30)
    [payment] = await bazaar.billing.rows("SELECT * FROM payments")
    assert (payment["processor"], payment["amount_minor"], payment["currency"]) == ("razorpay", 49_900, "INR")
    key = ids.uuid7()
    wanted = RefundRequest(reference=key, payment_id=payment["processor_payment_id"])
    made = [await bazaar.processor.refund(wanted, key=key) for _ in range(2)]
    assert made[0] == made[1] == await bazaar.processor.find_refund(key, payment["processor_payment_id"])
    assert (await bazaar.account())["bought"] == 0
    assert [event.amount for event in bazaar.billing.said(PaymentRefunded)] == [49_900]
    await bazaar.billing.check_books()


async def test_a_subscription_gives_its_plan_renews_falls_behind_and_ends(bazaar: Bazaar) -> None:
    id = await subscribed(bazaar)
    account = await bazaar.account()
    assert (account["plan_type"], account["settled"]) == ("starter", 30)
    seen = (await bazaar.ask("GET", "/subscription")).json()
    assert (seen["plan"], seen["status"], seen["interval"]) == ("starter", "active", "month")
    [invoice] = (await bazaar.ask("GET", "/invoices")).json()["items"]
    assert (invoice["amount"], invoice["status"]) == ("499.00", "paid")
    assert invoice["page_url"].startswith("https://rzp.io/i/")
    for paid, status in ((True, "active"), (False, "past_due"), (True, "active")):
        bazaar.billing.clock.advance(timedelta(days=30, minutes=1))
        await bazaar.simulator.act("renew", id, paid=paid)
        await bazaar.settle()
        assert (await bazaar.ask("GET", "/subscription")).json()["status"] == status
    assert len(bazaar.billing.said(PaymentSucceeded)) == 3
    cancelled = await bazaar.ask("POST", "/subscription/cancel", {"at_once": True})
    assert cancelled.status_code == 200, cancelled.text
    await bazaar.settle()
    assert (await bazaar.account())["plan_type"] == "free"
    await bazaar.billing.check_books()


async def test_a_dearer_plan_counts_at_once_and_a_cheaper_one_with_the_renewal(bazaar: Bazaar) -> None:
    id = await subscribed(bazaar)
    dearer = await bazaar.ask("PUT", "/subscription", {"plan": "pro", "interval": "month"})
    assert (dearer.status_code, dearer.json()["plan"]) == (200, "pro"), dearer.text
    cheaper = await bazaar.ask("PUT", "/subscription", {"plan": "starter", "interval": "month"})
    assert (cheaper.json()["plan"], cheaper.json()["next_plan"]) == ("pro", "starter")
    bazaar.billing.clock.advance(timedelta(days=30, minutes=1))
    await bazaar.simulator.act("renew", id)
    await bazaar.settle()
    assert (await bazaar.account())["plan_type"] == "starter"


async def test_shuffled_doubled_lost_and_fetched_they_end_in_one_state(bazaar: Bazaar) -> None:
    """What the webhooks say, in any order and twice; with every third lost, what is listed says the rest."""
    bazaar.simulator.hook = None
    await topped_up(bazaar)
    answer = await bazaar.ask("POST", "/checkout", {"plan": "starter", "interval": "month", **PAGES})
    id = answer.json()["checkout_id"]
    await bazaar.simulator.act("pay", id)
    bodies = list(bazaar.simulator.books.events)
    assert len(bodies) == 7

    async def state() -> list[Any]:
        await bazaar.settle()
        await bazaar.billing.check_books()
        account = await bazaar.account()
        payments = await bazaar.billing.rows(
            "SELECT processor_payment_id, amount_minor, status FROM payments ORDER BY processor_payment_id"
        )
        return [{name: account[name] for name in ("plan_type", "settled", "bought", "used")}, payments]

    async def forget() -> None:
        await bazaar.billing.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_is_append_only")
        for table in ("payment_events", "payment_subscriptions", "payments", "payment_facts", "invoices"):
            await bazaar.billing.execute(f"DELETE FROM {table}")  # noqa: S608
        await bazaar.billing.execute("DELETE FROM ledger_entries")
        await bazaar.billing.execute("DELETE FROM credit_accounts")
        await bazaar.billing.execute("ALTER TABLE ledger_entries ENABLE TRIGGER ledger_is_append_only")
        await bazaar.billing.execute("UPDATE purchases SET state = 'open', payment_id = NULL, gives_until = NULL")

    for body in bodies:
        assert await bazaar.deliver(body) == 200
    wanted = await state()
    assert (wanted[0]["plan_type"], wanted[0]["bought"], len(wanted[1])) == ("starter", 30, 2)
    for seed in range(6):
        await forget()
        random = Random(seed)
        order = random.sample(bodies * 2, len(bodies) * 2)
        for body in order:
            assert await bazaar.deliver(body) == 200
        assert await state() == wanted, f"seed {seed}"
    inbox = bazaar.billing.service.app.state.razorpay_inbox
    for lost in range(3):
        await forget()
        for number, body in enumerate(bodies):
            if number % 3 != lost:
                await bazaar.deliver(body)
        await Reconciliation(bazaar.billing.database, bazaar.processor, inbox).run_once()
        assert await state() == wanted, f"every third from {lost} was lost"
    assert (await replay(bazaar.billing.database, inbox)).total() > 0
    assert await state() == wanted


async def test_who_is_forgotten_is_charged_no_more(bazaar: Bazaar) -> None:
    id = await subscribed(bazaar)
    request = UserDeletionRequested(user_id=bazaar.user_id, ask=1)
    await bazaar.billing.tell(request)
    await bazaar.billing.tell(request)
    [endings] = [part for part in bazaar.billing.service.background if getattr(part, "name", None) == "endings"]
    bazaar.simulator.plan.script("change", [Fault.SERVER_ERROR])
    assert await endings.run_once() == 0, "their side had a problem"
    assert await endings.run_once() == 1
    assert await endings.run_once() == 0
    assert bazaar.simulator.books.tables["subscription"][id]["status"] == "cancelled"
    [decision] = await bazaar.billing.rows("SELECT * FROM payment_decisions WHERE kind = 'erasure'")
    assert decision["outcome"] == "done"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.AUTH, FailureClass.AUTH),
        (Fault.THROTTLED, FailureClass.THROTTLED),
        (Fault.BAD_INPUT, FailureClass.INVALID),
        (Fault.SERVER_ERROR, FailureClass.UNKNOWN_OUTCOME),
        (Fault.GATEWAY_AFTER, FailureClass.UNKNOWN_OUTCOME),
        (Fault.GARBLED, FailureClass.UNKNOWN_OUTCOME),
        (Fault.DROP_AFTER, FailureClass.UNKNOWN_OUTCOME),
    ],
)
async def test_whatever_goes_wrong_a_link_is_made_once(
    bazaar: Bazaar, fault: Fault, kind: FailureClass, capfd: pytest.CaptureFixture[str]
) -> None:
    purchase = Purchase(id=ids.uuid7(), user_id=bazaar.user_id, product_line="talkingphoto")
    wanted = CreditsCheckout(
        purchase=purchase, customer_id="", credits=30, price=Money(Decimal("499"), "INR"), description="30 credits",
        **PAGES,
    )  # fmt: skip
    bazaar.simulator.plan.script("payment_link", [fault])
    with pytest.raises(PaymentFailure) as failed:
        await bazaar.processor.check_out_credits(wanted, key=purchase.id)
    assert failed.value.kind is kind
    assert KEY_SECRET not in f"{failed.value!r} {failed.value} {capfd.readouterr()}"
    made = [await bazaar.processor.check_out_credits(wanted, key=purchase.id) for _ in range(2)]
    assert made[0] == made[1] == await bazaar.processor.find_checkout(purchase.id, "")
    links = list(bazaar.simulator.books.tables["payment_link"].values())
    assert [link["reference_id"] for link in links] == [str(purchase.id)]
    closed = await bazaar.processor.close_checkout(made[0].id, key=purchase.id)
    assert (closed.status, (await bazaar.processor.close_checkout(made[0].id, key=purchase.id)).status) == (
        "expired",
        "expired",
    )


async def test_prices_and_customers_are_made_known_once(bazaar: Bazaar) -> None:
    price = PlanPrice(id=ids.uuid7(), name="Starter", amount=Money(Decimal("499"), "INR"), interval="month")
    assert len({await bazaar.processor.plan_price(price, key=price.id) for _ in range(2)}) == 1
    someone = NewCustomer(user_id=ids.uuid7(), email="asha@example.com", name="Asha")
    known = {await bazaar.processor.create_customer(someone, key=ids.uuid7()) for _ in range(2)}
    assert known == {await bazaar.processor.find_customer(someone.user_id, someone.email)}
    assert await bazaar.processor.find_customer(ids.uuid7(), "nobody@example.com") is None


async def test_nobody_listens_where_nothing_answers() -> None:
    calls = Calls("http://127.0.0.1:9", KEY_ID, SecretStr(KEY_SECRET))
    with pytest.raises(PaymentFailure) as failed:
        await Razorpay(calls).checkout("plink_1")
    assert failed.value.kind is FailureClass.TRANSIENT
    await calls.close()


async def test_what_is_not_signed_by_razorpay_is_refused_and_told_nothing(bazaar: Bazaar) -> None:
    body = b'{"entity":"event","event":"payment_link.paid","created_at":1,"payload":{}}'
    async with bazaar.billing.client() as client:
        for signature in (None, "", "0" * 64, "\xe4", "a" * 500):
            headers = {} if signature is None else {"x-razorpay-signature": signature.encode("latin-1")}
            answer = await client.post(RAZORPAY_PATH, content=body, headers=headers)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["error"]["message"]) == (400, "This cannot be accepted.")
    assert await bazaar.billing.rows("SELECT id FROM payment_events") == []
    with pytest.raises(BadSignature):
        verify(b"\xff", "0" * 64, [HOOK_SECRET], now=0)
    for broken in (b"[]", b"{", b'{"entity":"event"}', b'{"entity":"event","event":"x","payload":{}}'):
        with pytest.raises(Unreadable):
            RAZORPAY.envelope(broken)


@pytest.mark.parametrize(
    ("stripe", "razorpay", "said", "taken"),
    [
        (True, True, None, "stripe"),
        (True, True, "razorpay", "razorpay"),
        (True, False, "razorpay", "stripe"),
        (False, True, None, "razorpay"),
        (False, False, None, "sandbox"),
    ],
)
def test_who_takes_the_money(stripe: bool, razorpay: bool, said: str | None, taken: str) -> None:
    keys: dict[str, Any] = {"stripe_secret_key": "sk_test_planted"} if stripe else {}
    if razorpay:
        keys |= {"razorpay_key_id": KEY_ID, "razorpay_key_secret": KEY_SECRET}
    assert load(SPEC.settings, env="test", sandbox_payments=True, payment_processor=said, **keys).processor == taken
