"""Stripe's documented error answers, row by row: class, whether to repeat, words for the person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from billing.payments.port import ADVICE, FailureClass
from billing.payments.stripe_errors import WORDS, failure_of

ROWS = [json.loads(line) for line in Path(__file__).with_name("error_answers.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['status']}-{(row['error'] or {}).get('code')}")
def test_what_an_answer_stands_for(row: dict[str, Any]) -> None:
    body = {"error": {**row["error"], "message": "Something."}} if row["error"] else None
    failure = failure_of(row["status"], {"request-id": "req_1", "retry-after": "3"}, body, changes=True)
    assert failure.kind == row["kind"]
    assert failure.retryable is row["retryable"]
    assert row["words"] in failure.user_message
    assert (failure.http_status, failure.request_id, failure.retry_after_s) == (row["status"], "req_1", 3.0)
    reading = failure_of(row["status"], {}, body, changes=False)
    assert reading.kind == row.get("reading", row["kind"])


def test_every_class_and_every_word_is_in_the_table() -> None:
    said = {(row["error"] or {}).get(field) for row in ROWS for field in ("code", "decline_code")}
    assert {row["kind"] for row in ROWS} == set(FailureClass) == set(ADVICE)
    assert WORDS.keys() - said <= {"incorrect_number"}


@pytest.mark.parametrize(
    "body", [None, [], "text", {"error": "text"}, {"error": {"type": 7, "code": [], "message": {}}}]
)
def test_an_answer_in_no_known_shape_is_still_classified(body: Any) -> None:
    assert failure_of(418, {}, body, changes=True).kind is FailureClass.INVALID
    assert failure_of(599, {}, body, changes=True).kind is FailureClass.UNKNOWN_OUTCOME


def test_a_key_that_stripe_repeats_is_cut_out() -> None:
    body = {"error": {"message": "Invalid API Key provided: sk_test_51Habc***********wxyz", "code": "rk_live_abc"}}
    failure = failure_of(401, {}, body, changes=True)
    assert "sk_test" not in str(failure)
    assert failure.code == "[secret]"
