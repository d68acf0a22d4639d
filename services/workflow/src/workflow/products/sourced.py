"""What products have in common that are made of a video: where it comes from, what it counts for, how it is paid.

Where a link is given it is looked at before anything is set aside, and brought afterwards; an upload is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability, Priority, Quality
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Retry, Step, Undo
from workflow.engine.state import ONLY, Run
from workflow.engine.timing import Shape, critical_s
from workflow.paces.models import Pace, Paces
from workflow.products.product import Estimate
from workflow.settings import Settings

CREDITS = 1
"""The plan's count decides, and its credits follow it (BIL-47)."""
LONG_FILMS = 4
"""So many times longer than a picture's are the silences and the deadlines of work on a whole film."""
ASSUMED_S = 300.0
"""A video of which nothing is known yet."""


class SourcedInput(BaseModel):
    """What every order of a video has; checked when the run was accepted, kept with it, never changed."""

    model_config = ConfigDict(frozen=True)

    url: str | None = None
    """The one address of the video, where it is to be fetched."""
    video: StoredObject | None = None
    """The upload, where it is one."""
    source_s: float | None = None
    """How long the upload is."""
    max_seconds: float
    """How long a video may be by the plan, as far as that was known when it was ordered."""
    title: str
    quality: Quality = Quality.BALANCED
    priority: Priority = Priority.NORMAL
    estimated_cost: Decimal = Decimal(0)
    credits: int = CREDITS
    paces: dict[str, float] = {}


Order = TypeVar("Order", bound=SourcedInput)

LOOK, FETCH = Shape(2.0), Shape(2.0, 0.05)


def opening(settings: Settings, meter: str, order_of: Callable[[Run], SourcedInput]) -> tuple[Step, ...]:
    """The steps until the video is here: looked at, counted, brought."""
    by_link = _by_link(order_of)
    long = timing(settings, LONG_FILMS)
    return (
        Step(
            "look",
            "the video to be found",
            (0, 5),
            fan_out=by_link,
            ask=_looking(order_of),
            learns=("duration", "title"),
            shape=LOOK,
            **job(timing(settings)),
        ),
        Step(
            "reserve",
            "your plan to be asked",
            (5, 10),
            needs=("look",),
            ask=_reserving(meter, order_of),
            done=CreditsReserved,
            no=ReservationRefused,
            undo=Undo(_release, CreditsReleased, settings.undo_within_s, settings.undo_tries),
            learns=("credits", "plan", "budget", "priority"),
            **timing(settings),
        ),
        Step(
            "fetch",
            "the video to be fetched",
            (10, 30),
            needs=("reserve",),
            fan_out=by_link,
            ask=_fetching(order_of),
            learns=("duration", "title"),
            shape=FETCH,
            **job(long),
        ),
    )


def closing(settings: Settings, after: str) -> Step:
    """The step that settles what was counted; from there on the run can only be completed."""
    return Step(
        "capture",
        "your plan's count to be settled",
        (95, 100),
        needs=(after,),
        ask=_capture,
        done=CreditsCaptured,
        # A hold that has expired in the meantime cannot be captured: the clip is there, and counts for nothing.
        no=CreditsReleased,
        optional=True,
        optional_warning="This was not counted.",
        commits=True,
        shares_ref="reserve",
        learns=("credits",),
        **{**timing(settings), "retry": Retry(())},
    )


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


def submit(
    run: Run,
    asking: Asking,
    capability: Capability,
    inputs: Mapping[str, StoredObject],
    parameters: Mapping[str, Any],
) -> SubmitJob:
    """A job with what it was handed of the run's budget."""
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        capability=capability,
        inputs=dict(inputs),
        parameters={name: value for name, value in parameters.items() if value is not None},
        quality=Quality(run.brief.input.get("quality", Quality.BALANCED)),
        plan=plan(run) or "free",
        budget=asking.budget,
        minimum_score=asking.minimum_score,
        exclude=asking.exclude,
        prefer=asking.prefer,
        deadline=asking.deadline,
        run_for_s=asking.run_for_s,
    )


def video(run: Run, order: SourcedInput) -> StoredObject:
    """The video itself; raises ``LookupError`` while it is not here."""
    return order.video if order.video is not None else run.result("fetch").outputs["video"]


def seconds(run: Run, order: SourcedInput) -> float:
    """How long the video is, as far as that is known."""
    if order.source_s is not None:
        return order.source_s
    told = (*run.results("fetch").values(), *run.results("look").values())
    return next((float(one.data["duration"]) for one in told if "duration" in one.data), ASSUMED_S)


def budget(run: Run) -> Decimal:
    """What its providers may cost in all."""
    return Decimal(_reservation(run).get("budget", 0))


def plan(run: Run) -> str:
    """Whose providers are chosen."""
    return str(_reservation(run).get("plan", ""))


def lane(run: Run) -> Priority:
    """How soon it is worked on."""
    return Priority(_reservation(run).get("priority") or run.brief.input.get("priority") or Priority.NORMAL)


def credits(run: Run) -> int:
    """What was counted in the end."""
    found = run.results("capture").get("")
    return int(found.data.get("credits", 0)) if found is not None else 0


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    parts: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
) -> Estimate:
    """Expected cost and time for a video of ``film_s`` seconds of which ``parts`` clips are made."""
    known = {step.name: paces.get(step.name, Pace(cost=0.0)) for step in definition.steps}
    units = {step.name: parts if step.name == "clips" else 1 for step in definition.steps}
    steps = [step for step in definition.steps if made is None or step.name in made]
    took = {step.name: step.shape.seconds(film_s, units[step.name]) * known[step.name].pace for step in steps}
    cost = Decimal(str(round(sum(known[step.name].cost * step.shape.cost_units(film_s) for step in steps), 4)))
    if run_budget is not None:
        cost = min(cost, run_budget)
    return Estimate(cost.quantize(Decimal("0.0001")), CREDITS, round(critical_s(definition.steps, took), 1))


def _by_link(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run], Sequence[str]]:
    return lambda run: (ONLY,) if order_of(run).url is not None else ()


def _looking(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    return lambda run, asking: _source(run, asking, order_of(run), only_look=True)


def _fetching(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    return lambda run, asking: _source(run, asking, order_of(run))


def _source(run: Run, asking: Asking, order: SourcedInput, *, only_look: bool | None = None) -> Command:
    parameters = {
        "url": order.url,
        "max_seconds": order.max_seconds,
        "end": getattr(order, "end", None),
        "only_look": only_look,
    }
    return submit(run, asking, Capability.SOURCE_FETCH, {}, parameters)


def _reserving(meter: str, order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    def reserve(run: Run, asking: Asking) -> Command:
        order = order_of(run)
        return ReserveCredits(
            reservation_id=asking.ref,
            run_id=run.id,
            user_id=run.brief.user_id,
            product_line=run.brief.product_line,
            credits=order.credits,
            meter=meter,
            units=1,
            estimated_cost=order.estimated_cost,
            run_ends_by=run.state.ends_by,
            video_seconds=seconds(run, order),
        )

    return reserve


def _reservation(run: Run) -> dict[str, Any]:
    found = run.results("reserve").get("")
    return found.data if found is not None else {}


def _release(run: Run, ref: UUID, reason: str) -> Command:
    return ReleaseCredits(reservation_id=ref, run_id=run.id, reason=reason)


def _capture(run: Run, asking: Asking) -> Command:
    held = int(_reservation(run).get("credits", CREDITS))
    return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=held, actual_cost=run.state.cost)


def _cancel_job(run: Run, ref: UUID, reason: str) -> Command:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)
