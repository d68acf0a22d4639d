from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from chassis import ids
from chassis.testing.slices import DatabaseFor, Slice, slice_of
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
from notify.composition import SPEC


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

    async def happen(self, *events: RunEvent) -> None:
        """Events reach the log as one batch, then the listeners of the API process hear of them."""
        await self.tell(*events)
        for event in events:
            await self.announce(event)


@pytest.fixture
def new_run() -> type[Run]:
    """Makes the events of a run."""
    return Run


@pytest_asyncio.fixture(loop_scope="session")
async def notify(database_for: DatabaseFor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notify]:
    """One notify service on its own database; only its own wake-ups and a rare look keep its streams going."""
    monkeypatch.setattr("notify.live.endpoints._FIRST_NEWS_S", 0.3)
    monkeypatch.setattr("notify.live.endpoints._GAP_S", 0.3)
    async with slice_of(SPEC, database_for, Notify, settings={"heartbeat_s": 5, "live_poll_s": 5}) as notify:
        yield notify
