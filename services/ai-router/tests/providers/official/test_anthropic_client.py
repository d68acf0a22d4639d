"""``anthropic`` against the Anthropic simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from ai_router.providers.language import TASKS
from contracts.enums import Capability
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.serve import Served

VENDOR = "anthropic"


@pytest.fixture
def client(vendor: Served) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=vendor.simulator.key, base_url=vendor.url, max_retries=0) as client:
        yield client


def _ask(client: anthropic.Anthropic) -> Any:
    schema = dict(TASKS[Capability.HOOK_DETECTION].schema)
    turn = json.dumps({"transcript": [{"start": 1.0, "end": 4.0, "text": "Wait for it."}], "duration": 9})
    return client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=1000,
        system="find hooks",
        messages=[{"role": "user", "content": turn}],
        output_config={"format": {"type": "json_schema", "schema": schema}},
    )


def test_a_structured_answer(client: anthropic.Anthropic) -> None:
    """The schema the adapter sends is one the client accepts, and the answer follows it."""
    message = _ask(client)
    assert message.stop_reason == "end_turn"
    hooks = json.loads(message.content[0].text)["hooks"]
    assert [(hook["start"], hook["end"]) for hook in hooks] == [(1.0, 4.0)]
    assert message.usage.output_tokens > 0


def test_a_refusal_is_a_stop_reason(client: anthropic.Anthropic, vendor: Served) -> None:
    vendor.simulator.plan.script("perform", [Fault.REFUSED_INPUT])
    message = _ask(client)
    assert message.stop_reason == "refusal"
    assert message.stop_details.explanation


@pytest.mark.parametrize(
    ("fault", "raised", "kind"),
    [
        (Fault.AUTH, anthropic.AuthenticationError, "authentication_error"),
        (Fault.BAD_INPUT, anthropic.BadRequestError, "invalid_request_error"),
        (Fault.QUOTA, anthropic.APIStatusError, "billing_error"),
        (Fault.THROTTLED_HINT, anthropic.RateLimitError, "rate_limit_error"),
        (Fault.OVERLOADED, anthropic.InternalServerError, "overloaded_error"),
        (Fault.SERVER_ERROR, anthropic.InternalServerError, "api_error"),
    ],
)
def test_errors_have_the_documented_shape(
    client: anthropic.Anthropic, vendor: Served, fault: Fault, raised: type[anthropic.APIStatusError], kind: str
) -> None:
    vendor.simulator.plan.script("perform", [fault])
    with pytest.raises(raised) as caught:
        _ask(client)
    assert caught.value.type == kind
    if fault is Fault.THROTTLED_HINT:
        assert caught.value.response.headers["retry-after"] == str(HINT_SECONDS)


def test_a_time_out_is_one(client: anthropic.Anthropic, vendor: Served) -> None:
    vendor.simulator.plan.script("perform", [Fault.HANG_BEFORE])
    with pytest.raises(anthropic.APITimeoutError):
        _ask(client.with_options(timeout=0.3))
