"""The adapter over a real connection that hangs, breaks and answers in halves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from billing.payments.port import FailureClass, NewCustomer, PaymentFailure
from chassis import ids
from simulators.core.faults import TRANSPORT, Fault
from simulators.serve import Served, listener, serving
from simulators.vendors.stripe import server as simulated


@pytest.fixture(scope="module")
def vendor() -> Iterator[Served]:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([simulated.Stripe()]) as served:
        yield served["stripe"]


class Impatient(httpx.AsyncHTTPTransport):
    """The same connection with a short time-out for reading: nobody waits half a minute for a hanging answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = {**request.extensions["timeout"], "read": 0.2}
        return await super().handle_async_request(request)


@pytest.mark.parametrize("fault", sorted({*TRANSPORT, Fault.GARBLED, Fault.GATEWAY_AFTER}))
async def test_one_bad_answer_is_overcome_and_three_leave_it_open(adapters: Any, vendor: Served, fault: Fault) -> None:
    stripe, customer = (
        adapters.at(vendor.url, Impatient(), key=vendor.simulator.key),
        NewCustomer(user_id=ids.uuid7(), email="a@example.com"),
    )
    before = len(vendor.simulator.ledger)
    vendor.simulator.plan.script("change", [fault])
    first = ids.uuid7()
    made = await stripe.create_customer(customer, key=first)
    assert len(vendor.simulator.ledger) == before + 1
    vendor.simulator.plan.script("change", [fault] * 3)
    second = ids.uuid7()
    with pytest.raises(PaymentFailure) as failed:
        await stripe.create_customer(customer, key=second)
    assert failed.value.kind is FailureClass.UNKNOWN_OUTCOME
    assert await stripe.create_customer(customer, key=second) != made
    assert await stripe.create_customer(customer, key=first) == made
    assert len(vendor.simulator.ledger) == before + 2


async def test_nobody_listens(adapters: Any) -> None:
    with listener() as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    with pytest.raises(PaymentFailure) as failed:
        await adapters.at(url).create_customer(NewCustomer(user_id=ids.uuid7(), email="a@b.example"), key=ids.uuid7())
    assert failed.value.kind is FailureClass.TRANSIENT
