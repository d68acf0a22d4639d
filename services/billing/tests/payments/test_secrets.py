"""The key and the webhooks' secret stay where they belong."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import httpx
import pytest
import structlog

from billing.payments.inbox import Inbox
from billing.payments.port import NewCustomer, PaymentFailure
from billing.settings import Settings
from chassis import ids
from chassis.clock import SystemClock
from chassis.settings import SettingsError, load
from simulators.core.faults import Fault
from simulators.vendors.stripe.server import Stripe

KEY = "sk_test_planted_4f2b9c"
HOOK = "whsec_planted_77aa"
WANTED = NewCustomer(user_id=ids.uuid7(), email="payer@example.com")


def everything_of(error: BaseException) -> str:
    """What any log or report could show of an error, its whole chain and all attributes among it."""
    shown: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        shown += [repr(seen), str(seen), repr(vars(seen)), "".join(traceback.format_exception(seen))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(shown)


@pytest.mark.parametrize("fault", sorted(Stripe.possible["change"]))
async def test_no_failure_shows_the_key(till: Any, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    till.simulator.plan.script("change", [fault] * 3)
    with structlog.testing.capture_logs() as lines:
        try:
            await till.stripe.create_customer(WANTED, key=ids.uuid7())
        except PaymentFailure as failure:
            assert KEY not in everything_of(failure)
            assert KEY not in failure.user_message
    assert KEY not in repr(lines)
    assert KEY not in caplog.text


@pytest.mark.parametrize("place", ["body", "location", "request-id", "page"])
async def test_a_vendor_that_repeats_the_key_is_not_repeated(
    adapters: Any, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever Stripe, or a proxy in between, writes into its answer."""
    caplog.set_level(logging.DEBUG)

    def answer(request: httpx.Request) -> httpx.Response:
        if place == "location":
            return httpx.Response(302, headers={"location": f"https://e.example/{KEY}"})
        if place == "page":
            return httpx.Response(400, content=f"<html>{KEY}</html>".encode())
        error = {
            "type": "invalid_request_error",
            "code": KEY,
            "param": KEY,
            "message": f"Bad {KEY}",
            "decline_code": KEY,
        }
        return httpx.Response(400, json={"error": error}, headers={place: KEY} if place == "request-id" else {})

    with pytest.raises(PaymentFailure) as failed:
        await adapters.answering(answer).create_customer(WANTED, key=ids.uuid7())
    assert KEY not in everything_of(failed.value)
    assert KEY not in caplog.text


async def test_nothing_shows_them_when_it_is_shown(adapters: Any) -> None:
    settings = load(Settings, env="test", stripe_secret_key=KEY, stripe_webhook_secret=HOOK)
    inbox = Inbox(settings.webhook_secrets, SystemClock().now)
    shown = repr((settings, inbox, adapters.at(key=KEY)))
    assert KEY not in shown
    assert HOOK not in shown


def test_the_key_goes_to_an_encrypted_address_in_production() -> None:
    with pytest.raises(SettingsError, match=r"http://stripe\.example is not https") as refused:
        load(
            Settings,
            env="production",
            database_url="postgresql://u:p@db/billing",
            public_url="https://a.example",
            stripe_secret_key=KEY,
            stripe_webhook_secret=HOOK,
            stripe_base_url="http://stripe.example",
        )
    assert KEY not in str(refused.value)


def test_production_sells_and_hears_of_it() -> None:
    with pytest.raises(SettingsError, match="missing: STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET"):
        load(Settings, env="production", database_url="postgresql://u:p@db/billing", public_url="https://a.example")
