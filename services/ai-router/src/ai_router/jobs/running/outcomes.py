"""How a job that has no result ends, in words for the user and a code for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from ai_router.providers.errors import ADVICE
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.routing.choose import Dropped
from ai_router.routing.failures import CONSEQUENCES
from contracts.ai_router import JobFailed, SubmitJob


@dataclass(frozen=True, slots=True)
class JobEnd:
    """Why a job failed. ``message`` is shown to the user, ``retryable``: the same job may work later."""

    failure: str
    code: str
    message: str
    retryable: bool

    TOO_LATE: ClassVar[JobEnd]
    INTERNAL: ClassVar[JobEnd]

    @classmethod
    def of(cls, failure: ProviderFailure) -> JobEnd:
        """The end that the last provider's failure stands for."""
        return cls(
            failure.failure.value,
            failure.vendor_code or failure.failure.value.upper(),
            failure.user_message or ADVICE[failure.failure].words,
            CONSEQUENCES[failure.failure].later,
        )

    @classmethod
    def input_gone(cls, error: Exception) -> JobEnd:
        """An input is not in the store, or not what was stored."""
        return cls(
            FailureClass.INPUT.value, "INPUT_MISSING", f"A file this needs cannot be read: {error}", retryable=False
        )


JobEnd.TOO_LATE = JobEnd(
    FailureClass.STUCK.value, "DEADLINE", "This took longer than it may. Try again later.", retryable=True
)
JobEnd.INTERNAL = JobEnd(
    FailureClass.TRANSIENT.value, "INTERNAL", "Something failed on our side. Try again later.", retryable=True
)


def why_nobody(last: ProviderFailure | None, dropped: Iterable[Dropped]) -> JobEnd:
    """The end of a job for which no provider is left (AIR-40): what the last one said, or why none could begin."""
    if last is not None and not CONSEQUENCES[last.failure].later:
        return JobEnd.of(last)
    if last is None and any(one.over_budget for one in dropped):
        return JobEnd(
            FailureClass.QUOTA.value,
            "BUDGET_EXCEEDED",
            "This is more than your plan allows to be spent on one video.",
            retryable=False,
        )
    return JobEnd(
        FailureClass.TRANSIENT.value,
        "PROVIDERS_UNAVAILABLE",
        "No service can do this at the moment. Nothing was charged; try again later.",
        retryable=True,
    )


def failed_event(command: SubmitJob, end: JobEnd, attempts: int, tried: tuple[str, ...], cost: Decimal) -> JobFailed:
    """The event that tells it."""
    return JobFailed(
        job_id=command.job_id,
        run_id=command.run_id,
        user_id=command.user_id,
        capability=command.capability,
        failure=end.failure,
        code=end.code,
        message=end.message,
        retryable=end.retryable,
        attempts=attempts,
        tried=tried,
        cost=cost,
    )
