"""The trim as data: look, reserve, fetch, trim, capture (WFL-36)."""

from __future__ import annotations

from contracts.enums import Capability
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import Run
from workflow.engine.timing import Shape
from workflow.products import sourced, steps
from workflow.products.trim.input import TrimInput
from workflow.products.trim.rules import METER
from workflow.settings import Settings

TRIM = Shape(1.5)


def trim(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    return Definition(
        name="trim",
        version=1,
        deadline_s=settings.run_deadline_s,
        lane=steps.lane,
        results=_results,
        credits=steps.captured,
        budget=steps.budget,
        plan=steps.plan,
        film_s=lambda run: sourced.seconds(run, _order(run)),
        paces=lambda run: _order(run).paces,
        steps=(
            *sourced.opening(settings, METER, _order),
            Step(
                "trim",
                "the part to be cut out",
                (30, 95),
                needs=("fetch",),
                ask=_trim,
                learns=("duration",),
                shape=TRIM,
                **sourced.long_job(settings),
            ),
            sourced.closing(settings, "trim"),
        ),
    )


def _order(run: Run) -> TrimInput:
    return TrimInput.model_validate(run.brief.input)


def _trim(run: Run, asking: Asking) -> Command:
    order = _order(run)
    parameters = {"start": order.start, "end": order.end, "format": order.output_format}
    return steps.submit(run, asking, Capability.VIDEO_TRIM, {"video": sourced.video(run, order)}, parameters)


def _results(run: Run) -> dict[str, StoredObject]:
    made = run.results("trim").get("")
    return {"video": made.outputs["video"]} if made is not None else {}
