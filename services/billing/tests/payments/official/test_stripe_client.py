"""``stripe`` against the simulator on a socket: what it sends is taken, what comes back it understands."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe
from stripe import StripeClient

from billing.payments.stripe.signature import verify
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.serve import Served, serving
from simulators.vendors.stripe.server import VERSION, Stripe
from simulators.vendors.stripe.webhooks import signature

URLS: Any = {"success_url": "https://app.example.com/paid", "cancel_url": "https://app.example.com/plans"}


@pytest.fixture(scope="module")
def vendor() -> Iterator[Served]:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([Stripe()]) as served:
        yield served["stripe"]


@pytest.fixture
def account(vendor: Served) -> Stripe:
    vendor.simulator.plan.clear()
    assert isinstance(vendor.simulator, Stripe)
    return vendor.simulator


def client_of(vendor: Served, *, key: str | None = None, retries: int = 0) -> StripeClient:
    return StripeClient(
        key or vendor.simulator.key,
        base_addresses={"api": vendor.url},
        max_network_retries=retries,
    )


@pytest.fixture
def client(vendor: Served, account: Stripe) -> StripeClient:
    return client_of(vendor)


@pytest.fixture
def price(client: StripeClient) -> str:
    product = client.v1.products.create({"name": "Starter"})
    made = client.v1.prices.create(
        {"product": product.id, "currency": "inr", "unit_amount": 49_900, "recurring": {"interval": "month"}}
    )
    return made.id


def a_customer(client: StripeClient, *, key: str | None = None) -> Any:
    wanted: Any = {"email": "payer@example.com", "metadata": {"user_id": "1"}}
    return client.v1.customers.create(wanted, {"idempotency_key": key} if key else None)


def test_the_simulator_speaks_the_clients_version() -> None:
    assert stripe.api_version == VERSION


def test_a_visit_from_beginning_to_end(client: StripeClient, vendor: Served, price: str) -> None:
    customer = a_customer(client)
    wanted: Any = {
        "mode": "subscription",
        "customer": customer.id,
        "customer_update": {"address": "auto", "name": "auto"},
        "automatic_tax": {"enabled": True},
        "line_items": [{"price": price, "quantity": 1}],
        "subscription_data": {"metadata": {"user_id": "1"}},
        "client_reference_id": "purchase-1",
        **URLS,
    }
    session = client.v1.checkout.sessions.create(wanted)
    assert session.status == "open"
    assert session.payment_method_types == ["card", "upi"]
    assert session.url is not None
    assert "Pay" in httpx.get(session.url).text
    assert httpx.post(session.url).headers["location"] == URLS["success_url"]
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 58_882)
    held = client.v1.subscriptions.retrieve(str(done.subscription))
    assert held.status == "active"
    assert held["items"].data[0].current_period_end > held["items"].data[0].current_period_start
    invoice = client.v1.invoices.retrieve(str(held.latest_invoice))
    assert invoice.parent is not None
    assert invoice.parent.subscription_details is not None
    assert (invoice.status, invoice.parent.subscription_details.subscription) == ("paid", held.id)


def test_a_subscription_is_made_changed_and_ended(client: StripeClient, price: str) -> None:
    customer = a_customer(client)
    held = client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
    assert held.status == "active"
    ending = client.v1.subscriptions.update(held.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == ending["items"].data[0].current_period_end
    assert not client.v1.subscriptions.update(held.id, {"cancel_at_period_end": False}).cancel_at
    assert client.v1.subscriptions.cancel(held.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as gone:
        client.v1.subscriptions.cancel(held.id)
    assert gone.value.code == "resource_missing"


def test_money_back(client: StripeClient, vendor: Served, account: Stripe) -> None:
    line = {"price_data": {"currency": "jpy", "unit_amount": 500, "product_data": {"name": "30 credits"}}}
    wanted: Any = {"mode": "payment", "line_items": [line], **URLS}
    session = client.v1.checkout.sessions.create(wanted)
    account.books.pay(session.id)
    intent = str(client.v1.checkout.sessions.retrieve(session.id).payment_intent)
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 200})
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 200, "jpy")
    assert client.v1.charges.retrieve(str(refund.charge)).amount_refunded == 200
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent, "amount": 301})
    assert refused.value.param == "amount"


def test_a_stored_card_is_charged_with_its_tax_or_declined(client: StripeClient, account: Stripe) -> None:
    customer = a_customer(client).id
    assert client.v1.payment_methods.list({"customer": customer, "type": "card"}).data == []
    account.books.store_card(customer, default=True)
    [card] = client.v1.payment_methods.list({"customer": customer, "type": "card"}).data
    stored = client.v1.customers.retrieve(customer)
    assert stored.invoice_settings is not None
    assert stored.invoice_settings.default_payment_method == card.id
    asked: Any = {"currency": "inr", "customer": customer, "line_items": [{"amount": 49_900}]}
    with pytest.raises(stripe.InvalidRequestError) as nowhere:
        client.v1.tax.calculations.create(asked)
    assert nowhere.value.code == "customer_tax_location_invalid"
    account.books.get("customer", customer)["address"] = {"country": "IN"}
    tax = client.v1.tax.calculations.create(asked)
    assert (tax.amount_total, tax.tax_amount_exclusive) == (58_882, 8_982)
    wanted: Any = {
        "amount": 58_882,
        "currency": "inr",
        "customer": customer,
        "payment_method": card.id,
        "confirm": True,
        "off_session": True,
        "hooks": {"inputs": {"tax": {"calculation": tax.id}}},
    }
    assert client.v1.payment_intents.create(wanted).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({**wanted, "amount": 1})
    account.books.declining.add(customer)
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(wanted)
    assert declined.value.code == "card_declined"


def test_lists_are_paged(client: StripeClient) -> None:
    made = [client.v1.customers.create({"email": "many@example.com", "metadata": {"n": str(n)}}).id for n in range(12)]
    page = client.v1.customers.list({"email": "many@example.com", "limit": 5})
    assert (len(page.data), page.has_more) == (5, True)
    assert [each.id for each in page.auto_paging_iter()] == made[::-1]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list({"limit": 101})


def test_subscriptions_are_listed_by_status(client: StripeClient, price: str) -> None:
    customer = client.v1.customers.create({"email": "asha@example.com"}).id
    ended, held = (
        client.v1.subscriptions.create({"customer": customer, "items": [{"price": price}]}).id for _ in range(2)
    )
    client.v1.subscriptions.cancel(ended)

    def listed(**status: Any) -> list[str]:
        return [one.id for one in client.v1.subscriptions.list({"customer": customer, **status}).data]

    assert listed() == [held]
    assert listed(status="all") == [held, ended]
    assert listed(status="ended") == listed(status="canceled") == [ended]
    assert listed(status="past_due") == []
    with pytest.raises(stripe.InvalidRequestError, match="status"):
        listed(status="gone")


def test_the_portal(client: StripeClient) -> None:
    session = client.v1.billing_portal.sessions.create(
        {"customer": a_customer(client).id, "return_url": "https://app.example.com/"}
    )
    assert session.url.startswith("http://127.0.0.1")


def test_one_key_one_customer(client: StripeClient, account: Stripe) -> None:
    first = a_customer(client, key="key-1")
    again = a_customer(client, key="key-1")
    assert again.id == first.id
    headers = again.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.last_response.headers
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"email": "other@example.com"}, {"idempotency_key": "key-1"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "x"}, {"idempotency_key": "key-1"})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({}, {"idempotency_key": "k" * 256})


def test_a_refused_parameter_is_not_kept_and_a_refused_card_is(client: StripeClient, account: Stripe) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.prices.create({"currency": "inr"}, {"idempotency_key": "key-2"})
    price: Any = {"product_data": {"name": "x"}, "currency": "inr", "unit_amount": 1}
    assert client.v1.prices.create(price, {"idempotency_key": "key-2"}).unit_amount == 1
    account.plan.script("change", [Fault.CARD_DECLINED])
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            a_customer(client, key="key-3")
        assert declined.value.error is not None
        assert (declined.value.code, declined.value.error.decline_code) == ("card_declined", "generic_decline")


@pytest.mark.parametrize(
    ("fault", "raised", "status"),
    [
        (Fault.BAD_INPUT, stripe.InvalidRequestError, 400),
        (Fault.AUTH, stripe.AuthenticationError, 401),
        (Fault.CARD_DECLINED, stripe.CardError, 402),
        (Fault.KEY_IN_USE, stripe.APIError, 409),
        (Fault.THROTTLED_HINT, stripe.RateLimitError, 429),
        (Fault.SERVER_ERROR, stripe.APIError, 500),
        (Fault.SAVED_ERROR, stripe.APIError, 500),
        (Fault.SAVED_ERROR_AFTER, stripe.APIError, 500),
        (Fault.OVERLOADED, stripe.APIError, 503),
        (Fault.DROP_AFTER, stripe.APIConnectionError, None),
        (Fault.GARBLED, stripe.APIError, 200),
    ],
)
def test_each_fault_is_the_clients_own_error(
    client: StripeClient, account: Stripe, fault: Fault, raised: type[stripe.StripeError], status: int | None
) -> None:
    account.plan.script("change", [fault])
    with pytest.raises(raised) as failed:
        a_customer(client)
    assert type(failed.value) is raised
    assert failed.value.http_status == status
    if fault is Fault.THROTTLED_HINT:
        assert failed.value.headers is not None
        assert failed.value.headers["retry-after"] == str(HINT_SECONDS)


def test_the_clients_own_repeats_make_one(vendor: Served, account: Stripe) -> None:
    client = client_of(vendor, retries=2)
    before = len(account.ledger)
    account.plan.script("change", [Fault.GATEWAY_AFTER, Fault.KEY_IN_USE])
    assert a_customer(client).id.startswith("cus_")
    assert len(account.ledger) == before + 1
    account.plan.script("change", [Fault.SAVED_ERROR])
    with pytest.raises(stripe.APIError):
        a_customer(client)
    assert len(account.ledger) == before + 1


def test_a_stranger_is_refused(vendor: Served, account: Stripe) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client_of(vendor, key="sk_test_wrong").v1.customers.list()


def test_what_left_the_api_is_refused(client: StripeClient, price: str) -> None:
    wanted: Any = {"mode": "subscription", "line_items": [{"price": price}], "payment_method_types": ["upi"], **URLS}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(wanted)
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "payment_method_types")


def test_what_the_simulator_signs(client: StripeClient, account: Stripe) -> None:
    """The official library and the inbox take the same delivery."""
    endpoint = client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})
    assert endpoint.secret is not None
    a_customer(client)
    event = list(account.books.tables["event"].values())[-1]
    body = json.dumps(event).encode()
    at = account.now()
    header = signature(body, ["whsec_old", endpoint.secret], at=at)
    read = stripe.Webhook.construct_event(body, header, endpoint.secret)
    assert (read.type, read.data.object["email"]) == ("customer.created", "payer@example.com")
    verify(body, header, [endpoint.secret], now=at)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", header, endpoint.secret)
    assert [each.id for each in client.v1.events.list({"type": "customer.created", "limit": 1})] == [event["id"]]
    account.webhooks.endpoints.clear()
