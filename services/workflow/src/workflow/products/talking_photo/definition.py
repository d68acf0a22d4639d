"""The talking photo as data: check, reserve, enhance, speak, generate, renditions, kit, capture (WFL-22).

Telling is the event that the engine publishes when all steps have passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    ReserveCredits,
)
from contracts.enums import Capability, Captions, Platform, Priority, WorkflowType
from contracts.export import (
    CancelExport,
    CreateKit,
    CreateRendition,
    KitCompleted,
    KitFailed,
    RenditionCompleted,
    RenditionFailed,
)
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Approval, Asking, Definition, Retry, Step, Undo
from workflow.engine.gates import Gate
from workflow.engine.state import Run
from workflow.engine.timing import Shape
from workflow.products.talking_photo import results
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.products.talking_photo.rules import CREDITS, METER, film_sides
from workflow.settings import Settings

IMAGE_GATE = Gate(
    passes_at=8.0, again_from=7.0, attempts=3, warning="The photo could not be improved as far as it should be."
)
"""WFL-26."""
VIDEO_GATE = Gate(passes_at=7.5, attempts=2, warning="The video's quality is below what we aim for.")
"""WFL-27."""
HALF = Decimal("0.5")
"""Photo and speech are made side by side; the video may have whatever they leave (WFL-32)."""


# Between a quiet and a busy machine of two cores, where the local providers do the work; what is learned corrects it.
ENHANCE = Shape(2.0)
SPEAK = Shape(0.7, 0.05)
GENERATE = Shape(2.5, 0.45)
RENDITION = Shape(1.0, 0.35)
KIT = Shape(0.5)


def talking_photo(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    return _version(settings, 2)


def former(settings: Settings) -> Sequence[Definition]:
    """What runs that began before their owners could be asked are made by."""
    return (_version(settings, 1),)


def _version(settings: Settings, version: int) -> Definition:
    asks = _APPROVALS if version > 1 else ()
    retry = Retry(settings.retry_delays_s)
    timing: dict[str, Any] = {
        "retry": retry,
        "within_s": settings.step_within_s,
        "patience": settings.step_patience,
        "stop_within_s": settings.stop_within_s,
    }
    job: dict[str, Any] = {
        "done": JobCompleted,
        "no": JobFailed,
        "stop": _cancel_job,
        "stopped": JobCancelled,
        **timing,
    }
    return Definition(
        name="talking_photo",
        version=version,
        deadline_s=settings.run_deadline_s,
        lane=_lane,
        results=results.delivered,
        credits=results.captured,
        budget=_budget,
        score=results.overall_score,
        score_at_least=results.OVERALL_AT_LEAST,
        closing=results.closing,
        plan=_plan,
        film_s=_film_s,
        paces=_paces,
        steps=(
            Step("check", "the order to be checked", (0, 5)),
            Step(
                "reserve",
                "credits to be set aside",
                (5, 10),
                needs=("check",),
                ask=_reserve,
                done=CreditsReserved,
                no=ReservationRefused,
                undo=Undo(_release, CreditsReleased, settings.undo_within_s, settings.undo_tries),
                learns=("credits", "plan", "budget", "priority"),
                **timing,
            ),
            Step(
                "enhance",
                "the photo to be improved",
                (20, 35),
                needs=("reserve",),
                ask=_enhance,
                gate=IMAGE_GATE,
                share=HALF,
                shape=ENHANCE,
                **job,
            ),
            Step(
                "speak",
                "the script to be spoken",
                (20, 30),
                needs=("reserve",),
                ask=_speak,
                share=HALF,
                shape=SPEAK,
                learns=("duration",),
                **job,
            ),
            *asks,
            Step(
                "generate",
                "the video to be made",
                (40, 85),
                peak=80,
                needs=("enhance", "speak", *(step.name for step in asks)),
                another_take="seed",
                ask=_generate,
                gate=VIDEO_GATE,
                share=Decimal(1),
                shape=GENERATE,
                **job,
            ),
            Step(
                "renditions",
                "the video to be fitted to each platform",
                (85, 90),
                needs=("generate",),
                ask=_rendition,
                done=RenditionCompleted,
                no=RenditionFailed,
                stop=_cancel_export,
                fan_out=_platforms,
                shape=RENDITION,
                optional_warning="The video for {key} could not be made.",
                learns=("whole",),
                **timing,
            ),
            Step(
                "kit",
                "the export kit to be packed",
                (90, 95),
                needs=("renditions",),
                ask=_kit,
                done=KitCompleted,
                no=KitFailed,
                stop=_cancel_export,
                optional=True,
                optional_warning="The export kit could not be packed.",
                shape=KIT,
                **timing,
            ),
            Step(
                "capture",
                "the credits to be settled",
                (95, 100),
                needs=("kit",),
                ask=_capture,
                done=CreditsCaptured,
                # A hold that has expired in the meantime cannot be captured: the video is there, and costs nothing.
                no=CreditsReleased,
                optional=True,
                optional_warning="The credits for this video were not charged.",
                commits=True,
                shares_ref="reserve",
                learns=("credits",),
                **{**timing, "retry": Retry(())},
            ),
        ),
    )


def _approval(step: str) -> Callable[[Run], Approval | None]:
    def wish(run: Run) -> Approval | None:
        found = _input(run).approvals.get(step)
        return Approval(found.within_s, found.goes_on) if found is not None else None

    return wish


_AT_ONCE = Shape(0.0)
_APPROVALS = (
    Step(
        "after_enhance",
        "your approval of the improved photo",
        (35, 35),
        needs=("enhance",),
        approval=_approval("after_enhance"),
        shape=_AT_ONCE,
    ),
    Step(
        "before_generate",
        "your approval of the speech, before the video is made",
        (35, 40),
        needs=("enhance", "speak", "after_enhance"),
        approval=_approval("before_generate"),
        shape=_AT_ONCE,
    ),
)


def _input(run: Run) -> TalkingPhotoInput:
    return TalkingPhotoInput.model_validate(run.brief.input)


def _reservation(run: Run) -> dict[str, Any]:
    found = run.results("reserve").get("")
    return found.data if found is not None else {}


def _budget(run: Run) -> Decimal:
    return Decimal(_reservation(run).get("budget", 0))


def _plan(run: Run) -> str:
    return str(_reservation(run).get("plan", ""))


def _paces(run: Run) -> dict[str, float] | None:
    order = _input(run)
    return None if order.film_s is None else order.paces


def _film_s(run: Run) -> float:
    """As long as its speech, once that is there."""
    spoken = run.results("speak").get("")
    order = _input(run)
    expected = order.duration if order.film_s is None else order.film_s
    return float(spoken.data.get("duration", expected)) if spoken is not None else expected


def _lane(run: Run) -> Priority:
    return Priority(_reservation(run).get("priority") or run.brief.input.get("priority") or Priority.NORMAL)


def _reserve(run: Run, asking: Asking) -> Command:
    order = _input(run)
    return ReserveCredits(
        reservation_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        credits=order.credits,
        # What costs nothing does not count either, however much of the month is used.
        meter=METER if order.credits else None,
        units=1 if order.credits else 0,
        estimated_cost=order.estimated_cost,
        run_ends_by=run.state.ends_by,
        max_credits=order.max_credits,
        quote_id=order.quote_id,
        least_cost=order.least_cost,
    )


def _release(run: Run, ref: UUID, reason: str) -> Command:
    return ReleaseCredits(reservation_id=ref, run_id=run.id, reason=reason)


def _capture(run: Run, asking: Asking) -> Command:
    """A video below its gate is delivered with a warning, and costs its owner nothing; nor does one that was there."""
    scores = [result.score for result in run.results("generate").values()]
    if any(score is not None and score < VIDEO_GATE.passes_at for score in scores):
        return _release(run, asking.ref, "low_quality")
    credits = int(_reservation(run).get("credits", CREDITS))
    if any(unit.reused for unit in run.state.steps["generate"].units.values()):
        credits = 0
    return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=credits, actual_cost=run.state.cost)


def _enhance(run: Run, asking: Asking) -> Command:
    order = _input(run)
    return _job(
        run,
        asking,
        Capability.IMAGE_ENHANCEMENT,
        {"image": order.image},
        {"enhancement_type": order.enhancement_type},
    )


def _speak(run: Run, asking: Asking) -> Command:
    order = _input(run)
    parameters = {"script": order.script, "language": order.language, "voice": order.voice, "duration": order.duration}
    return _job(run, asking, Capability.AUDIO_GENERATION, {}, parameters)


def _generate(run: Run, asking: Asking) -> Command:
    order = _input(run)
    speech = run.result("speak")
    spoken = speech.outputs
    inputs = {"image": run.result("enhance").outputs["image"], "audio": spoken["audio"]}
    if "timings" in spoken:
        inputs["timings"] = spoken["timings"]
    parameters: dict[str, Any] = {
        "script": order.script,
        "language": order.language,
        "voice": order.voice,
        # As long as its speech: a clip of another length would be paid for and be of no use.
        "duration": speech.data.get("duration", order.duration),
    }
    if order.seed is not None:
        parameters["seed"] = order.seed
    if (sides := film_sides(order.sides, order.platforms)) is not None:
        parameters["width"], parameters["height"] = sides
    return _job(run, asking, Capability.VIDEO_GENERATION, inputs, parameters)


def _job(
    run: Run,
    asking: Asking,
    capability: Capability,
    inputs: dict[str, StoredObject],
    parameters: dict[str, Any],
) -> SubmitJob:
    """A job with what it was handed of the run's budget (WFL-32)."""
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        capability=capability,
        inputs=inputs,
        parameters=parameters,
        quality=_input(run).quality,
        plan=str(_reservation(run).get("plan", "free")),
        budget=asking.budget,
        minimum_score=asking.minimum_score,
        exclude=asking.exclude,
        prefer=asking.prefer,
        deadline=asking.deadline,
        run_for_s=asking.run_for_s,
    )


def _cancel_job(run: Run, ref: UUID, reason: str) -> Command:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)


def _platforms(run: Run) -> Sequence[str]:
    return [platform.value for platform in _input(run).platforms]


def _rendition(run: Run, asking: Asking) -> Command:
    order, platform = _input(run), Platform(asking.key)
    return CreateRendition(
        rendition_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        platform=platform,
        video=run.result("generate").outputs["video"],
        timings=run.result("speak").outputs.get("timings"),
        language=order.language,
        when_too_long=order.when_too_long,
        captions=order.captions.get(platform, Captions.FILES),
        priority=_lane(run),
    )


def _kit(run: Run, asking: Asking) -> Command:
    order = _input(run)
    renditions = {key: results.first_video(result) for key, result in run.results("renditions").items()}
    return CreateKit(
        kit_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        workflow_type=WorkflowType(run.brief.workflow_type),
        title=order.title,
        script=order.script,
        language=order.language,
        platforms=tuple(Platform(key) for key in renditions),
        image=run.result("enhance").outputs["image"],
        video=run.result("generate").outputs["video"],
        renditions=renditions,
        captions=results.captions(run),
        priority=_lane(run),
    )


def _cancel_export(run: Run, ref: UUID, reason: str) -> Command:
    return CancelExport(run_id=run.id, reason=reason, order_id=ref)
