"""Events whose shape changed without notice: read or refused, never anything else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.events import (
    ChargeRefunded,
    CheckoutReported,
    InvoiceReported,
    RefundReported,
    SubscriptionReported,
    envelope,
    fact_of,
)
from billing.payments.money import from_minor
from billing.payments.objects import Unreadable
from simulators.vendors.stripe.books import Books
from simulators.vendors.stripe.server import VERSION


def history() -> list[dict[str, Any]]:
    """One event of each type that is read, as a version of today writes them."""
    told: list[dict[str, Any]] = []
    books = Books(
        lambda: 1_800_000_000, told.append, lambda *_: None, version=VERSION, page=lambda name: f"http://{name}"
    )
    price = books.create_price(
        {
            "currency": "inr",
            "unit_amount": "49900",
            "recurring": {"interval": "month"},
            "product_data": {"name": "Starter"},
        }
    )
    urls = {"success_url": "https://a.example", "cancel_url": "https://a.example"}
    customer = books.create_customer({"email": "a@example.com"})["id"]
    plan = {"mode": "subscription", "line_items": [{"price": price["id"]}], "customer": customer, **urls}
    data = {"currency": "inr", "unit_amount": "99900", "product_data": {"name": "30 credits"}}
    pack = {"mode": "payment", "line_items": [{"price_data": data}], "customer": customer, **urls}
    held = books.pay(books.create_session(plan)["id"])["subscription"]
    books.renew(held, paid=False)
    books.cancel_subscription(held)
    books.refund({"payment_intent": books.pay(books.create_session(pack)["id"])["payment_intent"]})
    later = books.create_session(plan)["id"]
    books.pay(later, delayed=True)
    books.settle(later, paid=True)
    books.expire(books.create_session(pack)["id"])
    return list({event["type"]: event for event in told}.values())


EVENTS = [event for event in history() if fact_of(envelope(json.dumps(event).encode())) is not None]


def test_what_must_be_read_is_read() -> None:
    facts = {event["type"]: fact_of(envelope(json.dumps(event).encode())) for event in EVENTS}
    assert facts.keys() >= {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "invoice.paid",
        "invoice.payment_failed",
        "charge.refunded",
        "refund.created",
    }
    paid, failed = facts["invoice.paid"], facts["invoice.payment_failed"]
    assert isinstance(paid, InvoiceReported)
    assert isinstance(failed, InvoiceReported)
    assert (paid.paid, failed.paid, failed.attempts) == (True, False, 1)
    assert failed.total == from_minor(49_900, "INR")
    assert failed.subscription_id is not None
    refunded, refund = facts["charge.refunded"], facts["refund.created"]
    assert isinstance(refunded, ChargeRefunded)
    assert isinstance(refund, RefundReported)
    assert (refunded.in_full, refunded.refunded) == (True, refund.refund.amount)
    assert refunded.payment_id == refund.refund.payment_id
    visit = facts["checkout.session.completed"]
    assert isinstance(visit, CheckoutReported)
    ended = facts["customer.subscription.deleted"]
    assert isinstance(ended, SubscriptionReported)
    assert ended.subscription.ended_at is not None


@pytest.mark.parametrize("kind", ["invoice.paid", "customer.subscription.updated"])
def test_an_endpoint_of_an_older_version(kind: str) -> None:
    """Before 2025-03-31.basil the subscription of an invoice and the period of a subscription stood elsewhere."""
    event = copy.deepcopy(next(event for event in EVENTS if event["type"] == kind))
    thing = event["data"]["object"]
    new = fact_of(envelope(json.dumps(event).encode()))
    if kind == "invoice.paid":
        thing["subscription"] = (thing.pop("parent") or {}).get("subscription_details", {}).get("subscription")
    else:
        item = thing["items"]["data"][0]
        for name in ("current_period_start", "current_period_end"):
            thing[name] = item.pop(name)
    assert fact_of(envelope(json.dumps(event).encode())) == new


def test_what_was_expanded_is_read_by_its_id() -> None:
    event = copy.deepcopy(next(event for event in EVENTS if event["type"] == "customer.subscription.updated"))
    new = fact_of(envelope(json.dumps(event).encode()))
    event["data"]["object"]["customer"] = {"id": event["data"]["object"]["customer"], "object": "customer"}
    assert fact_of(envelope(json.dumps(event).encode())) == new


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20).filter(lambda n: -(2**63) <= n < 2**64),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "\x00", "inr", "xx", "active", "🙂" * 300]),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["id", "data", "x"]), inner)),
    max_leaves=4,
)


@given(st.sampled_from(EVENTS), st.data())
def test_any_one_thing_changed_is_read_or_refused(original: dict[str, Any], data: st.DataObject) -> None:
    event = copy.deepcopy(original)
    *way, last = data.draw(st.sampled_from(list(places(event))))
    inner: Any = event
    for key in way:
        inner = inner[key]
    if data.draw(st.booleans()):
        del inner[last]
    else:
        inner[last] = data.draw(JSON)
    try:
        fact_of(envelope(json.dumps(event).encode()))
    except Unreadable as refused:
        assert str(refused)
