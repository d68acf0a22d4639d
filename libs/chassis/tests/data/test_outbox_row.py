"""What is stored of a message is enough to publish it again as it was."""

from __future__ import annotations

from typing import Any

import pytest

from chassis import ids
from chassis.bus.messages import Outgoing, outgoing
from chassis.clock import SystemClock
from chassis.data.outbox_row import from_row, packed
from chassis.observe import context
from contracts.ai_router import CancelJob
from contracts.message import Message


def _row(message: Outgoing, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "id": message.id,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "headers": headers,
        "body": message.body,
        "mandatory": message.mandatory,
    }


def _wrapped(message: Message, **known: Any) -> Outgoing:
    return outgoing(message, service="billing", now=SystemClock().now(), cause=context.Context(**known))


@pytest.mark.parametrize("command", [True, False])
@pytest.mark.parametrize(
    "known",
    [{}, {"correlation_id": "c", "causation_id": "d", "product_line": "pixie", "traceparent": "00-1-2-01"}],
    ids=["bare", "full"],
)
def test_an_envelope_is_stored_short_and_comes_back_whole(
    registered: Any, command: bool, known: dict[str, Any]
) -> None:
    message = _wrapped(CancelJob(job_id=ids.uuid7(), reason="late") if command else registered(), **known)
    stored = packed(message)
    assert from_row(_row(message, stored)) == message
    assert not {"id", "specversion", "dataschema"} & stored.keys()
    assert ("type" in stored) is command


def test_headers_that_are_no_envelope_of_ours_and_rows_from_before_come_back_as_they_are(registered: Any) -> None:
    message = _wrapped(registered())
    assert from_row(_row(message, dict(message.headers))) == message
    for headers in (
        {},
        {"n": "1"},
        dict(message.headers) | {"x-attempt": "2"},
        dict(message.headers) | {"cloudEvents:id": str(ids.uuid7())},
    ):
        odd = Outgoing(message.id, message.exchange, message.routing_key, headers, message.body)
        assert packed(odd) == headers
        assert from_row(_row(odd, packed(odd))) == odd
