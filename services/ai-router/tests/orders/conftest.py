"""A maker of anything, uploads that a test says are there, and billing as it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.running.runner import RunnerOptions
from ai_router.jobs.running.validation import Verdict
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from chassis import ids
from chassis.errors import ServiceError
from chassis.messaging.consumer import wait_until
from chassis.storage import keys
from contracts.ai_router import SubmitJob
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability, Priority

_EXTENSION = {"image": "jpeg", "audio": "wav", "video": "mp4"}


@dataclass
class Maker:
    """Makes what its capability promises, and remembers each request. ``script``: how each call goes; None is well."""

    key: str
    capability: Capability = Capability.IMAGE_ENHANCEMENT
    role: str = "image"
    honours: frozenset[str] = frozenset({"enhancement_type", "strength"})
    script: list[FailureClass | None] = field(default_factory=list)
    requests: list[ProviderRequest] = field(default_factory=list)
    block: Any = None

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return (Declaration(self.capability, (f"{self.key}-1",), self.honours, "image", "key", max_characters=500),)

    async def healthy(self) -> None:
        return None

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        self.requests.append(request)
        if self.block is not None:
            await self.block.wait()
        failure = self.script.pop(0) if self.script else None
        if failure is not None:
            raise ProviderFailure(failure, f"scripted {failure}", user_message=f"words for {failure}")
        extension = _EXTENSION[self.role]
        file = workspace.directory / f"made.{extension}"
        file.write_bytes(f"{self.key} {request.parameters}".encode())
        stored = await workspace.keep(file, f"{self.role}/{extension}", role=self.role)
        outputs = {self.role: stored}
        if self.role == "audio":
            times = workspace.directory / "times.json"
            times.write_text('{"duration": 2.5, "words": []}')
            outputs["timings"] = await workspace.keep(times, "application/json", role="timings")
        ignored = tuple(name for name in request.parameters if name not in self.honours)
        return ProviderResult(outputs=outputs, units=Decimal(1), model=f"{self.key}-1", ignored=ignored)


@dataclass
class Judge:
    """Gives a fixed score."""

    score: float = 9.0

    async def check(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> Verdict:
        return Verdict(self.score, {"duration": 2.5})


@dataclass
class Uploads:
    """What workflow knows. Satisfies ``Files``; a user's token is the user's id here."""

    known: dict[tuple[UUID, str], dict[str, Any]] = field(default_factory=dict)

    rights: dict[tuple[UUID, str], str] = field(default_factory=dict)

    refuses: ServiceError | None = None

    async def check_account(self, token: str) -> None:
        if self.refuses is not None:
            raise self.refuses

    async def about(self, file_id: UUID, token: str) -> dict[str, Any] | None:
        return self.known.get((file_id, token))

    async def right(self, project_id: UUID, token: str) -> str | None:
        return self.rights.get((project_id, token))

    async def add(
        self, store: Any, user_id: UUID, content: bytes = b"photo", mime_type: str = "image/jpeg", scan: str = "clean"
    ) -> UUID:
        """A file, as workflow stores and describes it."""
        file_id, now = ids.uuid7(), datetime.now(UTC)
        make = {"image": keys.image_key, "video": keys.video_key, "audio": keys.audio_key}[mime_type.split("/")[0]]
        await store.put_bytes(content, make(user_id, mime_type.split("/")[1], now, file_id.hex), mime_type)
        self.known[file_id, str(user_id)] = {"created_at": now.isoformat(), "scan_status": scan}
        return file_id


@dataclass
class Billing:
    """Answers a router for billing."""

    router: Any

    async def asked(self, kind: type[Any], job_id: UUID) -> Any:
        """The first command of a kind about a job."""
        await wait_until(lambda: bool(self.router.commands(kind, job_id)), timeout_s=20)
        return self.router.commands(kind, job_id)[0]

    async def holds(self, job_id: UUID, *, budget: str = "10") -> None:
        asked: ReserveCredits = await self.asked(ReserveCredits, job_id)
        self.held = CreditsReserved(
            reservation_id=job_id,
            run_id=job_id,
            user_id=asked.user_id,
            credits=asked.credits,
            plan="pro",
            budget=Decimal(budget),
            priority=Priority.NORMAL,
        )
        await self.router.tell(self.held)

    async def refuses(self, job_id: UUID) -> None:
        asked: ReserveCredits = await self.asked(ReserveCredits, job_id)
        words = "1 credits are needed, 0 are available."
        await self.router.tell(
            ReservationRefused(
                reservation_id=job_id,
                run_id=job_id,
                user_id=asked.user_id,
                reason="insufficient_credits",
                message=words,
            )
        )

    async def spends(self, job_id: UUID) -> None:
        asked: CaptureCredits = await self.asked(CaptureCredits, job_id)
        self.spent = CreditsCaptured(reservation_id=job_id, run_id=job_id, user_id=ids.uuid7(), credits=asked.credits)
        await self.router.tell(self.spent)

    async def gives_back(self, job_id: UUID) -> None:
        await self.router.tell(
            CreditsReleased(reservation_id=job_id, run_id=job_id, user_id=ids.uuid7(), credits=1, reason="asked")
        )

    async def released(self, job_id: UUID) -> ReleaseCredits:
        found: ReleaseCredits = await self.asked(ReleaseCredits, job_id)
        return found


@pytest.fixture
def maker() -> type[Maker]:
    return Maker


@pytest.fixture
def judge() -> type[Judge]:
    return Judge


@pytest.fixture
def billing() -> type[Billing]:
    return Billing


@pytest.fixture
def uploads() -> Uploads:
    return Uploads()


@pytest.fixture
def at_once() -> RunnerOptions:
    """Nothing is put off."""
    return RunnerOptions(quick_retry_s=0.01, rounds_s=())


@pytest.fixture
def headers() -> Callable[..., Mapping[str, str]]:
    """Of a request of a user."""
    return lambda user, **more: {"Authorization": f"Bearer {user}", **more}
