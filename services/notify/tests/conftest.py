from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from chassis import ids
from chassis.run.service import Dependencies, Service
from chassis.storage.folder import FolderStore
from chassis.testing.slices import DatabaseFor, Slice, slice_of
from chassis.work.workers import WorkPool
from contracts.enums import WorkflowType
from contracts.objects import StoredObject
from contracts.workflow import (
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEvent,
    RunFailed,
    RunProgressed,
    StepCompleted,
)
from notify import composition
from notify.settings import Settings


class Run:
    """Events of one run; each call is the next one, or the one whose number is given."""

    def __init__(self, user_id: UUID | None = None) -> None:
        self.id = ids.uuid7()
        self.user_id = user_id or ids.uuid7()
        self._sequence = 0

    def created(self, **fields: Any) -> Any:
        return self._next(RunCreated, workflow_type=WorkflowType.AVATAR_PRESENTATION, **fields)

    def progressed(self, **fields: Any) -> Any:
        return self._next(RunProgressed, **({"progress": 40, "step": "generate", "message": "Animating"} | fields))

    def step(self, **fields: Any) -> Any:
        given = {"step": "enhance", "attempts": 1, "cost": Decimal("0.039"), "seconds": 1.5} | fields
        return self._next(StepCompleted, **given)

    def completed(self, **fields: Any) -> Any:
        video = StoredObject(key="runs/video.mp4", sha256="0" * 64, size=1, mime_type="video/mp4")
        given: dict[str, Any] = {
            "workflow_type": WorkflowType.AVATAR_PRESENTATION,
            "results": {"video": video},
            "cost": Decimal("0.5"),
            "credits": 1,
            "seconds": 12.4,
        }
        return self._next(RunCompleted, **(given | fields))

    def failed(self, **fields: Any) -> Any:
        given = {
            "step": "check",
            "code": "no_face",
            "message": "There is no face in the photo.",
            "retryable": False,
            "credits_returned": True,
        }
        return self._next(RunFailed, **(given | fields))

    def cancelled(self, **fields: Any) -> Any:
        return self._next(RunCancelled, **({"step": "generate", "credits_returned": False} | fields))

    def _next(self, kind: Any, **fields: Any) -> Any:
        self._sequence = fields.pop("sequence", self._sequence + 1)
        return kind(
            run_id=self.id, user_id=self.user_id, product_line="talkingphoto", sequence=self._sequence, **fields
        )


class Notify(Slice):
    """Notify, with what it keeps."""

    store: FolderStore
    _at_work = False

    async def settled(self) -> None:
        """Everything that is due has been carried out, or tried and put off."""
        if not self._at_work:
            self._at_work = True
            for part in self.service.background:
                await part.start()
        for part in self.service.background:
            if isinstance(part, WorkPool):
                part.wake()
        async with asyncio.timeout(20):
            while await self.fetch("SELECT FROM work WHERE run_after <= $1", self.clock.now()):
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End what works in the background."""
        if self._at_work:
            for part in self.service.background:
                await part.stop(1.0)

    async def later(self, by: timedelta) -> None:
        """Move the clock, and let what is due then be carried out."""
        self.clock.advance(by)
        await self.settled()

    async def letters(self, to: str | None = None) -> list[dict[str, Any]]:
        """What is in the local mail box, the oldest first."""
        async with self.client() as client:
            listed = await client.get("/mail/messages", params={"to": to} if to else {})
            assert listed.status_code == 200
            found = [(await client.get(f"/mail/messages/{one['id']}")).json() for one in listed.json()["items"]]
        return found[::-1]

    async def happen(self, *events: RunEvent) -> None:
        """Events reach the log as one batch, then the listeners of the API process hear of them."""
        await self.tell(*events)
        for event in events:
            await self.announce(event)


@pytest.fixture
def new_run() -> type[Run]:
    """Makes the events of a run."""
    return Run


StartNotify = Callable[..., Awaitable[Notify]]


@pytest_asyncio.fixture(loop_scope="session")
async def start_notify(
    database_for: DatabaseFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StartNotify]:
    """Start a notify service on its own database; only its own wake-ups and a rare look keep its streams going."""
    monkeypatch.setattr("notify.live.endpoints._FIRST_NEWS_S", 0.3)
    monkeypatch.setattr("notify.live.endpoints._GAP_S", 0.3)
    store = FolderStore(tmp_path / "objects")

    def build(settings: Settings, deps: Dependencies) -> Service:
        return composition.build(settings, replace(deps, store=store))

    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Notify:
            spec = replace(composition.SPEC, build=build)
            given = {"heartbeat_s": 5, "live_poll_s": 5, **settings}
            notify = await stack.enter_async_context(slice_of(spec, database_for, Notify, settings=given))
            notify.store = store
            stack.push_async_callback(notify.stop)
            return notify

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def notify(start_notify: StartNotify) -> Notify:
    """One notify service."""
    return await start_notify()
