"""The process dies before or after it spoke to Stripe; the next one sends the same key, and there is one of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chassis import ids
from chassis.faults import EXIT_CODE
from simulators.serve import Served, serving
from simulators.vendors.stripe.server import Stripe

_PROGRAM = """
import asyncio, sys
from uuid import UUID
from pydantic import SecretStr
from billing.payments.port import NewCustomer
from billing.payments.stripe.adapter import Stripe
from billing.payments.stripe.client import Connections, client_on

async def main() -> None:
    url, api_key, key = sys.argv[1:]
    connections = Connections()
    stripe = Stripe(client_on(connections, url, SecretStr(api_key)))
    print(await stripe.create_customer(NewCustomer(user_id=UUID(int=1), email="a@example.com"), key=UUID(key)))
    await connections.close_async()

asyncio.run(main())
"""


@pytest.fixture
def vendor() -> Iterator[Served]:
    with serving([Stripe()]) as served:
        yield served["stripe"]


@pytest.mark.parametrize(("point", "made"), [("payment.before_call", 0), ("payment.after_call", 1)])
def test_a_crash_around_the_call(vendor: Served, point: str, made: int) -> None:
    command = [sys.executable, "-c", _PROGRAM, vendor.url, vendor.simulator.key, str(ids.uuid7())]
    died = subprocess.run(command, env={**os.environ, "FAULT": f"{point}:1"}, timeout=60, check=False)
    assert died.returncode == EXIT_CODE
    assert len(vendor.simulator.ledger) == made
    again = subprocess.run(command, capture_output=True, timeout=60, check=True, text=True)
    assert [entry.job_id for entry in vendor.simulator.ledger.entries] == [again.stdout.strip()]


def test_billing_without_stripe_does_without_its_library() -> None:
    program = "import sys, billing.composition; sys.exit('stripe' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)
