"""What products have in common that are made of a video: where it comes from, what it counts for, how it is paid.

Where a link is given it is looked at before anything is set aside, and brought afterwards; an upload is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.billing import ReserveCredits
from contracts.enums import Capability, Priority, Quality
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import ONLY, Run
from workflow.engine.timing import Shape
from workflow.paces.models import Paces
from workflow.products import steps
from workflow.products.estimates import estimated
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


LOOK, FETCH = Shape(2.0), Shape(2.0, 0.05)


def opening(settings: Settings, meter: str, order_of: Callable[[Run], SourcedInput]) -> tuple[Step, ...]:
    """The steps until the video is here: looked at, counted, brought."""
    by_link = _by_link(order_of)
    return (
        Step(
            "look",
            "the video to be found",
            (0, 5),
            fan_out=by_link,
            ask=_looking(order_of),
            learns=("duration", "title"),
            shape=LOOK,
            **steps.job(steps.timing(settings)),
        ),
        steps.reserving(settings, _reserving(meter, order_of), "your plan to be asked", (5, 10), after="look"),
        Step(
            "fetch",
            "the video to be fetched",
            (10, 30),
            needs=("reserve",),
            fan_out=by_link,
            ask=_fetching(order_of),
            learns=("duration", "title"),
            shape=FETCH,
            **long_job(settings),
        ),
    )


def closing(settings: Settings, after: str) -> Step:
    """The step that settles what was counted; from there on the run can only be completed."""
    return steps.settling(
        settings,
        steps.capture,
        "your plan's count to be settled",
        (95, 100),
        after=after,
        not_charged="This was not counted.",
    )


def long_job(settings: Settings) -> dict[str, Any]:
    """What every step has that is a job on a whole film."""
    return steps.job(steps.timing(settings, LONG_FILMS))


def video(run: Run, order: SourcedInput) -> StoredObject:
    """The video itself; raises ``LookupError`` while it is not here."""
    return order.video if order.video is not None else run.result("fetch").outputs["video"]


def seconds(run: Run, order: SourcedInput) -> float:
    """How long the video is, as far as that is known."""
    if order.source_s is not None:
        return order.source_s
    told = (*run.results("fetch").values(), *run.results("look").values())
    return next((float(one.data["duration"]) for one in told if "duration" in one.data), ASSUMED_S)


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    parts: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
) -> Estimate:
    """Of a video of ``film_s`` seconds of which ``parts`` clips are made, see
    :func:`workflow.products.estimates.estimated`."""
    # What is made side by side, each without need of the others, are the clips.
    return estimated(
        definition,
        paces,
        film_s,
        lambda step: parts if step.optional and step.fan_out is not None else 1,
        credits=CREDITS,
        run_budget=run_budget,
        made=made,
    )


def _by_link(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run], Sequence[str]]:
    return lambda run: (ONLY,) if order_of(run).url is not None else ()


def _looking(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    return lambda run, asking: _source(run, asking, order_of(run), only_look=True)


def _fetching(order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    return lambda run, asking: _source(run, asking, order_of(run))


def _source(run: Run, asking: Asking, order: SourcedInput, *, only_look: bool | None = None) -> Command:
    parameters = steps.given(
        url=order.url, max_seconds=order.max_seconds, end=getattr(order, "end", None), only_look=only_look
    )
    return steps.submit(run, asking, Capability.SOURCE_FETCH, {}, parameters)


def _reserving(meter: str, order_of: Callable[[Run], SourcedInput]) -> Callable[[Run, Asking], Command]:
    def reserve(run: Run, asking: Asking) -> Command:
        order = order_of(run)
        return ReserveCredits(
            reservation_id=asking.ref,
            run_id=run.id,
            user_id=run.brief.user_id,
            product_line=run.brief.product_line,
            credits=order.credits,
            # An edit of a clip takes nothing and counts for nothing.
            meter=meter if order.credits else None,
            units=1 if order.credits else 0,
            estimated_cost=order.estimated_cost,
            run_ends_by=run.state.ends_by,
            video_seconds=seconds(run, order),
        )

    return reserve
