"""A webhook is believed when it is signed with its secret, and then only."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from talkingphoto_client.webhooks import NotOurs, verify

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
BODY = json.dumps({"type": "workflow.completed", "timestamp": "2026-11-30T10:00:00Z", "data": {"id": "w1"}})


def signed(body: str, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body),
    }


def test_what_is_signed_is_read() -> None:
    event = verify(SECRET, BODY.encode(), signed(BODY))
    assert (event.id, event.type, event.data) == ("msg_1", "workflow.completed", {"id": "w1"})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(BODY, secret="whsec_" + base64.b64encode(b"another").decode()),
        signed(BODY + " "),
        signed(BODY, at=datetime.now(UTC) - timedelta(minutes=10)),
        {**signed(BODY), "Webhook-Signature": "nonsense"},
    ],
    ids=["none", "another-secret", "another-body", "old", "nonsense"],
)
def test_what_is_not_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotOurs):
        verify(SECRET, BODY, headers)


def test_so_is_what_is_signed_and_no_event() -> None:
    with pytest.raises(NotOurs):
        verify(SECRET, "[]", signed("[]"))
