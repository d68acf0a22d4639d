"""The greeting as data: hold, improve, settle."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from workflow.products.greeting.input import GreetingInput
from workflow.products.greeting.rules import METER

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
from contracts.enums import Capability
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Step, Undo
from workflow.engine.state import Run
from workflow.settings import Settings


def greeting(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    return Definition(
        name="greeting",
        version=1,
        deadline_s=settings.run_deadline_s,
        results=_results,
        credits=lambda run: sum(int(one.data["credits"]) for one in run.results("capture").values()),
        budget=_budget,
        steps=(
            Step(
                "reserve",
                "credits to be set aside",
                (0, 10),
                ask=_reserve,
                done=CreditsReserved,
                no=ReservationRefused,
                undo=Undo(_release, CreditsReleased, settings.undo_within_s, settings.undo_tries),
                learns=("credits", "plan", "budget"),
            ),
            Step(
                "enhance",
                "the photo to be improved",
                (10, 90),
                needs=("reserve",),
                ask=_enhance,
                done=JobCompleted,
                no=JobFailed,
                stop=_cancel,
                stopped=JobCancelled,
                share=Decimal(1),
            ),
            Step(
                "capture",
                "the credits to be settled",
                (90, 100),
                needs=("enhance",),
                ask=_capture,
                done=CreditsCaptured,
                no=CreditsReleased,
                optional=True,
                commits=True,
                shares_ref="reserve",
                learns=("credits",),
            ),
        ),
    )


def _budget(run: Run) -> Decimal:
    held = run.results("reserve").get("")
    return Decimal(held.data["budget"]) if held is not None else Decimal(0)


def _results(run: Run) -> dict[str, StoredObject]:
    made = run.results("enhance").get("")
    return {"greeting": made.outputs["image"]} if made is not None else {}


def _reserve(run: Run, asking: Asking) -> Command:
    order = GreetingInput.model_validate(run.brief.input)
    return ReserveCredits(
        reservation_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        credits=order.credits,
        meter=METER,
        units=1,
        run_ends_by=run.state.ends_by,
    )


def _release(run: Run, ref: UUID, reason: str) -> Command:
    return ReleaseCredits(reservation_id=ref, run_id=run.id, reason=reason)


def _capture(run: Run, asking: Asking) -> Command:
    credits = int(run.result("reserve").data["credits"])
    return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=credits, actual_cost=run.state.cost)


def _enhance(run: Run, asking: Asking) -> Command:
    order = GreetingInput.model_validate(run.brief.input)
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        capability=Capability.IMAGE_ENHANCEMENT,
        inputs={"image": order.image},
        parameters={"enhancement_type": order.enhancement_type},
        quality=order.quality,
        plan=str(held.data["plan"]) if (held := run.results("reserve").get("")) is not None else "free",
        budget=asking.budget,
        deadline=asking.deadline,
        run_for_s=asking.run_for_s,
    )


def _cancel(run: Run, ref: UUID, reason: str) -> Command:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)
