"""Stripe's documented error answers, row by row: class, whether to repeat, words for the person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from billing.payments.port import ADVICE, FailureClass, NewCustomer, PaymentFailure
from billing.payments.stripe.errors import CODES, STATUSES, WORDS
from chassis import ids

ROWS = [json.loads(line) for line in Path(__file__).with_name("error_answers.jsonl").read_text("utf-8").splitlines()]
HEADERS = {"request-id": "req_1", "retry-after": "3", "stripe-should-retry": "false"}
WANTED = NewCustomer(user_id=ids.uuid7(), email="payer@example.com")


async def failed(adapters: Any, status: int, body: Any, *, changes: bool = True) -> PaymentFailure:
    """What the port says when Stripe gives this answer, once."""
    stripe = adapters.answering(lambda _: httpx.Response(status, json=body, headers=HEADERS))
    with pytest.raises(PaymentFailure) as raised:
        await (stripe.create_customer(WANTED, key=ids.uuid7()) if changes else stripe.checkout("cs_1"))
    return raised.value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['status']}-{(row['error'] or {}).get('code')}")
async def test_what_an_answer_stands_for(adapters: Any, row: dict[str, Any]) -> None:
    body = {"error": {**row["error"], "message": "Something."}} if row["error"] else None
    failure = await failed(adapters, row["status"], body)
    assert failure.kind == row["kind"]
    assert failure.retryable is row["retryable"]
    assert row["words"] in failure.user_message
    assert (failure.http_status, failure.request_id, failure.retry_after_s) == (row["status"], "req_1", 3.0)
    reading = await failed(adapters, row["status"], body, changes=False)
    assert reading.kind == row.get("reading", row["kind"])


def test_every_class_and_every_word_is_in_the_table() -> None:
    said = {(row["error"] or {}).get(field) for row in ROWS for field in ("code", "decline_code")}
    assert {row["kind"] for row in ROWS} == set(FailureClass) == set(ADVICE)
    assert WORDS.keys() - said <= {"incorrect_number"}


@pytest.mark.parametrize("kind", ["code", "status"])
async def test_every_rule_is_kept(adapters: Any, kind: str) -> None:
    """Also those that no documented row shows."""
    for name, expected in (CODES if kind == "code" else STATUSES).items():
        body = {"error": {"type": "invalid_request_error", "code": name}} if kind == "code" else None
        assert (await failed(adapters, 400 if kind == "code" else int(name), body)).kind is expected, name


@pytest.mark.parametrize(
    "body", [None, [], "text", {"error": "text"}, {"error": [1]}, {"error": {"type": 7, "code": [], "message": {}}}]
)
async def test_an_answer_in_no_known_shape_is_still_classified(adapters: Any, body: Any) -> None:
    assert (await failed(adapters, 418, body)).kind is FailureClass.INVALID
    assert (await failed(adapters, 599, body)).kind is FailureClass.UNKNOWN_OUTCOME


async def test_a_key_that_stripe_repeats_is_cut_out(adapters: Any) -> None:
    body = {"error": {"message": "Invalid API Key provided: sk_test_51Habc***********wxyz", "code": "rk_live_abc"}}
    failure = await failed(adapters, 401, body)
    assert "sk_test" not in str(failure)
    assert failure.code == "[secret]"
