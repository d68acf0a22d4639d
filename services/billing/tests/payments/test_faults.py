"""Everything that can go wrong between here and Stripe: repeats under the same key, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from billing.payments.money import Money
from billing.payments.port import (
    ChangeAt,
    FailureClass,
    NewCustomer,
    PaymentFailure,
    RefundRequest,
    SubscriptionStatus,
)
from billing.payments.stripe import client as stripe_client
from billing.payments.stripe.client import ANSWER_LIMIT
from chassis import ids
from simulators.core.faults import Fault
from simulators.vendors.stripe import server as simulated

RUNS = 300
PRICE = Money(Decimal("999"), "INR")
REFUND = RefundRequest(reference=UUID(int=1), payment_id="pi_1")
CUSTOMER = NewCustomer(user_id=UUID(int=1), email="payer@example.com")
CHANGE = simulated.Stripe.possible["change"]


def new_customer(till: Any) -> NewCustomer:
    return NewCustomer(user_id=till.user_id, email="payer@example.com")


@pytest.mark.parametrize(
    ("faults", "kind", "made"),
    [
        ([Fault.DROP_BEFORE], None, 1),
        ([Fault.DROP_AFTER], None, 1),
        ([Fault.HANG_AFTER, Fault.GATEWAY_AFTER], None, 1),
        ([Fault.GARBLED], None, 1),
        ([Fault.KEY_IN_USE, Fault.KEY_IN_USE], None, 1),
        ([Fault.SERVER_ERROR, Fault.OVERLOADED], None, 1),
        ([Fault.SERVER_ERROR] * 3, FailureClass.UNKNOWN_OUTCOME, 0),
        ([Fault.HANG_BEFORE] * 3, FailureClass.UNKNOWN_OUTCOME, 0),
        ([Fault.HANG_AFTER] * 3, FailureClass.UNKNOWN_OUTCOME, 1),
        ([Fault.KEY_IN_USE] * 3, FailureClass.UNKNOWN_OUTCOME, 0),
        ([Fault.SAVED_ERROR], FailureClass.UNKNOWN_OUTCOME, 0),
        ([Fault.THROTTLED], FailureClass.THROTTLED, 0),
        ([Fault.AUTH], FailureClass.AUTH, 0),
        ([Fault.BAD_INPUT], FailureClass.INVALID, 0),
        ([Fault.CARD_DECLINED], FailureClass.CARD_DECLINED, 0),
        # What comes before Stripe looks at the key says nothing of what an earlier try has done.
        ([Fault.DROP_AFTER, Fault.THROTTLED], FailureClass.UNKNOWN_OUTCOME, 1),
        ([Fault.DROP_AFTER, Fault.AUTH], FailureClass.UNKNOWN_OUTCOME, 1),
        # What comes after it does.
        ([Fault.DROP_BEFORE, Fault.CARD_DECLINED], FailureClass.CARD_DECLINED, 0),
    ],
)
async def test_what_is_repeated_and_what_is_said_in_the_end(
    till: Any, faults: list[Fault], kind: FailureClass | None, made: int
) -> None:
    till.simulator.plan.script("change", faults)
    key = ids.uuid7()
    if kind is None:
        assert (await till.stripe.create_customer(new_customer(till), key=key)).startswith("cus_")
    else:
        with pytest.raises(PaymentFailure) as failed:
            await till.stripe.create_customer(new_customer(till), key=key)
        assert failed.value.kind is kind
        assert failed.value.user_message
    assert till.count("customer") == made
    if kind is FailureClass.UNKNOWN_OUTCOME and Fault.SAVED_ERROR not in faults:
        # The same key settles it.
        assert await till.stripe.create_customer(new_customer(till), key=key)
        assert till.count("customer") == 1


async def prepared(till: Any, name: str) -> Callable[[], Awaitable[Any]]:
    """One call of the port that changes something, with all it needs in place; the same key whenever it is called."""
    stripe, key = till.stripe, ids.uuid7()
    if name == "customer":
        return lambda: stripe.create_customer(new_customer(till), key=key)
    if name == "refund":
        paid = await till.bought(PRICE)
        wanted = RefundRequest(reference=ids.uuid7(), payment_id=paid.payment_id)
        return lambda: stripe.refund(wanted, key=key)
    if name in ("plan", "pack", "charge", "portal"):
        customer = await till.customer()
        plan, pack = till.plan(customer), till.pack(customer, PRICE)
        till.simulator.books.store_card(customer)
        till.simulator.books.get("customer", customer)["address"] = {"country": "IN"}
        return {
            "plan": lambda: stripe.check_out_plan(plan, key=key),
            "pack": lambda: stripe.check_out_credits(pack, key=key),
            "charge": lambda: stripe.charge_credits(pack, key=key),
            "portal": lambda: stripe.portal(customer, return_url="https://a.example", key=key),
        }[name]
    id, pro = await till.subscribed(), till.prices["pro"]
    if name == "resume":
        await stripe.cancel_subscription(id, at_once=False, key=ids.uuid7())
    return {
        "upgrade": lambda: stripe.change_subscription(id, pro, interval="month", at=ChangeAt.NOW, key=key),
        "cancel": lambda: stripe.cancel_subscription(id, at_once=False, key=key),
        "resume": lambda: stripe.resume_subscription(id, key=key),
    }[name]


_AT_ONCE = {
    Fault.BAD_INPUT: FailureClass.INVALID,
    Fault.AUTH: FailureClass.AUTH,
    Fault.THROTTLED: FailureClass.THROTTLED,
    Fault.THROTTLED_HINT: FailureClass.THROTTLED,
    Fault.CARD_DECLINED: FailureClass.CARD_DECLINED,
    Fault.SAVED_ERROR: FailureClass.UNKNOWN_OUTCOME,
    Fault.SAVED_ERROR_AFTER: FailureClass.UNKNOWN_OUTCOME,
}
"""What is not repeated; every other fault, met once, is overcome under the same key."""


@pytest.mark.parametrize(
    "name", ["customer", "plan", "pack", "charge", "portal", "upgrade", "cancel", "resume", "refund"]
)
@pytest.mark.parametrize("fault", sorted(CHANGE))
async def test_every_call_with_every_fault(till: Any, name: str, fault: Fault) -> None:
    call = await prepared(till, name)
    before = len(till.simulator.ledger)
    till.simulator.plan.script("change", [fault])
    try:
        await call()
    except PaymentFailure as failure:
        assert failure.kind is _AT_ONCE[fault]
        assert (len(till.simulator.ledger) > before) == (fault is Fault.SAVED_ERROR_AFTER)
    else:
        assert fault not in _AT_ONCE
        made = [entry.operation for entry in till.simulator.ledger.entries[before:]]
        assert len(made) == len(set(made))


@pytest.mark.parametrize("fault", sorted(simulated.Stripe.possible["end"]))
async def test_ending_at_once_with_every_fault(till: Any, fault: Fault) -> None:
    id = await till.subscribed()
    till.simulator.plan.script("end", [fault])
    try:
        ended = await till.stripe.cancel_subscription(id, at_once=True, key=ids.uuid7())
    except PaymentFailure as failure:
        assert failure.kind is FailureClass.THROTTLED
        assert fault in (Fault.THROTTLED, Fault.THROTTLED_HINT)
    else:
        assert ended.status is SubscriptionStatus.CANCELED
        assert till.count("end") == 1


@pytest.mark.parametrize("fault", sorted(simulated.Stripe.possible["read"]))
async def test_a_question_with_every_fault_is_never_an_unknown_outcome(till: Any, fault: Fault) -> None:
    id = await till.subscribed()
    till.simulator.plan.script("read", [fault] * 3)
    with pytest.raises(PaymentFailure) as failed:
        await till.stripe.subscription(id)
    assert failed.value.kind in (FailureClass.TRANSIENT, FailureClass.THROTTLED)


@pytest.mark.parametrize(("fault", "made"), [(Fault.SAVED_ERROR, 0), (Fault.SAVED_ERROR_AFTER, 1)])
async def test_a_kept_breakdown_stays_one_and_only_looking_helps(till: Any, fault: Fault, made: int) -> None:
    """A 500 says nothing of whether the work was done, however often it is given back."""
    till.simulator.plan.script("change", [fault])
    key = ids.uuid7()
    for _ in range(2):
        with pytest.raises(PaymentFailure) as failed:
            await till.stripe.create_customer(new_customer(till), key=key)
        assert (failed.value.kind, failed.value.http_status) == (FailureClass.UNKNOWN_OUTCOME, 500)
    assert till.count("customer") == made
    assert (await till.stripe.find_customer(till.user_id, "payer@example.com") is not None) == bool(made)


async def test_how_long_to_wait_is_passed_on(till: Any) -> None:
    till.simulator.plan.script("change", [Fault.THROTTLED_HINT])
    with pytest.raises(PaymentFailure) as failed:
        await till.stripe.create_customer(new_customer(till), key=ids.uuid7())
    assert failed.value.retry_after_s == 7


async def test_a_key_is_forgotten_after_a_day(tills: Any) -> None:
    """Why a decision that is older than that is looked up and not sent again."""
    clock = [1_800_000_000.0]
    till = tills.open(now=lambda: clock[0])
    key = ids.uuid7()
    await till.stripe.create_customer(new_customer(till), key=key)
    clock[0] += 86_401
    await till.stripe.create_customer(new_customer(till), key=key)
    assert till.count("customer") == 2


async def test_two_at_once_under_one_key(tills: Any) -> None:
    """The second is told that the first is under way, repeats, and gets the first one's answer."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        entered.set()
        await go_on.wait()

    till = tills.open(pause=pause)
    key = ids.uuid7()
    first = asyncio.create_task(till.stripe.create_customer(new_customer(till), key=key))
    await asyncio.wait_for(entered.wait(), 5)
    with pytest.raises(PaymentFailure) as busy:
        await till.stripe.create_customer(new_customer(till), key=key)
    assert (busy.value.kind, busy.value.code) == (FailureClass.UNKNOWN_OUTCOME, "idempotency_key_in_use")
    go_on.set()
    made = await first
    assert await till.stripe.create_customer(new_customer(till), key=key) == made
    assert till.count("customer") == 1


async def settled(call: Callable[[], Awaitable[Any]], seen: Counter[str]) -> Any:
    """What a caller does: repeat under the same key while that may help, at most six times."""
    for _ in range(6):
        try:
            return await call()
        except PaymentFailure as failure:
            seen[failure.kind] += 1
            if not failure.retryable:
                return None
    return None


async def one_unlucky_purchase(till: Any, seen: Counter[str]) -> Counter[str]:
    """A pack and a plan are bought, the plan is changed, some money goes back; what came of it, by name."""
    stripe, done = till.stripe, Counter[str]()
    keys = [ids.uuid7() for _ in range(6)]
    wanted = new_customer(till)
    customer = await settled(lambda: stripe.create_customer(wanted, key=keys[0]), seen)
    customer = customer or await settled(lambda: stripe.find_customer(till.user_id, wanted.email), seen)
    if customer is None:
        return done
    pack, plan = till.pack(customer, PRICE), till.plan(customer)
    visit = await settled(lambda: stripe.check_out_credits(pack, key=keys[1]), seen)
    visit = visit or await settled(lambda: stripe.find_checkout(pack.purchase.id, customer), seen)
    if visit is not None:
        await till.simulator.act("pay", visit.id)
        paid = await settled(lambda: stripe.checkout(visit.id), seen)
        back = RefundRequest(reference=ids.uuid7(), payment_id=paid.payment_id, amount=Money(Decimal(9), "INR"))
        refund = await settled(lambda: stripe.refund(back, key=keys[2]), seen)
        refund = refund or await settled(lambda: stripe.find_refund(back.reference, back.payment_id), seen)
        done += Counter(bought=1, refunded=int(refund is not None))
        assert (refund is not None) == (till.count("refund") == 1)
    visit = await settled(lambda: stripe.check_out_plan(plan, key=keys[3]), seen)
    if visit is not None:
        await till.simulator.act("pay", visit.id)
        held = await settled(lambda: stripe.checkout(visit.id), seen)
        pro = till.prices["pro"]
        change = lambda: stripe.change_subscription(  # noqa: E731
            held.subscription_id, pro, interval="month", at=ChangeAt.NOW, key=keys[4]
        )
        done["changed"] += await settled(change, seen) is not None
    await settled(lambda: stripe.portal(customer, return_url="https://a.example", key=keys[5]), seen)
    return done


async def test_three_hundred_unlucky_purchases_charge_and_refund_nobody_twice(tills: Any) -> None:
    seen, done = Counter[str](), Counter[str]()
    for seed in range(RUNS):
        till = tills.open()
        luck = Random(seed)
        odds = {fault: luck.choice((0.0, 0.02, 0.08, 0.3)) for fault in sorted(CHANGE)}
        scale = max(1.0, sum(odds.values()) / 0.5)
        till.simulator.plan.chance({fault: odd / scale for fault, odd in odds.items()}, seed=seed)
        done += await one_unlucky_purchase(till, seen)
        # Charges of visits have no key of ours, and there is one for each visit paid; the change's has one.
        entries = till.simulator.ledger.entries
        per_key = Counter((entry.operation, entry.key) for entry in entries if entry.key)
        assert not per_key or per_key.most_common(1)[0][1] == 1, f"seed {seed}: {per_key}"
        assert till.count("charge") <= 3
        assert till.count("refund") <= 1
        assert till.count("checkout") <= 2
        assert till.count("customer") <= 1
    assert min(done["bought"], done["refunded"], done["changed"]) > RUNS / 3
    assert set(seen) >= {"unknown_outcome", "throttled", "card_declined", "invalid", "auth"}


async def test_every_change_carries_version_and_key_and_reads_carry_no_key(adapters: Any) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"object": "list", "data": [], "has_more": False})
        return httpx.Response(200, json={"id": "sub_1", "customer": "cus_1", "status": "canceled"})

    stripe = adapters.answering(answer)
    key = ids.uuid7()
    await stripe.create_customer(NewCustomer(user_id=UUID(int=1), email="a@b.example"), key=key)
    await stripe.find_customer(UUID(int=1), "a@b.example")
    await stripe.cancel_subscription("sub_1", at_once=True, key=key)
    keys = [request.headers.get("idempotency-key") for request in requests]
    assert keys == [f"talkingphoto-customer-{key}", None, None]
    assert {request.headers["stripe-version"] for request in requests} == {simulated.VERSION}
    assert requests[0].content == b"email=a%40b.example&metadata[user_id]=" + str(UUID(int=1)).encode()
    assert str(requests[1].url) == "https://stripe.example/v1/customers?email=a%40b.example&limit=100"
    assert requests[0].extensions["timeout"].keys() == {"connect", "read", "write", "pool"}
    assert all(requests[0].extensions["timeout"].values())
    assert not any("telemetry" in name + value for request in requests for name, value in request.headers.items())


async def test_two_keys_in_one_process(adapters: Any) -> None:
    """The library's module holds no key: calls of two accounts that meet carry each its own."""
    sent: set[tuple[str, str]] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        sent.add((request.url.host, request.headers["authorization"]))
        return httpx.Response(200, json={"id": "cus_1"})

    wanted = NewCustomer(user_id=UUID(int=1), email="a@b.example")
    transport = httpx.MockTransport(answer)
    stripes = [adapters.at(f"https://{name}.example", transport, key=f"sk_test_{name}") for name in ("one", "two")]
    await asyncio.gather(*(each.create_customer(wanted, key=ids.uuid7()) for each in stripes * 5))
    assert sent == {("one.example", "Bearer sk_test_one"), ("two.example", "Bearer sk_test_two")}


@pytest.mark.parametrize(("advice", "asked"), [("true", 3), ("false", 1), (None, 1)])
async def test_stripe_says_whether_a_repeat_helps(adapters: Any, advice: str | None, asked: int) -> None:
    count = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        headers = {"stripe-should-retry": advice} if advice else {}
        return httpx.Response(429, json={"error": {"type": "invalid_request_error"}}, headers=headers)

    with pytest.raises(PaymentFailure):
        await adapters.answering(answer).refund(REFUND, key=ids.uuid7())
    assert count == asked


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, content=b"[" + b" " * ANSWER_LIMIT + b"]"),
        httpx.Response(200, content=b'{"id": "' + b"x" * ANSWER_LIMIT + b'"}'),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(302, headers={"location": "https://elsewhere.example/"}, json={"error": {"code": "x"}}),
    ],
    ids=["endless", "an endless object", "a page", "no object", "an empty object", "elsewhere", "elsewhere, politely"],
)
async def test_an_unreadable_answer_to_a_change_leaves_it_open(adapters: Any, response: httpx.Response) -> None:
    hosts: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    stripe = adapters.answering(answer)
    for change in (stripe.refund(REFUND, key=ids.uuid7()), stripe.create_customer(CUSTOMER, key=ids.uuid7())):
        with pytest.raises(PaymentFailure) as failed:
            await change
        assert failed.value.kind is FailureClass.UNKNOWN_OUTCOME
    for question in (stripe.checkout("cs_1"), stripe.find_refund(UUID(int=1), "pi_1")):
        with pytest.raises(PaymentFailure) as failed:
            await question
        assert failed.value.kind is FailureClass.TRANSIENT
    assert hosts == {"stripe.example"}


@pytest.mark.parametrize(
    "page",
    [{"data": 5, "has_more": False}, {"data": [5], "has_more": False}, {"data": []}, {"data": [], "has_more": True}],
)
async def test_a_list_that_is_none_is_no_answer(adapters: Any, page: dict[str, Any]) -> None:
    """What is not there is reported as such only after Stripe has shown everything that is."""
    listed = {"object": "list", "url": "/v1/refunds", **page}
    stripe = adapters.answering(lambda _: httpx.Response(200, json=listed))
    with pytest.raises(PaymentFailure) as failed:
        await stripe.find_refund(UUID(int=1), "pi_1")
    assert failed.value.kind is FailureClass.TRANSIENT


async def test_a_list_without_an_end_is_left(adapters: Any) -> None:
    listed = {"object": "list", "url": "/v1/refunds", "data": [{"id": "re_1", "object": "refund"}], "has_more": True}
    with pytest.raises(PaymentFailure, match="not all were seen"):
        await adapters.answering(lambda _: httpx.Response(200, json=listed)).find_refund(UUID(int=1), "pi_1")


async def test_an_answer_that_drips_is_given_up(adapters: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and there is always one more."""
    monkeypatch.setattr(stripe_client, "_WHOLE_S", 0.05)

    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0)

    with pytest.raises(PaymentFailure, match="TimeoutError") as failed:
        await adapters.answering(lambda _: httpx.Response(200, stream=Dripping())).refund(REFUND, key=UUID(int=0))
    assert failed.value.kind is FailureClass.UNKNOWN_OUTCOME


async def test_a_reading_says_when_it_was_so_at_the_latest(adapters: Any) -> None:
    """By Stripe's clock, which has whole seconds: both ends are rounded away from each other."""
    held = {"id": "sub_1", "customer": "cus_1", "status": "active"}
    headers = {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    observed = await adapters.answering(lambda _: httpx.Response(200, json=held, headers=headers)).subscription("sub_1")
    assert observed.until == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert observed.until - observed.since >= timedelta(seconds=2)


async def test_before_the_first_byte_nothing_can_have_happened(adapters: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(PaymentFailure) as failed:
        await adapters.answering(answer).refund(REFUND, key=UUID(int=0))
    assert failed.value.kind is FailureClass.TRANSIENT


async def test_unheard_after_a_lost_try_it_stays_open(adapters: Any) -> None:
    """The second try never left; the first one may have been heard."""
    lost = iter((httpx.ReadTimeout("lost"), httpx.ConnectError("refused"), httpx.ConnectError("refused")))

    def answer(request: httpx.Request) -> httpx.Response:
        raise next(lost)

    with pytest.raises(PaymentFailure) as failed:
        await adapters.answering(answer).refund(REFUND, key=UUID(int=0))
    assert failed.value.kind is FailureClass.UNKNOWN_OUTCOME


async def test_conflicts_to_the_end_leave_it_open(adapters: Any) -> None:
    """Each says that nothing was done by that try; whether one before it was heard by somebody, they do not."""
    stripe = adapters.answering(lambda _: httpx.Response(409, json={"error": {"type": "invalid_request_error"}}))
    with pytest.raises(PaymentFailure) as failed:
        await stripe.refund(REFUND, key=UUID(int=0))
    assert (failed.value.kind, failed.value.http_status) == (FailureClass.UNKNOWN_OUTCOME, 409)


async def test_who_gives_up_waiting_is_let_go(adapters: Any) -> None:
    """Cancelled in the middle of a call, as when a process stops."""
    entered = asyncio.Event()

    class Never(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            entered.set()
            await asyncio.Event().wait()
            raise AssertionError

    call = asyncio.create_task(adapters.at(transport=Never()).refund(REFUND, key=UUID(int=0)))
    await asyncio.wait_for(entered.wait(), 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
