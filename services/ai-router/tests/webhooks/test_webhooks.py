"""A vendor tells that a job has ended: believed when it is signed, and then looked up at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ai_router.jobs.running.vendor import Polling
from ai_router.providers.registry import configured
from ai_router.webhooks.signatures import is_signed
from contracts.ai_router import JobCompleted
from contracts.enums import Capability

SECRET = "whsec_" + base64.b64encode(b"sixteen bytes...").decode()
PATH = "/api/v1/vendors/replicate/webhook"


def _signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    sent = str(int(at if at is not None else time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, b"msg_1." + sent.encode() + b"." + body, hashlib.sha256).digest()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(b'older').decode()} v1,{base64.b64encode(made).decode()}",
    }


def test_only_what_is_signed_just_now_is_believed() -> None:
    body, now = b'{"id": "p1"}', datetime.now(UTC)
    assert is_signed(_signed(body), body, SECRET, now)
    assert not is_signed(_signed(body), body + b" ", SECRET, now)
    assert not is_signed(_signed(body), body, SECRET, now + timedelta(minutes=6))
    other = "whsec_" + base64.b64encode(b"another secret..").decode()
    assert not is_signed(_signed(body, secret=other), body, SECRET, now)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert not is_signed({**_signed(body), name: ""}, body, SECRET, now), name
    assert not is_signed(_signed(body), body, "whsec_!", now)


async def test_who_waits_looks_as_soon_as_it_is_told(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """Long before the next question would be asked; what is told of others, or twice, changes nothing."""
    patient = quick(polling=Polling(first_s=0.01, most_s=600.0, stop_s=600.0))
    film = studio("replicate", polls_needed=2)
    router = await start_router(
        {"replicate": film}, validator=judge(), options=patient, settings={"replicate_webhook_secret": SECRET}
    )

    async def slow(vendor_job_id: str, request: Any, poll: Any = film.poll) -> Any:
        answer = await poll(vendor_job_id, request)
        return answer if film.polls >= film.polls_needed else type(answer)(0.5, poll_after_s=600.0)

    film.poll = slow
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5}, prefer="replicate", budget=Decimal(100))
    await router.tell(job)
    await router.eventually("SELECT state FROM provider_calls", ["accepted"])
    unsigned = await router.http.post(PATH, content=b'{"id": "job-1"}')
    assert (unsigned.status_code, unsigned.json()["error"]["code"]) == (400, "webhook_not_signed")
    for number in ("job-9", "job-1", "job-1"):
        body = json.dumps({"id": number, "status": "succeeded"}).encode()
        assert (await router.http.post(PATH, content=body, headers=_signed(body))).status_code == 204
    done = await router.wait_for(JobCompleted, job.job_id, timeout_s=20)
    assert (done.provider, film.submits) == ("replicate", 1)
    unknown = await router.http.post(PATH.replace("replicate", "veo3"), content=body, headers=_signed(body))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "webhook_not_expected")


@pytest.mark.parametrize("told_at", ["", "https://ours.example/api/v1/vendors/replicate/webhook"])
async def test_a_vendor_is_asked_to_tell_where_its_secret_is_set(told_at: str) -> None:
    async with httpx.AsyncClient() as client:
        settings = {"REPLICATE_API_KEY": "key", "REPLICATE_WEBHOOK_URL": told_at}
        (provider,) = configured(settings, lambda: client).values()
        asked = provider._tells()  # type: ignore[attr-defined]
    assert asked == ({"webhook": told_at, "webhook_events_filter": ["completed"]} if told_at else {})
