"""The greeting as data: hold, improve, settle."""

from __future__ import annotations

from decimal import Decimal

from workflow.products.greeting.input import GreetingInput
from workflow.products.greeting.rules import METER

from contracts.billing import ReserveCredits
from contracts.enums import Capability
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import Run
from workflow.products import steps
from workflow.settings import Settings


def greeting(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    return Definition(
        name="greeting",
        version=1,
        deadline_s=settings.run_deadline_s,
        results=_results,
        credits=steps.captured,
        budget=steps.budget,
        steps=(
            steps.reserving(settings, _reserve, "credits to be set aside", (0, 10)),
            Step(
                "enhance",
                "the photo to be improved",
                (10, 90),
                needs=("reserve",),
                ask=_enhance,
                share=Decimal(1),
                **steps.job(steps.timing(settings)),
            ),
            steps.settling(
                settings,
                steps.capture,
                "the credits to be settled",
                (90, 100),
                after="enhance",
                not_charged="The credits for this greeting were not charged.",
            ),
        ),
    )


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


def _enhance(run: Run, asking: Asking) -> Command:
    order = GreetingInput.model_validate(run.brief.input)
    return steps.submit(
        run,
        asking,
        Capability.IMAGE_ENHANCEMENT,
        {"image": order.image},
        {"enhancement_type": order.enhancement_type},
    )
