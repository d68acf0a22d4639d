"""Vendors that behave as scripted, and a judge that gives the scores a test wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.running.runner import RunnerOptions
from ai_router.jobs.running.validation import Verdict
from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import (
    Accepted,
    Declaration,
    FailureClass,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Ready,
    Report,
    Running,
    Workspace,
)
from contracts.ai_router import SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject

Step = FailureClass | ProviderFailure | None

RESULT = StoredObject(key="images/result.jpg", sha256="1" * 64, size=10, mime_type="image/jpeg")


def _raise(step: Step) -> None:
    if isinstance(step, FailureClass):
        raise ProviderFailure(step, f"scripted {step}", user_message=f"words for {step}")
    if step is not None:
        raise step


@dataclass
class Painter:
    """Does its work in one call; ``script`` says how each call goes (None: well), then all go well."""

    key: str
    capability: Capability = Capability.IMAGE_ENHANCEMENT
    script: list[Step] = field(default_factory=list)
    idempotency: Any = "none"
    calls: list[UUID] = field(default_factory=list)
    models: list[str | None] = field(default_factory=list)
    """The model each call named."""
    units: Decimal = Decimal(1)
    block: Any = None
    """An ``asyncio.Event`` to wait for before answering."""

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return (Declaration(self.capability, (f"{self.key}-1",), frozenset(), "image", self.idempotency),)

    async def healthy(self) -> None:
        return None

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        self.calls.append(request.attempt_id)
        self.models.append(request.model)
        if self.block is not None:
            await self.block.wait()
        _raise(self.script.pop(0) if self.script else None)
        return ProviderResult(outputs={"image": RESULT}, units=self.units, model=f"{self.key}-1")


@dataclass
class Studio:
    """Takes jobs and is asked again. Its jobs live in ``jobs`` and survive our crashes."""

    key: str = "veo3"
    capability: Capability = Capability.VIDEO_GENERATION
    polls_needed: int = 2
    lose_answer: bool = False
    """The job is taken, and the answer is lost."""
    never_arrives: bool = False
    """The request is lost on the way, and nobody can tell from the error."""
    cannot_look_up: bool = False
    poll_script: list[Step] = field(default_factory=list)
    jobs: dict[str, UUID] = field(default_factory=dict)
    submits: int = 0
    polls: int = 0
    lookups: int = 0
    cancelled: list[str] = field(default_factory=list)
    seconds: Decimal = Decimal(5)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return (Declaration(self.capability, ("studio-1",), frozenset(), "second", "lookup", max_seconds=10.0),)

    async def healthy(self) -> None:
        return None

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        self.submits += 1
        if self.never_arrives:
            raise ProviderFailure(FailureClass.UNKNOWN_OUTCOME, "lost on the way")
        vendor_job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[vendor_job_id] = request.attempt_id
        if self.lose_answer:
            raise ProviderFailure(FailureClass.UNKNOWN_OUTCOME, "answer lost")
        return Accepted(vendor_job_id, poll_after_s=0.0)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        self.polls += 1
        _raise(self.poll_script.pop(0) if self.poll_script else None)
        return Ready() if self.polls >= self.polls_needed else Running(0.5, poll_after_s=0.01)

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        video = StoredObject(key="videos/result.mp4", sha256="2" * 64, size=10, mime_type="video/mp4")
        return ProviderResult(outputs={"video": video}, units=self.seconds, vendor_job_id=vendor_job_id)

    async def cancel(self, vendor_job_id: str) -> bool:
        self.cancelled.append(vendor_job_id)
        return True

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        self.lookups += 1
        if self.cannot_look_up:
            raise ProviderFailure(FailureClass.UNKNOWN_OUTCOME, "no way to tell")
        for vendor_job_id, attempt_id in self.jobs.items():
            if attempt_id == request.attempt_id:
                return Accepted(vendor_job_id, poll_after_s=0.0)
        return None


@dataclass
class Judge:
    """Gives each provider's results a fixed score, by the model's name; 9 where none is set."""

    scores: Mapping[str | None, float] = field(default_factory=dict)

    async def check(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> Verdict:
        return Verdict(self.scores.get(result.model, 9.0), {"seen": 1.0})


@pytest.fixture
def painter() -> type[Painter]:
    return Painter


@pytest.fixture
def studio() -> type[Studio]:
    return Studio


@pytest.fixture
def judge() -> type[Judge]:
    return Judge


@pytest.fixture
def quick() -> Callable[..., RunnerOptions]:
    """Options without waits."""

    def make(**fields: Any) -> RunnerOptions:
        given: dict[str, Any] = {
            "polling": Polling(first_s=0.01, most_s=0.02, stop_s=5.0),
            "quick_retry_s": 0.01,
            "rounds_s": (),
        }
        return RunnerOptions(**{**given, **fields})

    return make
