"""What is stored and published when a job ends, from what happened to it. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ai_router.catalogue.models import Offer
from ai_router.jobs.models import CacheEntry, Call, Ending, Job
from ai_router.jobs.running.course import Accepted, Course
from ai_router.jobs.running.outcomes import JobEnd, failed_event
from contracts.ai_router import CostRecorded, JobCompleted
from contracts.enums import Status


def completed(
    course: Course,
    accepted: Accepted,
    offer: Offer,
    now: datetime,
    *,
    warning: str = "",
    keep: tuple[str, datetime] | None = None,
    cut_short: bool = False,
) -> Ending:
    """The end of a job with a result. ``offer``: of the provider that made it.

    ``keep``: under which key and until when the result may answer the same question; None: it may not.
    """
    job, result, verdict = course.job, accepted.result, accepted.verdict
    command = job.command
    event = JobCompleted(
        job_id=command.job_id,
        run_id=command.run_id,
        user_id=command.user_id,
        capability=command.capability,
        provider=offer.provider,
        model=result.model,
        outputs=dict(result.outputs),
        data=dict(result.data),
        score=verdict.score,
        measures=verdict.measures,
        reasons=verdict.warnings,
        attempts=max(1, course.attempts),
        tried=tuple(name for name in course.tried if name != offer.provider),
        cost=course.spent,
        seconds=_seconds(course, now),
        repeatable=not offer.deterministic,
        warnings=(*((warning,) if warning else ()), *result.warnings, *_ungranted(job, accepted)),
    )
    used = {stored.key for stored in event.outputs.values()}
    return Ending(
        job=job,
        status=Status.COMPLETED,
        event=event,
        provider=event.provider,
        model=event.model,
        score=event.score,
        cost=event.cost,
        attempts=event.attempts,
        seconds=event.seconds,
        routing={"choices": course.choices},
        calls=[call.without(used) for call in course.unsaved],
        events=course.events,
        cut_short=cut_short,
        cache=CacheEntry(keep[0], command.user_id, event.provider, event.model_dump(mode="json"), keep[1])
        if keep is not None
        else None,
    )


def failed(course: Course, end: JobEnd, now: datetime) -> Ending:
    """The end of a job without a result."""
    event = failed_event(course.job.command, end, course.attempts, tuple(course.tried), course.spent)
    return Ending(
        job=course.job,
        status=Status.FAILED,
        event=event,
        provider=course.tried[-1] if course.tried else None,
        cost=course.spent,
        attempts=course.attempts,
        error=end.message,
        seconds=_seconds(course, now),
        routing={"choices": course.choices},
        calls=course.unsaved,
        events=course.events,
        cut_short=True,
    )


def cost_recorded(job: Job, call: Call, unit_cost: Decimal) -> CostRecorded:
    """What a call of ``job`` that has ended cost, for the books."""
    return CostRecorded(
        attempt_id=call.id,
        job_id=call.job_id,
        run_id=job.command.run_id,
        user_id=job.command.user_id,
        provider=call.provider,
        capability=job.command.capability,
        units=call.units if call.units is not None else Decimal(1),
        unit_cost=unit_cost,
        cost=call.spent,
    )


def _ungranted(job: Job, accepted: Accepted) -> tuple[str, ...]:
    """Codes of the wishes of who ordered the job by itself that were not granted."""
    if job.credits is None:
        return ()
    wishes = job.command.parameters
    ignored = tuple(f"ignored:{name}" for name in accepted.result.ignored if name in wishes and name != "model")
    other = job.command.prefer is not None and accepted.candidate.provider != job.command.prefer
    return (*ignored, "provider_ignored") if other else ignored


def _seconds(course: Course, now: datetime) -> float:
    return max(0.0, (now - course.started).total_seconds())
