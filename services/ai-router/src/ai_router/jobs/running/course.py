"""What has happened so far to a job that is being carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ai_router.jobs.models import Call, Job
from ai_router.jobs.running.validation import Verdict
from ai_router.providers.port import ProviderFailure, ProviderResult
from ai_router.routing.choose import Candidate
from contracts.message import Event


@dataclass(slots=True)
class Accepted:
    """A result, who made it, and what was thought of it."""

    candidate: Candidate
    call: Call
    result: ProviderResult
    verdict: Verdict


@dataclass(slots=True)
class Course:
    """What has happened to a job so far."""

    job: Job
    started: datetime
    attempts: int = 0
    spent: Decimal = Decimal(0)
    tried: list[str] = field(default_factory=list)
    """Providers that failed, in order."""
    unsaved: list[Call] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    last_failure: ProviderFailure | None = None
    may_work_later: bool = False
    best: Accepted | None = None
    delivered: Decimal = Decimal(0)
    """Cost of what the call under way has delivered: due even when the result is no good."""

    @property
    def failed(self) -> frozenset[str]:
        """Providers not to be asked again in this round."""
        return frozenset(self.tried)
