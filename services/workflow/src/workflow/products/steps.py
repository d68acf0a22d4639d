"""What all products' definitions share: credits set aside first and settled last, jobs of ai-router in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
)
from contracts.enums import Capability, Priority, Quality
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Retry, Step, Undo
from workflow.engine.state import ONLY, Run
from workflow.settings import Settings

Ask = Callable[[Run, Asking], Command]


def timing(settings: Settings, times: int = 1) -> dict[str, Any]:
    """The waits of a step, where its work takes ``times`` as long as a picture's."""
    return {
        "retry": Retry(settings.retry_delays_s),
        "within_s": settings.step_within_s * times,
        "patience": settings.step_patience,
        "stop_within_s": settings.stop_within_s,
    }


def job(timing: Mapping[str, Any]) -> dict[str, Any]:
    """What every step has that is a job of ai-router."""
    return {"done": JobCompleted, "no": JobFailed, "stop": _cancel_job, "stopped": JobCancelled, **timing}


def reserving(
    settings: Settings, ask: Ask, waits_for: str, progress: tuple[int, int], *, after: str | None = None
) -> Step:
    """The step that has credits set aside, which are given back where the run does not come to its end."""
    return Step(
        "reserve",
        waits_for,
        progress,
        needs=() if after is None else (after,),
        ask=ask,
        done=CreditsReserved,
        no=ReservationRefused,
        undo=Undo(release, CreditsReleased, settings.undo_within_s, settings.undo_tries),
        learns=("credits", "plan", "budget", "priority"),
        **timing(settings),
    )


def settling(
    settings: Settings, ask: Ask, waits_for: str, progress: tuple[int, int], *, after: str, not_charged: str
) -> Step:
    """The step that settles the credits: from there on the run can only be completed.

    A hold that has expired in the meantime cannot be captured: what was made is there, costs nothing, and its owner
    reads ``not_charged``.
    """
    return Step(
        "capture",
        waits_for,
        progress,
        needs=(after,),
        ask=ask,
        done=CreditsCaptured,
        no=CreditsReleased,
        optional=True,
        optional_warning=not_charged,
        commits=True,
        shares_ref="reserve",
        learns=("credits",),
        **{**timing(settings), "retry": Retry(())},
    )


def budget(run: Run) -> Decimal:
    """What its providers may cost in all."""
    return Decimal(_reservation(run).get("budget", 0))


def plan(run: Run) -> str:
    """Whose providers are chosen; empty until credits are set aside."""
    return str(_reservation(run).get("plan", ""))


def lane(run: Run) -> Priority:
    """How soon it is worked on."""
    return Priority(_reservation(run).get("priority") or run.brief.input.get("priority") or Priority.NORMAL)


def reserved(run: Run) -> int:
    """The credits that are set aside."""
    return int(_reservation(run).get("credits", 0))


def captured(run: Run) -> int:
    """The credits that the user has paid."""
    found = run.results("capture").get(ONLY)
    return int(found.data.get("credits", 0)) if found is not None else 0


def capture(run: Run, asking: Asking) -> Command:
    """Charge what is set aside."""
    return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=reserved(run), actual_cost=run.state.cost)


def release(run: Run, ref: UUID, reason: str) -> Command:
    """Give back what is set aside."""
    return ReleaseCredits(reservation_id=ref, run_id=run.id, reason=reason)


def submit(
    run: Run,
    asking: Asking,
    capability: Capability,
    inputs: Mapping[str, StoredObject],
    parameters: Mapping[str, Any],
) -> SubmitJob:
    """A job with what it was handed of the run's budget (WFL-32)."""
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        capability=capability,
        inputs=dict(inputs),
        parameters=dict(parameters),
        quality=Quality(run.brief.input.get("quality", Quality.BALANCED)),
        plan=plan(run) or "free",
        budget=asking.budget,
        minimum_score=asking.minimum_score,
        exclude=asking.exclude,
        prefer=asking.prefer,
        deadline=asking.deadline,
        run_for_s=asking.run_for_s,
    )


def given(**parameters: Any) -> dict[str, Any]:
    """Those that the order names."""
    return {name: value for name, value in parameters.items() if value is not None}


def _reservation(run: Run) -> Mapping[str, Any]:
    found = run.results("reserve").get(ONLY)
    return found.data if found is not None else {}


def _cancel_job(run: Run, ref: UUID, reason: str) -> Command:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)
