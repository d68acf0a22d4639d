"""The talking photo as data: check, reserve, enhance, speak, generate, renditions, kit, capture (WFL-22).

Telling is the event that the engine publishes when all steps have passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.billing import CaptureCredits, ReserveCredits
from contracts.enums import Capability, Captions, Platform, WorkflowType
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
from workflow.engine.definition import Approval, Asking, Definition, Step
from workflow.engine.gates import Gate
from workflow.engine.state import Run
from workflow.engine.timing import Shape
from workflow.products import steps
from workflow.products.talking_photo import results
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.products.talking_photo.rules import METER, film_sides
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
    timing = steps.timing(settings)
    job = steps.job(timing)
    return Definition(
        name="talking_photo",
        version=version,
        deadline_s=settings.run_deadline_s,
        lane=steps.lane,
        results=results.delivered,
        credits=steps.captured,
        budget=steps.budget,
        score=results.overall_score,
        score_at_least=results.OVERALL_AT_LEAST,
        closing=results.closing,
        plan=steps.plan,
        film_s=_film_s,
        paces=_paces,
        steps=(
            Step("check", "the order to be checked", (0, 5)),
            steps.reserving(settings, _reserve, "credits to be set aside", (5, 10), after="check"),
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
            steps.settling(
                settings,
                _capture,
                "the credits to be settled",
                (95, 100),
                after="kit",
                not_charged="The credits for this video were not charged.",
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


def _paces(run: Run) -> dict[str, float] | None:
    order = _input(run)
    return None if order.film_s is None else order.paces


def _film_s(run: Run) -> float:
    """As long as its speech, once that is there."""
    spoken = run.results("speak").get("")
    order = _input(run)
    expected = order.duration if order.film_s is None else order.film_s
    return float(spoken.data.get("duration", expected)) if spoken is not None else expected


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


def _capture(run: Run, asking: Asking) -> Command:
    """A video below its gate is delivered with a warning, and costs its owner nothing; nor does one that was there."""
    scores = [result.score for result in run.results("generate").values()]
    if any(score is not None and score < VIDEO_GATE.passes_at for score in scores):
        return steps.release(run, asking.ref, "low_quality")
    if any(unit.reused for unit in run.state.steps["generate"].units.values()):
        return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=0, actual_cost=run.state.cost)
    return steps.capture(run, asking)


def _enhance(run: Run, asking: Asking) -> Command:
    order = _input(run)
    return steps.submit(
        run,
        asking,
        Capability.IMAGE_ENHANCEMENT,
        {"image": order.image},
        {"enhancement_type": order.enhancement_type},
    )


def _speak(run: Run, asking: Asking) -> Command:
    order = _input(run)
    parameters = {"script": order.script, "language": order.language, "voice": order.voice, "duration": order.duration}
    return steps.submit(run, asking, Capability.AUDIO_GENERATION, {}, parameters)


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
    return steps.submit(run, asking, Capability.VIDEO_GENERATION, inputs, parameters)


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
        priority=steps.lane(run),
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
        priority=steps.lane(run),
    )


def _cancel_export(run: Run, ref: UUID, reason: str) -> Command:
    return CancelExport(run_id=run.id, reason=reason, order_id=ref)
