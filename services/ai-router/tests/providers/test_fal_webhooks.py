"""fal's webhooks: signed, late, lost, twice, forged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ai_router.providers.http import VendorHttp
from ai_router.providers.vendors.fal import DIALECT, Fal
from ai_router.providers.vendors.fal_webhook import Announcement, FalWebhooks, NotFromFal
from contracts.enums import Capability
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.matrix.drive import drive
from simulators.matrix.scenarios import Scenario, request_of
from simulators.matrix.workspace import FolderWorkspace
from simulators.vendors.fal import Fal as FalSimulator

_SCENARIO = Scenario("fal_ai", "fal", Capability.IMAGE_GENERATION, (), {"prompt": "a lighthouse"})


@dataclass
class Post:
    """A fal with somebody to tell."""

    simulator: FalSimulator
    adapter: Fal
    webhooks: FalWebhooks
    received: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async def deliver(url: str, headers: Mapping[str, str], body: bytes) -> None:
        made.received.append((url, headers, body))

    simulator = FalSimulator(deliver=deliver)
    async with httpx.AsyncClient(transport=InProcess({"fal.simulated": simulator.app})) as client:
        http = VendorHttp(client, "http://fal.simulated", DIALECT, {"authorization": f"Key {simulator.key}"})
        adapter = Fal(http, webhook_url="https://router.example/hooks/fal")
        made = Post(simulator, adapter, FalWebhooks(client, "http://fal.simulated/.well-known/jwks.json"))
        yield made


async def test_the_announcement_names_the_job_and_the_attempt(post: Post, workspace: FolderWorkspace) -> None:
    request = request_of(_SCENARIO, workspace)
    accepted = await post.adapter.submit(request, workspace)
    [(url, headers, body)] = post.received
    assert url == f"https://router.example/hooks/fal?attempt={request.attempt_id}"
    told = await post.webhooks.verify(headers, body)
    assert told == Announcement(accepted.vendor_job_id.rpartition("/")[2], good=True)


async def test_a_failed_job_is_announced_as_such(post: Post, workspace: FolderWorkspace) -> None:
    post.simulator.plan.script("submit", [Fault.JOB_FAILED])
    await post.adapter.submit(request_of(_SCENARIO, workspace), workspace)
    told = await post.webhooks.verify(*post.received[0][1:])
    assert not told.good


@pytest.mark.parametrize(
    ("fault", "calls"), [(Fault.WEBHOOK_LOST, 0), (Fault.WEBHOOK_LATE, 1), (Fault.WEBHOOK_TWICE, 2)]
)
async def test_the_result_arrives_however_often_fal_tells(
    post: Post, workspace: FolderWorkspace, fault: Fault, calls: int
) -> None:
    """Late, lost or doubled: polling finds the one job, and each announcement says the same."""
    post.simulator.plan.script("submit", [fault])
    result = await drive(post.adapter, request_of(_SCENARIO, workspace), workspace)
    assert result.outputs["image"].size > 0
    assert len(post.simulator.ledger) == 1
    assert len(post.received) == calls
    told = {await post.webhooks.verify(headers, body) for _, headers, body in post.received}
    assert len(told) == min(calls, 1)


async def _announced(post: Post, workspace: FolderWorkspace) -> tuple[dict[str, str], bytes]:
    await post.adapter.submit(request_of(_SCENARIO, workspace), workspace)
    _, headers, body = post.received[0]
    return dict(headers), body


@pytest.mark.parametrize("missing", ["request-id", "user-id", "timestamp", "signature"])
async def test_a_missing_header_is_refused(post: Post, workspace: FolderWorkspace, missing: str) -> None:
    headers, body = await _announced(post, workspace)
    del headers[f"x-fal-webhook-{missing}"]
    with pytest.raises(NotFromFal):
        await post.webhooks.verify(headers, body)


@pytest.mark.parametrize(
    "change",
    [
        {"x-fal-webhook-request-id": "another"},
        {"x-fal-webhook-user-id": "another"},
        {"x-fal-webhook-signature": "00" * 64},
        {"x-fal-webhook-signature": "not hex"},
        {"x-fal-webhook-timestamp": "soon"},
    ],
)
async def test_a_changed_header_is_refused(post: Post, workspace: FolderWorkspace, change: dict[str, str]) -> None:
    headers, body = await _announced(post, workspace)
    with pytest.raises(NotFromFal):
        await post.webhooks.verify({**headers, **change}, body)


async def test_a_changed_body_is_refused(post: Post, workspace: FolderWorkspace) -> None:
    headers, body = await _announced(post, workspace)
    forged: dict[str, Any] = {**json.loads(body), "payload": {"images": [{"url": "https://evil.example/x.png"}]}}
    with pytest.raises(NotFromFal):
        await post.webhooks.verify(headers, json.dumps(forged).encode())


async def test_a_signed_body_about_another_request_is_refused(post: Post, workspace: FolderWorkspace) -> None:
    headers, _ = await _announced(post, workspace)
    body = json.dumps({"request_id": "other", "status": "OK"}).encode()
    with pytest.raises(NotFromFal):
        await post.webhooks.verify(post.simulator.signed(headers["x-fal-webhook-request-id"], body), body)


async def test_an_old_announcement_is_refused(post: Post, workspace: FolderWorkspace) -> None:
    """Five minutes of leeway: a replayed call is worth nothing."""
    headers, body = await _announced(post, workspace)
    now = int(headers["x-fal-webhook-timestamp"])
    post.webhooks.clock = lambda: now + 299.0
    assert (await post.webhooks.verify(headers, body)).good
    post.webhooks.clock = lambda: now + 301.0
    with pytest.raises(NotFromFal):
        await post.webhooks.verify(headers, body)


async def test_forgeries_do_not_make_us_fetch_keys_without_end(post: Post, workspace: FolderWorkspace) -> None:
    headers, body = await _announced(post, workspace)
    now = float(headers["x-fal-webhook-timestamp"])
    post.webhooks.clock = lambda: now
    asked: list[str] = []
    post.webhooks.client.event_hooks = {"request": [_noted(asked)]}
    for _ in range(5):
        with pytest.raises(NotFromFal):
            await post.webhooks.verify({**headers, "x-fal-webhook-signature": "00" * 64}, body)
    assert len(asked) == 1


def _noted(asked: list[str]) -> Any:
    async def note(request: httpx.Request) -> None:
        asked.append(str(request.url))

    return note
