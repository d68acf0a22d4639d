"""What ai-router is asked and what it publishes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.billing import Money
from contracts.enums import Capability, Quality, Status
from contracts.message import Command, Event
from contracts.objects import StoredObject

Score = Annotated[float, Field(ge=0, le=10)]


class SubmitJob(Command):
    """Do one piece of AI work. Repeating it for the same ``job_id`` starts nothing new; it may wait longer then."""

    NAME: ClassVar[str] = "ai_router.submit_job.v1"
    READERS: ClassVar[tuple[str, ...]] = ("ai_router",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    job_id: UUID
    run_id: UUID | None = None
    user_id: UUID
    product_line: str
    capability: Capability
    inputs: dict[str, StoredObject] = {}
    parameters: dict[str, Any] = {}
    quality: Quality = Quality.BALANCED
    plan: str = "free"
    budget: Money = Decimal(0)
    """What this job may still cost."""
    minimum_score: Score = 0.0
    exclude: tuple[str, ...] = ()
    """Providers not to use: they have been tried and were not good enough."""
    prefer: str | None = None
    """Provider to use again when it is still possible."""
    deadline: datetime
    """The job has begun by then. Repeating the command with a later one renews it while the job waits."""
    run_for_s: Annotated[float, Field(gt=0)] | None = None
    """How long it may take from its start, its own waits included. None: it has ended by ``deadline``."""


class CancelJob(Command):
    """Stop a job. Cancelling what has ended changes nothing and is answered with how it ended."""

    NAME: ClassVar[str] = "ai_router.cancel_job.v1"
    READERS: ClassVar[tuple[str, ...]] = ("ai_router",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    job_id: UUID
    run_id: UUID | None = None
    reason: str


class JobProgressed(Event):
    """A job got further; ``progress`` is 0 to 100 and never falls within one attempt."""

    NAME: ClassVar[str] = "ai_router.job_progressed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    job_id: UUID
    run_id: UUID | None = None
    capability: Capability
    provider: str
    progress: Annotated[int, Field(ge=0, le=100)]
    message: str


class JobCompleted(Event):
    """A job is done and its result was measured."""

    NAME: ClassVar[str] = "ai_router.job_completed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "analytics")

    job_id: UUID
    run_id: UUID | None = None
    user_id: UUID
    capability: Capability
    provider: str
    model: str | None = None
    outputs: dict[str, StoredObject]
    data: dict[str, Any] = {}
    score: Score | None = None
    measures: dict[str, float] = {}
    attempts: Annotated[int, Field(ge=1)]
    tried: tuple[str, ...] = ()
    """Providers that failed before this one."""
    cost: Money
    seconds: Annotated[float, Field(ge=0)]
    cache_hit: bool = False
    repeatable: bool = True
    """False when the same provider would only make the same result again."""
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """What its judge took points off for, the most first; for people."""


class JobFailed(Event):
    """Every candidate failed, or the input was refused. ``message`` is written for the user."""

    NAME: ClassVar[str] = "ai_router.job_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "analytics")

    job_id: UUID
    run_id: UUID | None = None
    user_id: UUID
    capability: Capability
    failure: str
    code: str
    message: str
    retryable: bool
    attempts: Annotated[int, Field(ge=0)]
    tried: tuple[str, ...] = ()
    cost: Money


class JobCancelled(Event):
    """A job was stopped on request."""

    NAME: ClassVar[str] = "ai_router.job_cancelled.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    job_id: UUID
    run_id: UUID | None = None
    cost: Money


class CostRecorded(Event):
    """A provider call cost something (also a failed one)."""

    NAME: ClassVar[str] = "ai_router.cost_recorded.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "analytics")

    attempt_id: UUID
    job_id: UUID
    run_id: UUID | None = None
    user_id: UUID
    provider: str
    capability: Capability
    units: Decimal
    unit_cost: Money
    cost: Money
    currency: str = "INR"


class FallbackUsed(Event):
    """A provider failed and the next one was taken."""

    NAME: ClassVar[str] = "ai_router.fallback_used.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    job_id: UUID
    run_id: UUID | None = None
    capability: Capability
    failed: str
    failure: str
    next_provider: str


class JobChanged(Event):
    """How a job that a person ordered by itself is now. ``sequence`` counts per job, so that readers can order them.

    A job that is a step of a run is told of by the run's own events.
    """

    NAME: ClassVar[str] = "ai_router.job_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    job_id: UUID
    user_id: UUID
    product_line: str
    sequence: Annotated[int, Field(ge=1)]
    capability: Capability
    status: Status
    progress: Annotated[int, Field(ge=0, le=100)]
    message: str
    """For a person."""
    provider: str | None = None
    cost: Money | None = None
    """In all, once it has ended."""
    credits: Annotated[int, Field(ge=0)] | None = None
    """Spent; once it has ended."""
    code: str | None = None
    """Why it failed, for programs."""
    retryable: bool | None = None


class JobDelivered(Event):
    """A job that a person ordered by itself is done and paid for, and this is what it made, of what, and with what.

    What was made for a project is the project's from then on: the files stay when the job is removed.
    """

    NAME: ClassVar[str] = "ai_router.job_delivered.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    job_id: UUID
    user_id: UUID
    product_line: str
    capability: Capability
    project_id: UUID | None = None
    provider: str
    model: str | None = None
    inputs: dict[str, StoredObject] = {}
    outputs: dict[str, StoredObject]
    parameters: dict[str, Any] = {}
    """What was asked for, in our words."""
    seed: str | None = None
    """What chance began with, where that is known."""
    score: Score | None = None
    cost: Money
    credits: Annotated[int, Field(ge=0)] = 0
    warnings: tuple[str, ...] = ()


class DailyCostReached(Event):
    """Much (``warning``) or all (``limit``) of what AI work may cost in a day is spent; told once a day each (CON-40).

    From the limit on only local providers work, until midnight UTC or until an administrator allows more.
    """

    NAME: ClassVar[str] = "ai_router.daily_cost_reached.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    day_began: datetime
    """Midnight UTC."""
    threshold: Literal["warning", "limit"]
    cost: Money
    limit: Money
    currency: str = "INR"


class ProviderHealthChanged(Event):
    """An outside provider can take work again, or cannot any more, as the checks found (CON-39)."""

    NAME: ClassVar[str] = "ai_router.provider_health_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    provider: str
    healthy: bool
    error: str | None = None
    """What went wrong, for operators."""


class CapabilityPriced(Event):
    """What one order of a capability costs at least, told at start and whenever it changes.

    ``version`` rises per capability; an older one never replaces a newer one. A provider that costs nothing and may be
    chosen makes it zero.
    """

    NAME: ClassVar[str] = "ai_router.capability_priced.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export", "workflow")

    capability: Capability
    least_cost: Money
    """Of the smallest order that is priced, in the currency of a job's cost and of a run's budget."""
    unit: str
    """What the price grows with: ``image``, ``second``, ``character``."""
    per_unit: Money
    """What each unit of it costs."""
    cheapest_model: str
    """Provider and model that it is the price of, for operators."""
    version: Annotated[int, Field(ge=0)]


class AiRouterUserDataErased(Event):
    """A person's jobs, and what they made, are gone.

    ``ask``: of the ``users.user_deletion_requested.v1`` that this answers.
    """

    NAME: ClassVar[str] = "ai_router.user_data_erased.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    user_id: UUID
    ask: int


class AiRouterDataExportPartReady(Event):
    """What ai-router knows of a person is in the store, as JSON; users makes one archive of all parts."""

    NAME: ClassVar[str] = "ai_router.data_export_part_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    export_id: UUID
    part: StoredObject
