"""Stripe's webhook end to end: signature, once, in order, and reading what is in doubt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import pytest_asyncio
import stripe
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.composition import SPEC
from billing.payments.endpoints import LARGEST_BODY, PATH
from billing.payments.reader import SubscriptionReader
from chassis import ids
from chassis.testing.slices import DatabaseFor, Slice, slice_of
from simulators.core.faults import Fault

SECRETS = ("whsec_planted_one", "whsec_planted_two")
EVERYTHING = f"{SECRETS[0]}, {SECRETS[1]}"


def sign(body: bytes, secret: str, *, at: int) -> str:
    """As the official library does, which takes no body that is not text."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(errors="replace"), secret, at)


class Reports:
    """Billing's inbox with Stripe's account on the other side of it."""

    def __init__(self, billing: Any, till: Any) -> None:
        self.billing, self.till = billing, till
        self.statuses: list[int] = []
        self.reader = SubscriptionReader(billing.database, till.stripe, poll_s=60)

    async def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        async with self.billing.client() as client:
            answer = await client.post(PATH, content=body, headers=dict(headers))
        self.statuses.append(answer.status_code)
        return int(answer.status_code)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        async with self.billing.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")]  # noqa: S608

    async def subscription(self) -> dict[str, Any]:
        [row] = await self.rows("payment_subscriptions")
        return row

    async def send(self, event: Any, *, secret: str = SECRETS[0], **headers: str) -> Any:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signed = sign(body, secret, at=int(self.billing.clock.now().timestamp()))
        async with self.billing.client() as client:
            return await client.post(PATH, content=body, headers={"stripe-signature": signed, **headers})

    async def settle(self) -> None:
        """Read what is in doubt until nothing is."""
        for _ in range(5):
            if not await self.reader.run_once():
                return
        raise AssertionError("doubt does not end")

    async def is_true(self) -> None:
        """What is held is what Stripe holds."""
        for row in await self.rows("payment_subscriptions"):
            truth = self.till.simulator.books.tables["subscription"][row["id"]]
            item = truth["items"]["data"][0]
            assert row["status"] == truth["status"]
            assert row["price_id"] == item["price"]["id"]
            assert row["period_end"].timestamp() == item["current_period_end"]
            assert row["cancel_at_period_end"] == truth["cancel_at_period_end"]


@pytest_asyncio.fixture(loop_scope="session")
async def reports(database_for: DatabaseFor, tills: Any) -> AsyncIterator[Reports]:
    async with slice_of(SPEC, database_for, Slice, settings={"stripe_webhook_secret": EVERYTHING}) as billing:
        holder: list[Reports] = []

        async def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int:
            return await holder[0].deliver(url, headers, body)

        till = tills.open(now=lambda: billing.clock.now().timestamp(), deliver=deliver)
        till.simulator.subscribe("http://billing", SECRETS[1])
        holder.append(Reports(billing, till))
        yield holder[0]


async def brought_into_doubt(reports: Any) -> None:
    """A finished visit whose subscription was never described."""
    session = {
        "id": "cs_test_1",
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "paid",
        "subscription": reports.till.simulator.books.new_subscription(
            "cus_1", reports.till.simulator.books.get("price", reports.till.prices["pro"]), 1, {}
        )["id"],
    }
    event = an_event(kind="checkout.session.completed", data={"object": session})
    assert (await reports.send(event)).status_code == 200
    assert (await reports.subscription())["doubtful"]


def an_event(id: str = "evt_1", kind: str = "customer.updated", **more: Any) -> dict[str, Any]:
    event = {"id": id, "object": "event", "type": kind, "created": 1_779_000_000, "livemode": False}
    return {**event, "data": {"object": {"id": "cus_1", "object": "customer"}}, **more}


async def test_a_paid_plan_is_told_and_kept(reports: Any) -> None:
    await reports.till.subscribed()
    assert set(reports.statuses) == {200}
    await reports.settle()
    row = await reports.subscription()
    assert (row["status"], row["user_id"], row["product_line"]) == ("active", reports.till.user_id, "talkingphoto")
    await reports.is_true()
    results = {event["type"]: event["result"] for event in await reports.rows("payment_events")}
    assert results["customer.subscription.created"] == "applied"
    assert results["customer.subscription.updated"] == "applied"
    assert results["checkout.session.completed"] == "noted"
    assert results["charge.succeeded"] == "ignored"


async def test_the_whole_life_of_a_subscription(reports: Any) -> None:
    till, act = reports.till, reports.till.simulator.act
    id = await till.subscribed()
    for paid, status in ((True, "active"), (False, "past_due"), (True, "active")):
        reports.billing.clock.advance(timedelta(days=31))
        await act("renew", id, paid=paid)
        await reports.settle()
        assert (await reports.subscription())["status"] == status
        await reports.is_true()
    reports.billing.clock.advance(timedelta(days=1))
    await till.stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
    assert (await reports.subscription())["cancel_at_period_end"]
    reports.billing.clock.advance(timedelta(days=31))
    await act("renew", id)
    row = await reports.subscription()
    assert (row["status"], row["ended_at"] is not None) == ("canceled", True)


async def test_an_event_takes_effect_once(reports: Any) -> None:
    id = await reports.till.subscribed()
    before = await reports.subscription()
    events = list(reports.till.simulator.books.tables["event"].values())
    with structlog.testing.capture_logs() as lines:
        for event in events:
            assert (await reports.send(event)).status_code == 200
    assert {line["result"] for line in lines if line["event"] == "payment_webhook.received"} == {"repeated"}
    after = await reports.subscription()
    assert {name: after[name] for name in ("version", "status", "updated_at")} == {
        name: before[name] for name in ("version", "status", "updated_at")
    }
    assert len(await reports.rows("payment_events")) == len(events)
    assert after["id"] == id


async def test_ten_deliveries_at_once_take_effect_once(reports: Any) -> None:
    held = {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active"}
    event = an_event(kind="customer.subscription.updated", data={"object": held})
    answers = await asyncio.gather(*(reports.send(event) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await reports.subscription())["version"] == 1
    assert len(await reports.rows("payment_events")) == 1


async def test_the_event_is_kept_as_it_came(reports: Any) -> None:
    body = json.dumps(an_event(), indent=3).encode() + b"\n"
    assert (await reports.send(body)).json() == {"received": True}
    [row] = await reports.rows("payment_events")
    assert row["body"].encode() == body
    assert (row["result"], row["type"], len(row["sha256"])) == ("ignored", "customer.updated", 64)


@pytest.mark.parametrize(
    "fault", [Fault.WEBHOOK_LATE, Fault.WEBHOOK_TWICE, Fault.WEBHOOK_OVERTAKEN, Fault.WEBHOOK_LOST]
)
async def test_one_kind_of_bad_delivery(reports: Any, fault: Fault) -> None:
    plan = reports.till.simulator.plan
    plan.chance({fault: 0.6}, seed=3)
    id = await reports.till.subscribed()
    reports.billing.clock.advance(timedelta(seconds=30))
    await reports.till.stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
    await reports.till.simulator.webhooks.release()
    plan.clear()
    # A lost report is made up for by the next one.
    reports.billing.clock.advance(timedelta(days=31))
    await reports.till.simulator.act("renew", id)
    await reports.settle()
    await reports.is_true()


async def test_random_lives_with_random_deliveries(reports: Any) -> None:
    """Any mix of late, lost, doubled and overtaken reports; what is held never goes back, and becomes true."""
    simulator, clock = reports.till.simulator, reports.billing.clock
    for seed in range(25):
        luck = Random(seed)
        simulator.plan.chance(
            {fault: luck.choice((0.0, 0.1, 0.3)) for fault in sorted(simulator.possible["notify"])}, seed=seed
        )
        id = await reports.till.subscribed()
        for _ in range(luck.randint(1, 5)):
            clock.advance(timedelta(seconds=luck.choice((0, 0, 1, 90_000))))
            match luck.randrange(4):
                case 0:
                    await reports.till.stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
                case 1:
                    await reports.till.stripe.resume_subscription(id, key=ids.uuid7())
                case 2:
                    await simulator.act("renew", id, paid=luck.random() < 0.7)
                case 3:
                    await simulator.webhooks.release()
            if simulator.books.tables["subscription"][id]["status"] == "canceled":
                break
        simulator.plan.clear()
        await simulator.webhooks.release()
        clock.advance(timedelta(seconds=2))
        if simulator.books.tables["subscription"][id]["status"] != "canceled":
            await simulator.act("renew", id)
    # What was lost for good is noticed when its period is over: up to six renewals ahead.
    clock.advance(timedelta(days=7 * 31))
    await reports.settle()
    await reports.is_true()
    assert len(await reports.rows("payment_subscriptions")) == 25
    results = {row["result"] for row in await reports.rows("payment_events")}
    assert results == {"applied", "stale", "doubtful", "noted", "ignored"}


async def test_two_readers_at_once_settle_it_once(reports: Any) -> None:
    await brought_into_doubt(reports)
    before = (await reports.subscription())["version"]
    await asyncio.gather(*(reports.reader.run_once() for _ in range(3)))
    row = await reports.subscription()
    assert (row["doubtful"], row["version"]) == (False, before + 1)


async def test_a_report_nobody_sent_is_noticed_when_the_period_is_over(reports: Any) -> None:
    id = await reports.till.subscribed()
    await reports.settle()
    reports.till.simulator.plan.chance({Fault.WEBHOOK_LOST: 1.0}, seed=1)
    reports.billing.clock.advance(timedelta(days=31, hours=2))
    await reports.till.simulator.act("renew", id, paid=False)
    assert (await reports.subscription())["status"] == "active"
    assert await reports.reader.run_once() == 1
    assert (await reports.subscription())["status"] == "past_due"
    assert await reports.reader.run_once() == 0


async def test_what_was_only_heard_of_is_asked_for(reports: Any) -> None:
    """An invoice overtakes everything that describes its subscription."""
    reports.till.simulator.plan.chance({Fault.WEBHOOK_LOST: 1.0}, seed=1)
    id = await reports.till.subscribed()
    events = reports.till.simulator.books.tables["event"].values()
    await reports.send(next(event for event in events if event["type"] == "invoice.paid"))
    row = await reports.subscription()
    assert (row["id"], row["status"], row["doubtful"]) == (id, None, True)
    await reports.settle()
    await reports.is_true()


async def test_a_first_payment_nobody_reported_is_asked_for_after_a_day(reports: Any) -> None:
    await brought_into_doubt(reports)
    await reports.settle()
    row = await reports.subscription()
    assert (row["status"], row["doubtful"]) == ("incomplete", False)
    reports.till.simulator.books.tables["subscription"][row["id"]]["status"] = "incomplete_expired"
    reports.billing.clock.advance(timedelta(hours=25))
    await reports.settle()
    assert (await reports.subscription())["status"] == "incomplete_expired"


async def test_while_stripe_does_not_answer_doubt_waits_longer_each_time(reports: Any) -> None:
    await brought_into_doubt(reports)
    reports.till.simulator.plan.chance({Fault.SERVER_ERROR: 1.0}, seed=1)
    waits = []
    for _ in range(4):
        assert await reports.reader.run_once() == 1
        row = await reports.subscription()
        waits.append((row["read_after"] - reports.billing.clock.now()).total_seconds())
        assert await reports.reader.run_once() == 0
        reports.billing.clock.advance(timedelta(seconds=waits[-1]))
    assert waits == [5, 10, 20, 40]
    reports.till.simulator.plan.clear()
    await reports.settle()
    assert (await reports.subscription())["failures"] == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": "t=1,v1=00"},
        {"stripe-signature": "t=1779019200,v1=" + "0" * 64},
    ],
)
async def test_a_stranger_learns_nothing(reports: Any, headers: dict[str, str]) -> None:
    answers = set()
    for body in (b"", b"{", json.dumps(an_event()).encode()):
        async with reports.billing.client() as client:
            answer = await client.post(PATH, content=body, headers=headers)
        assert answer.status_code == 400
        answers.add((answer.json()["error"]["code"], answer.json()["error"]["message"]))
    assert len(answers) == 1
    assert not await reports.rows("payment_events")


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        json.dumps(an_event(created="soon")).encode(),
        json.dumps(an_event(data={})).encode(),
        json.dumps(an_event(id="evt_" + "x" * 300)).encode(),
        json.dumps({**an_event(), "object": "v2.core.event"}).encode(),
        b'{"id": "\xff"}',
    ],
)
async def test_what_is_signed_and_is_no_event(reports: Any, body: bytes) -> None:
    assert (await reports.send(body)).status_code == 400
    assert not await reports.rows("payment_events")


async def test_an_event_in_an_unknown_shape_is_kept_for_later(reports: Any) -> None:
    odd = {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "hibernating"}
    answer = await reports.send(an_event(kind="customer.subscription.updated", data={"object": odd}))
    assert answer.status_code == 200
    [row] = await reports.rows("payment_events")
    assert row["result"] == "unreadable"
    assert not await reports.rows("payment_subscriptions")


async def test_a_body_too_large_is_not_read(reports: Any) -> None:
    answer = await reports.send(b"{" + b" " * LARGEST_BODY)
    assert answer.status_code == 413


@pytest.mark.parametrize("secret", SECRETS)
async def test_both_secrets_count_while_one_is_rolled(reports: Any, secret: str) -> None:
    assert (await reports.send(an_event(), secret=secret)).status_code == 200
    assert (await reports.send(an_event(), secret="whsec_third")).status_code == 400


async def test_old_and_future_deliveries_are_refused(reports: Any) -> None:
    body = json.dumps(an_event()).encode()
    now = int(reports.billing.clock.now().timestamp())
    for at, status in ((now - 301, 400), (now + 301, 400), (now - 300, 200)):
        async with reports.billing.client() as client:
            answer = await client.post(PATH, content=body, headers={"stripe-signature": sign(body, SECRETS[0], at=at)})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("key", "livemode", "result"),
    [
        ("sk_live_abc", False, "other_mode"),
        ("sk_test_abc", True, "other_mode"),
        ("rk_live_abc", True, "applied"),
        ("simulated-key", True, "applied"),
    ],
)
async def test_the_other_mode_counts_for_nothing(
    database_for: DatabaseFor, key: str, livemode: bool, result: str
) -> None:
    chosen = {"stripe_webhook_secret": EVERYTHING, "stripe_secret_key": key}
    held = {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active"}
    event = an_event(kind="customer.subscription.updated", livemode=livemode, data={"object": held})
    async with slice_of(SPEC, database_for, Slice, settings=chosen) as billing:
        reports = Reports.__new__(Reports)
        reports.billing = billing
        assert (await reports.send(event)).status_code == 200
        [row] = await reports.rows("payment_events")
        assert row["result"] == result
        for part in billing.service.background:
            await part.stop()


async def test_without_a_secret_nothing_is_accepted(database_for: DatabaseFor) -> None:
    async with slice_of(SPEC, database_for, Slice) as billing:
        reports = Reports.__new__(Reports)
        reports.billing = billing
        assert (await reports.send(an_event(), secret="")).status_code == 400


async def test_a_failed_transaction_leaves_the_event_to_be_sent_again(reports: Any, monkeypatch: Any) -> None:
    """A crash before the commit: Stripe gets no 200 and repeats, and then it counts."""
    from billing.payments import repository

    finish = repository.finish_event
    held = {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active"}
    event = an_event(kind="customer.subscription.updated", data={"object": held})

    async def broken(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(repository, "finish_event", broken)
    assert (await reports.send(event)).status_code == 500
    monkeypatch.setattr(repository, "finish_event", finish)
    assert not await reports.rows("payment_events")
    assert not await reports.rows("payment_subscriptions")
    assert (await reports.send(event)).status_code == 200
    assert (await reports.subscription())["status"] == "active"


async def test_the_log_names_the_event_and_no_secret(reports: Any) -> None:
    with structlog.testing.capture_logs() as lines:
        await reports.send(an_event())
        await reports.send(an_event(), secret="whsec_guess")
    text = repr(lines)
    assert "evt_1" in text
    assert "payment_webhook.refused" in text
    assert not any(secret in text for secret in (*SECRETS, "whsec_guess", "v1="))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=40))
async def test_noise_is_refused(reports: Any, body: bytes) -> None:
    assert (await reports.send(body)).status_code == 400
