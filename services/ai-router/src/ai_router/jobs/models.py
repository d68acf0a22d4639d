"""A job, one call of a provider for it, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from ai_router.routing.spoken import Part
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

FREE_WARNINGS = frozenset({"low_quality"})
"""A result with one of these is handed out and costs its owner nothing, as with runs."""

FOUR_PLACES = Decimal("0.0001")


class Delivered(NamedTuple):
    """What a call brought, and what one unit of it costs."""

    units: Decimal = Decimal(0)
    unit_cost: Decimal = Decimal(0)

    @property
    def counted(self) -> Decimal:
        """The units, as the books have them."""
        return self.units.quantize(FOUR_PLACES)

    @property
    def cost(self) -> Decimal:
        """What it costs, as the books have it."""
        return (self.counted * self.unit_cost).quantize(FOUR_PLACES)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its claimed work carries it, so that starting it reads nothing."""

    command: SubmitJob
    context: Context
    round: int = 0
    """How often the job as a whole was put off (AIR-49)."""
    ends_by: datetime | None = None
    """When a job that has begun, and was put off, has to have ended."""
    waited_s: float = 0.0
    """How long it has waited for a cheaper provider."""
    credits: int | None = None
    """Held for it, where it was ordered by itself."""
    speaks_for: UUID | None = None
    """The job of the film that its speech is for, where that was ordered by itself."""

    @property
    def id(self) -> UUID:
        """The job's id."""
        return self.command.job_id

    def payload(self) -> dict[str, Any]:
        """What the work row carries: what the job's row does not."""
        return {
            "context": self.context.known(),
            "round": self.round,
            **({} if self.ends_by is None else {"ends_by": self.ends_by.isoformat()}),
            **({"waited_s": self.waited_s} if self.waited_s else {}),
        }

    @classmethod
    def of(cls, item: WorkItem) -> Job:
        """The job of claimed work, as part of the attempt at it that is under way."""
        if isinstance(item.subject, cls):
            job = item.subject
        else:
            known = dict(item.payload["context"])
            if "user_id" in known:
                known["user_id"] = UUID(known["user_id"])
            ends_by = item.payload.get("ends_by")
            job = cls(
                SubmitJob.model_validate(item.payload["command"]),
                Context(**known),
                item.payload["round"],
                None if ends_by is None else datetime.fromisoformat(ends_by),
                item.payload.get("waited_s", 0.0),
                item.payload.get("credits"),
                None if item.payload.get("speaks_for") is None else UUID(item.payload["speaks_for"]),
            )
        attempt = current().traceparent
        if attempt is None or attempt == job.context.traceparent:
            return job
        return replace(job, context=job.context._replace(traceparent=attempt))

    def end_by(self, now: datetime) -> datetime:
        """When the job has to have ended if it begins, or goes on, at ``now``: by then, where that is in the past."""
        command = self.command
        if self.ends_by is not None:
            return self.ends_by
        if command.run_for_s is None or command.deadline <= now:
            return command.deadline
        return now + timedelta(seconds=command.run_for_s)


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
    from_s: Decimal | None = None
    """With ``to_s``: which part of a longer speech its clip is for. None: for the whole."""
    to_s: Decimal | None = None
    clip: str | None = None
    """The stored clip of a part, as JSON, until the film is joined."""
    discarded: str | None = None
    """Keys of what it has stored and the job does not hand out, as JSON; None: nothing."""

    @classmethod
    def begin(
        cls,
        job: SubmitJob,
        provider: str,
        attempt: int,
        now: datetime,
        *,
        estimated_cost: Decimal,
        paid: bool,
        part: Part | None = None,
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
            from_s=None if part is None else part.start,
            to_s=None if part is None else part.end,
        )

    def without(self, outputs: Collection[str]) -> Call:
        """The call, where ``outputs`` are handed out by the job that it has ended."""
        keys = [key for key in json.loads(self.discarded or "[]") if key not in outputs]
        return self._replace(discarded=json.dumps(keys) if keys else None)

    @property
    def part(self) -> Part | None:
        """The part of a longer speech that it is for."""
        return None if self.from_s is None or self.to_s is None else Part(self.from_s, self.to_s)

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

    @property
    def estimate(self) -> Delivered:
        """What it counts as while nobody knows what it brought."""
        return Delivered(Decimal(1), self.estimated_cost)

    def stopping(self) -> NewWork:
        """The work of stopping it at its vendor, as a consequence of what is being done."""
        return NewWork(self.id, STOP_WORK, {"job_id": str(self.job_id), "context": current().known()})

    def ended(
        self,
        state: CallState,
        now: datetime,
        delivered: Delivered,
        *,
        failure: str | None = None,
        error: str | None = None,
    ) -> Call:
        """The call, with how it ended."""
        return self._replace(
            state=state,
            duration_ms=max(0, round((now - self.started_at).total_seconds() * 1000)),
            cost=delivered.cost,
            units=delivered.counted,
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
    cut_short: bool = False
    """Its time was over: a vendor may be working on, and charging, for nothing."""
    cache: CacheEntry | None = None

    @property
    def is_paid_for(self) -> bool:
        """Whether whoever ordered it by itself pays for what it made: its judge passed it, and it was made for them."""
        free = self.cache_hit or not FREE_WARNINGS.isdisjoint(getattr(self.event, "warnings", ()))
        return self.status is Status.COMPLETED and not free
