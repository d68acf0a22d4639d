"""Events that are forwarded to a program here: as the platform's own webhooks, each once, over broken connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, Request
from standardwebhooks import Webhook
from starlette.responses import Response, StreamingResponse

from chassis import ids
from chassis.testing.served import served
from contracts.enums import WorkflowType
from contracts.workflow import RunCancelled, RunCompleted, RunCreated, RunFailed, RunProgressed, StepCompleted
from notify.live.updates import update_of
from notify.webhooks import models
from talkingphoto.client import Client
from talkingphoto.webhooks import listening
from talkingphoto.webhooks.commands import _target

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
RUN, USER = ids.uuid7(), ids.uuid7()


def event(kind: type[Any], sequence: int, **fields: Any) -> Any:
    return kind(run_id=RUN, user_id=USER, product_line="talkingphoto", sequence=sequence, **fields)


EVENTS = [
    event(RunCreated, 1, workflow_type=WorkflowType.EDUCATIONAL),
    event(RunProgressed, 2, progress=10, step="enhance", message="Enhancing"),
    event(StepCompleted, 3, step="enhance", attempts=1, cost=Decimal("0.5"), seconds=1.5),
    event(RunCompleted, 4, workflow_type=WorkflowType.EDUCATIONAL, results={}, cost=Decimal(1), credits=1, seconds=9),
    event(RunFailed, 5, step="speak", code="x", message="No.", retryable=True, credits_returned=True),
    event(RunCancelled, 6, step="speak", credits_returned=True),
]


@pytest.mark.parametrize("happened", EVENTS, ids=[type(one).__name__ for one in EVENTS])
def test_what_is_forwarded_is_what_the_platform_would_send(happened: Any) -> None:
    found = listening.told(update_of(happened, NOW).body)
    if not models.is_told(happened):
        assert found is None
        return
    sent = models.told(SimpleNamespace(message=happened, envelope=SimpleNamespace(time=NOW)))  # type: ignore[arg-type]
    assert found is not None and (found[1], json.loads(found[2])) == (sent.type, json.loads(sent.body))
    assert found[0].startswith("msg_") and found == listening.told(update_of(happened, NOW).body)


def test_jobs_that_are_ordered_alone_are_not_told() -> None:
    assert listening.told({"type": "ai_job_status", "state": "completed", "sequence": 1}) is None


class Platform:
    """A feed with one event that was there before, whose stream breaks off after each one that follows."""

    def __init__(self) -> None:
        self.log = [update_of(one, NOW).body for one in EVENTS]
        self.asked_from: list[str | None] = []
        self.app = FastAPI()
        self.app.get("/api/v1/events")(self.piece)
        self.app.get("/api/v1/events/stream")(self.stream)

    async def piece(self, after: int) -> dict[str, Any]:
        return {"items": [], "next": max(after, 1), "more": False}

    async def stream(self, request: Request) -> Response:
        last = int(request.headers.get("Last-Event-ID") or 0)
        self.asked_from.append(request.headers.get("Last-Event-ID"))

        async def one() -> AsyncIterator[bytes]:
            if last < len(self.log):
                yield f"id: {last + 1}\nevent: x\ndata: {json.dumps(self.log[last])}\n\n".encode()
            else:
                await asyncio.Event().wait()

        return StreamingResponse(one(), media_type="text/event-stream")


class Receiver:
    """A program here; ``seen`` has what it verified. It refuses the second."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.seen: list[Any] = []
        self.app = FastAPI()
        self.app.post("/hooks")(self.hear)

    async def hear(self, request: Request) -> Response:
        self.seen.append(Webhook(self.secret).verify(await request.body(), dict(request.headers)))
        return Response(status_code=500 if len(self.seen) == 2 else 204)


async def heard(platform: Platform, secret: str, kinds: frozenset[str], count: int) -> tuple[Receiver, list[Any]]:
    receiver, said = Receiver(secret), list[Any]()
    enough = asyncio.Event()

    def say(*words: str) -> None:
        said.append(words)
        if len(said) == count:
            enough.set()

    async with served(platform.app) as url, served(receiver.app) as target, Client(url) as client:
        task = asyncio.ensure_future(listening.listen(client, f"{target}/hooks", secret, kinds, say))
        await asyncio.wait(
            {task, waits := asyncio.ensure_future(enough.wait())}, timeout=30, return_when="FIRST_COMPLETED"
        )
        assert waits.done(), "it heard too little"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return receiver, said


async def test_what_happens_from_now_on_is_forwarded_once_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_RECONNECT_S", 0.01)
    platform = Platform()
    receiver, said = await heard(platform, listening.new_secret(), frozenset(), 4)
    kinds = ["workflow.step_completed", "workflow.completed", "workflow.failed", "workflow.cancelled"]
    assert [one["type"] for one in receiver.seen] == kinds, "what had happened before is not told, the rest is once"
    assert said == [(kind, str(RUN), "500" if nth == 1 else "204") for nth, kind in enumerate(kinds)]
    assert platform.asked_from[:3] == ["1", "2", "3"]


async def test_only_what_is_asked_for_is_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_RECONNECT_S", 0.01)
    receiver, _ = await heard(Platform(), listening.new_secret(), frozenset({"workflow.cancelled"}), 1)
    assert [one["type"] for one in receiver.seen] == ["workflow.cancelled"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("4000", "http://127.0.0.1:4000/"),
        ("4000/hooks", "http://127.0.0.1:4000/hooks"),
        ("localhost:4000/hooks", "http://localhost:4000/hooks"),
        ("https://box.local/x", "https://box.local/x"),
        ("ftp://x", None),
        ("http://", None),
        ("99999", None),
    ],
)
def test_a_port_is_enough(typed: str, meant: str | None) -> None:
    assert _target(typed) == meant
