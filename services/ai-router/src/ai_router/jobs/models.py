"""A job, one call of a provider for it, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from chassis import ids
from chassis.data.leased_work import NewWork, WorkItem
from chassis.observe.context import Context, current
from contracts.ai_router import SubmitJob
from contracts.enums import Status
from contracts.message import Event

WORK = "ai_router.job"
"""Kind of the work that carries out a job; its id is the job's."""

STOP_WORK = "ai_router.stop_at_vendor"
"""Kind of the work that stops a cancelled job's call at its vendor; its id is the call's."""

CallState = Literal["calling", "accepted", "succeeded", "failed", "cancelled", "unknown"]

FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its claimed work carries it, so that starting it reads nothing."""

    command: SubmitJob
    context: Context
    round: int = 0
    """How often the job as a whole was put off (AIR-49)."""

    @property
    def id(self) -> UUID:
        """The job's id."""
        return self.command.job_id

    def payload(self) -> dict[str, Any]:
        """What the work row carries: what the job's row does not."""
        return {"context": self.context.known(), "round": self.round}

    @classmethod
    def of(cls, item: WorkItem) -> Job:
        """The job of claimed work, as part of the attempt at it that is under way."""
        if isinstance(item.subject, cls):
            job = item.subject
        else:
            known = dict(item.payload["context"])
            if "user_id" in known:
                known["user_id"] = UUID(known["user_id"])
            command = SubmitJob.model_validate(item.payload["command"])
            job = cls(command, Context(**known), item.payload["round"])
        attempt = current().traceparent
        if attempt is None or attempt == job.context.traceparent:
            return job
        return replace(job, context=job.context._replace(traceparent=attempt))


class Call(NamedTuple):
    """One attempt at one provider (AIR-19). ``id`` is the idempotency key the vendor gets."""

    id: UUID
    job_id: UUID
    provider: str
    capability: str
    attempt: int
    paid: bool
    started_at: datetime
    estimated_cost: Decimal
    state: CallState = "calling"
    vendor_job_id: str | None = None
    duration_ms: int | None = None
    failure: str | None = None
    error: str | None = None
    units: Decimal | None = None
    cost: Decimal | None = None

    @classmethod
    def begin(
        cls, job: SubmitJob, provider: str, attempt: int, now: datetime, *, estimated_cost: Decimal, paid: bool
    ) -> Call:
        """The call that ``job`` makes as its ``attempt``-th; the same arguments give the same id."""
        return cls(
            ids.derived(job.job_id, provider, attempt),
            job.job_id,
            provider,
            job.capability.value,
            attempt,
            paid,
            now,
            estimated_cost,
        )

    @property
    def open(self) -> bool:
        """Nobody has written down how it ended."""
        return self.state in ("calling", "accepted")

    @property
    def spent(self) -> Decimal:
        """What it cost, or may have cost."""
        if self.cost is not None:
            return self.cost
        return self.estimated_cost if self.state in ("calling", "accepted", "unknown") else Decimal(0)

    def stopping(self) -> NewWork:
        """The work of stopping it at its vendor, as a consequence of what is being done."""
        return NewWork(self.id, STOP_WORK, {"job_id": str(self.job_id), "context": current().known()})

    def ended(
        self,
        state: CallState,
        now: datetime,
        *,
        cost: Decimal,
        units: Decimal = Decimal(0),
        failure: str | None = None,
        error: str | None = None,
    ) -> Call:
        """The call, with how it ended."""
        return self._replace(
            state=state,
            duration_ms=max(0, round((now - self.started_at).total_seconds() * 1000)),
            cost=cost.quantize(FOUR_PLACES),
            units=units.quantize(FOUR_PLACES),
            failure=failure,
            error=None if error is None else error[:1000],
        )


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A result that may answer the same question again."""

    key: str
    user_id: UUID
    provider: str
    result: dict[str, Any]
    expires_at: datetime


class Ending(NamedTuple):
    """How a job ended and everything that is stored with it, in one transaction."""

    job: Job
    status: Status
    event: Event
    """JobCompleted or JobFailed, published and kept."""
    routing: dict[str, Any]
    """What was chosen from, and why."""
    provider: str | None = None
    model: str | None = None
    score: float | None = None
    cost: Decimal = Decimal(0)
    attempts: int = 0
    cache_hit: bool = False
    error: str | None = None
    seconds: float = 0.0
    calls: Sequence[Call] = ()
    """Calls that are not stored yet, or not as they ended."""
    events: Sequence[Event] = ()
    """Facts on the way: fallbacks used, costs."""
    cache: CacheEntry | None = None
