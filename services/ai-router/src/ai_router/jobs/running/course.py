"""What has happened so far to a job that is being carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ai_router.jobs.models import Call, Job
from ai_router.jobs.running.validation import Verdict
from ai_router.providers.port import ProviderFailure, ProviderResult
from ai_router.routing.choose import Candidate
from ai_router.routing.spoken import SpokenText
from contracts.ai_router import FallbackUsed
from contracts.message import Event


@dataclass(slots=True)
class Accepted:
    """A result, who made it, and what was thought of it."""

    candidate: Candidate
    result: ProviderResult
    verdict: Verdict


@dataclass(slots=True)
class Course:
    """What has happened to a job so far."""

    job: Job
    lease: UUID
    """Token of the lease under which it is carried out."""
    started: datetime
    ends_by: datetime
    attempts: int = 0
    spent: Decimal = Decimal(0)
    tried: list[str] = field(default_factory=list)
    """Providers that failed, in order."""
    unsaved: list[Call] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    last_failure: ProviderFailure | None = None
    may_work_later: bool = False
    spoken: SpokenText | None = None
    """What a film is made for, where that is longer than somebody's longest clip."""
    best: Accepted | None = None
    busy: str | None = None
    """A cheaper provider that would be asked if its own limits had room."""
    given_up: bool = False
    """The last of ``tried`` was given up, and nobody has been asked since."""

    def give_up(self, provider: str) -> None:
        """A provider is not asked again in this round."""
        self.tried.append(provider)
        self.given_up = True

    def go_on_with(self, provider: str) -> None:
        """A provider is asked; told as a fallback where it is because another was given up."""
        if self.given_up and self.last_failure is not None:
            self.events.append(
                FallbackUsed(
                    job_id=self.job.id,
                    run_id=self.job.command.run_id,
                    capability=self.job.command.capability,
                    failed=self.tried[-1],
                    failure=self.last_failure.failure,
                    next_provider=provider,
                )
            )
            self.last_failure = None
        self.given_up = False

    @property
    def failed(self) -> frozenset[str]:
        """Providers not to be asked again in this round."""
        return frozenset(self.tried)
