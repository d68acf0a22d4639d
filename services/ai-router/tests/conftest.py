"""The AI router as it runs, on a real PostgreSQL, an in-process bus and a folder store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from ai_router.composition import SPEC, build
from ai_router.jobs.running.runner import RunnerOptions
from ai_router.jobs.running.validation import Validator, Verdict
from ai_router.jobs.running.vendor import Polling
from ai_router.orders.sources import Files
from ai_router.providers.port import (
    Accepted,
    Declaration,
    FailureClass,
    Provider,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Ready,
    Report,
    Running,
    Workspace,
)
from chassis import ids
from chassis.bus import port as bus_port
from chassis.bus.messages import COMMANDS, Delivery, command_key
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec
from chassis.clock import SystemClock
from chassis.identity.tokens import Identity, Verifier
from chassis.messaging.consumer import wait_until
from chassis.testing.running import RunningSlice, StartSlice, message_in
from chassis.testing.slices import TokenIsTheUser
from contracts.ai_router import SubmitJob
from contracts.enums import Capability, Priority
from contracts.message import Command
from contracts.objects import StoredObject


class Router(RunningSlice):
    """A running AI router and what it has published, and asked of billing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.asked: list[Command] = []
        lanes = tuple(Binding(COMMANDS, command_key("billing", lane)) for lane in Priority)
        self.bus.subscribe(QueueSpec("test.billing", lanes), self._hear)

    async def _hear(self, deliveries: Sequence[Delivery]) -> Sequence[bus_port.Verdict]:
        for delivery in deliveries:
            command = message_in(delivery)
            assert isinstance(command, Command)
            self.asked.append(command)
        return [ACKNOWLEDGE] * len(deliveries)

    def commands(self, kind: type[Any], job_id: UUID | None = None) -> list[Any]:
        """What billing was asked, of a kind, in order: about everything, or about a job."""
        return [one for one in self.asked if isinstance(one, kind) and job_id in (None, getattr(one, "run_id", None))]

    def events(self, kind: type[Any], job_id: UUID | None = None) -> list[Any]:
        """Published events of a kind, in order, about everything or about a job."""
        return [event for event in super().events(kind) if job_id in (None, getattr(event, "job_id", None))]

    async def wait_for(self, kind: type[Any], job_id: UUID, *, timeout_s: float = 30.0) -> Any:
        """The first event of a kind about a job."""
        await wait_until(lambda: bool(self.events(kind, job_id)), timeout_s=timeout_s)
        return self.events(kind, job_id)[0]


StartRouter = Callable[..., Awaitable[Router]]


@pytest.fixture
def start_router(start_slice: StartSlice) -> StartRouter:
    """Start a router: ``await start_router(providers, validator=..., options=..., settings=..., url=...)``."""

    async def start(
        providers: Mapping[str, Provider] | None = None,
        *,
        validator: Validator | None = None,
        options: RunnerOptions | None = None,
        settings: Mapping[str, Any] | None = None,
        files: Files | None = None,
        **others: Any,
    ) -> Router:
        parts = {"providers": providers or {}, "validator": validator, "options": options, "files": files}
        spec = replace(SPEC, build=partial(build, **parts))
        chosen = {"catalogue_max_age_s": 0.0, **(settings or {})}
        return await start_slice(spec, Router, settings=chosen, **others)

    return start


class AdminsToo(TokenIsTheUser):
    """As the other one; ``admin-`` before the id makes an administrator."""

    async def verify(self, token: str) -> Identity:
        identity = await super().verify(token.removeprefix("admin-"))
        return replace(identity, role="admin") if token.startswith("admin-") else identity


@pytest.fixture
def as_admin() -> Verifier:
    return AdminsToo(SystemClock())


@pytest.fixture
def a_job() -> Callable[..., SubmitJob]:
    """Builds a command; give what the test is about."""

    def make(capability: Capability = Capability.IMAGE_ENHANCEMENT, **fields: Any) -> SubmitJob:
        given = {
            "job_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": ids.uuid7(),
            "product_line": "talkingphoto",
            "capability": capability,
            "budget": Decimal(10),
            "plan": "enterprise",
            "deadline": datetime.now(UTC) + timedelta(minutes=5),
        }
        return SubmitJob(**{**given, **fields})

    return make


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
    """Options without waits. Nobody is given up for being slow: whoever tests that sets a limit of their own."""

    def make(**fields: Any) -> RunnerOptions:
        given: dict[str, Any] = {
            "polling": Polling(first_s=0.01, most_s=0.02, stop_s=60.0),
            "quick_retry_s": 0.01,
            "rounds_s": (),
        }
        return RunnerOptions(**{**given, **fields})

    return make
