"""Contract events in the engine's words. What the engine does not need stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from contracts.ai_router import JobCancelled, JobCompleted, JobFailed, JobProgressed
from contracts.billing import CreditsCaptured, CreditsReleased, CreditsReserved, ReservationRefused
from contracts.export import KitCompleted, KitFailed, RenditionCompleted, RenditionFailed
from contracts.message import Event
from workflow.engine.signals import Answered, Progressed, Signal
from workflow.engine.state import Failure

ANSWERS: tuple[type[Event], ...] = (
    CreditsReserved,
    ReservationRefused,
    CreditsCaptured,
    CreditsReleased,
    JobProgressed,
    JobCompleted,
    JobFailed,
    JobCancelled,
    RenditionCompleted,
    RenditionFailed,
    KitCompleted,
    KitFailed,
)


def translate(event: Event) -> tuple[UUID, Signal] | None:
    """The run an answer belongs to and what it says; None when it belongs to none."""
    run_id: UUID | None = getattr(event, "run_id", None)
    return None if run_id is None else (run_id, _TABLE[type(event)](event))


def _clean(text: str) -> str:
    """PostgreSQL's text has no NUL; a vendor's message must not poison the whole batch it came with."""
    return text.replace("\x00", "")[:2000]


def _reserved(event: CreditsReserved) -> Signal:
    data = {
        "credits": event.credits,
        "plan": event.plan,
        "budget": str(event.budget),
        "priority": event.priority.value,
    }
    return Answered(event.NAME, event.reservation_id, data=data)


def _refused(event: ReservationRefused) -> Signal:
    details = {
        "limit": event.limit,
        "used": event.used,
        "upgrade_to": list(event.upgrade_to),
        "anew_at": event.anew_at.isoformat() if event.anew_at is not None else None,
    }
    return Answered(
        event.NAME, event.reservation_id, failure=Failure(event.reason, _clean(event.message), details=details)
    )


def _captured(event: CreditsCaptured) -> Signal:
    return Answered(event.NAME, event.reservation_id, data={"credits": event.credits})


def _released(event: CreditsReleased) -> Signal:
    # To whoever asked for a release this is the yes, to whoever asked for anything else the no.
    failure = Failure("not_held", "The credits are not held any more.")
    return Answered(event.NAME, event.reservation_id, data={"credits": event.credits}, failure=failure)


def _progressed(event: JobProgressed) -> Signal:
    return Progressed(event.job_id, event.progress / 100, event.provider)


def _completed(event: JobCompleted) -> Signal:
    return Answered(
        event.NAME,
        event.job_id,
        outputs=event.outputs,
        # How long what was made is: speech is as long as it is, whatever was asked for.
        data={
            **{name: event.data[name] for name in _FACTS if name in event.data},
            **{name: event.measures[name] for name in ("duration",) if name in event.measures},
        },
        provider=event.provider,
        model=None if event.model is None else _clean(event.model),
        score=event.score,
        cost=event.cost,
        seconds=event.seconds,
        repeatable=event.repeatable,
        warnings=tuple(_clean(words) for warning in event.warnings if (words := _WORDS.get(warning, warning))),
    )


_FACTS = ("duration", "title", "language", "hooks", "shortfall_reasons", "method")
"""What of a result's own words a step may keep, where it learns it."""

_WORDS = {
    "low_quality": "",
    "model_ignored": "The model that was asked for is not offered by the service that made this.",
}
"""What a person is told for the router's codes; of a low quality the step's own gate speaks."""


def _failed(event: JobFailed) -> Signal:
    failure = Failure(event.code, _clean(event.message), retryable=event.retryable, tried=event.tried)
    return Answered(event.NAME, event.job_id, cost=event.cost, failure=failure)


def _cancelled(event: JobCancelled) -> Signal:
    return Answered(event.NAME, event.job_id, cost=event.cost)


def _rendered(event: RenditionCompleted) -> Signal:
    return Answered(
        event.NAME,
        event.rendition_id,
        outputs=event.outputs,
        data={} if event.whole else {"whole": False},
        seconds=event.seconds,
        warnings=tuple(_clean(warning) for warning in event.warnings),
    )


def _not_rendered(event: RenditionFailed) -> Signal:
    failure = Failure(event.code, _clean(event.message), retryable=event.retryable)
    return Answered(event.NAME, event.rendition_id, failure=failure)


def _packed(event: KitCompleted) -> Signal:
    return Answered(event.NAME, event.kit_id, outputs={"kit": event.kit}, seconds=event.seconds)


def _not_packed(event: KitFailed) -> Signal:
    return Answered(event.NAME, event.kit_id, failure=Failure(event.code, _clean(event.message), event.retryable))


_TABLE: dict[type[Event], Callable[[Any], Signal]] = {
    CreditsReserved: _reserved,
    ReservationRefused: _refused,
    CreditsCaptured: _captured,
    CreditsReleased: _released,
    JobProgressed: _progressed,
    JobCompleted: _completed,
    JobFailed: _failed,
    JobCancelled: _cancelled,
    RenditionCompleted: _rendered,
    RenditionFailed: _not_rendered,
    KitCompleted: _packed,
    KitFailed: _not_packed,
}
