"""localstripe, written by others, against the adapter and the official client: what it has of Stripe.

It knows customers, plans, subscriptions, invoices, payments, refunds and signed webhooks in the shape of 2017; no
payment pages, portal, prices or idempotency keys. The adapter reads that old shape too: endpoints keep their version.
"""

from __future__ import annotations

import http.server
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from billing.payments.events import SubscriptionReported, envelope, fact_of
from billing.payments.money import Money
from billing.payments.objects import BadSignature
from billing.payments.port import FailureClass, NewCustomer, PaymentFailure, RefundRequest, SubscriptionStatus
from billing.payments.stripe.adapter import Stripe
from billing.payments.stripe.signature import verify
from chassis import ids

KEY = "sk_test_localstripe"
HOOK = "whsec_localstripe"
_DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("localstripe_process.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            until = time.monotonic() + _DEADLINE_S
            while True:
                try:
                    httpx.get(f"{url}/v1/customers", auth=(KEY, ""))
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until, "localstripe does not answer"
            yield url
        finally:
            process.terminate()
            process.wait(_DEADLINE_S)


@pytest.fixture
def client(address: str) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": address}, max_network_retries=0)


@pytest.fixture
def adapter(address: str, adapters: Any) -> Stripe:
    made: Stripe = adapters.at(address, key=KEY)
    return made


@pytest.fixture
def card(client: stripe.StripeClient) -> str:
    details: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    return client.v1.payment_methods.create({"type": "card", "card": details}).id


@pytest.fixture
def plan(client: stripe.StripeClient) -> str:
    name = f"plan-{ids.uuid7().hex}"
    wanted: Any = {"id": name, "amount": 49_900, "currency": "inr", "interval": "month", "product": {"name": "Starter"}}
    return client.v1.plans.create(wanted).id


async def a_customer(adapter: Stripe) -> str:
    wanted = NewCustomer(user_id=ids.uuid7(), email="payer@example.com", name="A. Payer")
    return await adapter.create_customer(wanted, key=ids.uuid7())


def subscribed(client: stripe.StripeClient, customer: str, card: str, plan: str) -> Any:
    client.v1.payment_methods.attach(card, {"customer": customer})
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": card}})
    items: Any = [{"plan": plan}]
    return client.v1.subscriptions.create({"customer": customer, "items": items})


async def test_a_customer_the_adapter_makes_is_one_the_official_client_finds(
    adapter: Stripe, client: stripe.StripeClient
) -> None:
    made = client.v1.customers.retrieve(await a_customer(adapter))
    assert (made.email, made.name) == ("payer@example.com", "A. Payer")
    assert made.metadata is not None
    assert made.metadata.to_dict().keys() == {"user_id"}


async def test_a_subscription_is_read_ended_taken_back_and_ended_at_once(
    adapter: Stripe, client: stripe.StripeClient, card: str, plan: str
) -> None:
    customer = await a_customer(adapter)
    id = subscribed(client, customer, card, plan).id
    held = (await adapter.subscription(id)).subscription
    assert (held.status, held.customer_id) == (SubscriptionStatus.ACTIVE, customer)
    assert (held.price_id, held.interval) == (plan, "month")
    assert held.period_start is not None
    assert held.period_end is not None
    assert 27 < (held.period_end - held.period_start).days < 32
    ending = await adapter.cancel_subscription(id, at_once=False, key=ids.uuid7())
    assert (ending.cancel_at_period_end, ending.ends_at) == (True, ending.period_end)
    assert (await adapter.resume_subscription(id, key=ids.uuid7())).ends_at is None
    ended = await adapter.cancel_subscription(id, at_once=True, key=ids.uuid7())
    assert ended.status is SubscriptionStatus.CANCELED
    assert ended.ended_at is not None


async def test_money_goes_back(adapter: Stripe, client: stripe.StripeClient, card: str) -> None:
    customer = await a_customer(adapter)
    client.v1.payment_methods.attach(card, {"customer": customer})
    paid = client.v1.payment_intents.create(
        {"amount": 99_900, "currency": "inr", "customer": customer, "payment_method": card, "confirm": True}
    )
    assert paid.status == "succeeded"
    wanted = RefundRequest(reference=ids.uuid7(), payment_id=paid.id, amount=Money(Decimal("99"), "INR"))
    made = await adapter.refund(wanted, key=ids.uuid7())
    assert (made.status, made.amount, made.reference) == ("succeeded", wanted.amount, wanted.reference)
    assert await adapter.find_refund(wanted.reference, paid.id) == made
    assert await adapter.find_refund(ids.uuid7(), paid.id) is None


async def test_its_refusals_have_our_classes(adapter: Stripe, address: str, adapters: Any) -> None:
    with pytest.raises(PaymentFailure) as missing:
        await adapter.subscription("sub_none")
    assert missing.value.kind is FailureClass.NOT_FOUND
    with pytest.raises(PaymentFailure) as wrong:
        await adapter.refund(RefundRequest(reference=ids.uuid7(), payment_id="no_payment"), key=ids.uuid7())
    assert wrong.value.kind is FailureClass.INVALID
    with pytest.raises(PaymentFailure) as stranger:
        await adapters.at(address, key="nobody").subscription("sub_none")
    assert stranger.value.kind is FailureClass.AUTH


async def test_its_webhooks_are_signed_and_read(
    adapter: Stripe, client: stripe.StripeClient, address: str, card: str, plan: str
) -> None:
    """Its deliveries go through our check, our reader and the official library's."""
    came: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.put((self.headers["stripe-signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            wanted = ["customer.subscription.created", "customer.subscription.deleted"]
            chosen = {"url": f"http://127.0.0.1:{server.server_port}/", "secret": HOOK, "events": wanted}
            async with httpx.AsyncClient() as http_client:
                (await http_client.post(f"{address}/_config/webhooks/one", json=chosen)).raise_for_status()
            held = subscribed(client, await a_customer(adapter), card, plan)
            client.v1.subscriptions.cancel(held.id)
            reported: list[tuple[int, SubscriptionStatus]] = []
            while len(reported) < len(wanted):
                header, body = came.get(timeout=_DEADLINE_S)
                verify(body, header, [HOOK], now=time.time())
                with pytest.raises(BadSignature):
                    verify(body, header, ["whsec_other"], now=time.time())
                official = stripe.Webhook.construct_event(body, header, HOOK)
                event = envelope(body)
                assert (event.id, event.type) == (official.id, official.type)
                fact = fact_of(event)
                assert isinstance(fact, SubscriptionReported)
                # It delivers a second later: what other tests did may still come.
                if fact.subscription.id == held.id:
                    reported.append((fact.rank, fact.subscription.status))
            assert sorted(reported) == [(0, SubscriptionStatus.ACTIVE), (2, SubscriptionStatus.CANCELED)]
        finally:
            server.shutdown()
