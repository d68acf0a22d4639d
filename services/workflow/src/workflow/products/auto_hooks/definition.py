"""Hook detection as data: look, reserve, fetch, transcribe, hooks, clips, capture (WFL-37)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from contracts.enums import Capability
from contracts.message import Command
from contracts.objects import StoredObject
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import Run
from workflow.engine.timing import Shape
from workflow.products import sourced, steps
from workflow.products.auto_hooks.edits import history_of, parameters_of
from workflow.products.auto_hooks.input import AutoHooksInput
from workflow.products.auto_hooks.rules import METER, shortest_s
from workflow.settings import Settings

TRANSCRIBE, HOOKS, CLIP = Shape(2.0, 0.2), Shape(2.0, 0.01), Shape(15.0)
_DEADLINES = 2
"""A video of three hours is listened to for an hour on two cores."""
_CAPTIONS = ("srt", "vtt")


def auto_hooks(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    long = sourced.long_job(settings)
    return Definition(
        name="auto_hooks",
        version=1,
        deadline_s=settings.run_deadline_s * _DEADLINES,
        lane=steps.lane,
        results=_results,
        credits=steps.captured,
        budget=steps.budget,
        plan=steps.plan,
        film_s=lambda run: sourced.seconds(run, _order(run)),
        paces=lambda run: _order(run).paces,
        findings=_findings,
        steps=(
            *sourced.opening(settings, METER, _order),
            Step(
                "transcribe",
                "what is said to be written down",
                (30, 60),
                needs=("fetch",),
                ask=_transcribe,
                share=Decimal("0.5"),
                shape=TRANSCRIBE,
                learns=("duration", "language"),
                **long,
            ),
            Step(
                "hooks",
                "the best moments to be found",
                (60, 75),
                needs=("transcribe",),
                ask=_hooks,
                share=Decimal(1),
                shape=HOOKS,
                learns=("hooks", "shortfall_reasons", "method", "duration"),
                **long,
            ),
            Step(
                "clips",
                "the clips to be made",
                (75, 95),
                needs=("hooks",),
                ask=_clip,
                fan_out=_wanted,
                optional=True,
                optional_warning="Clip {key} could not be made.",
                shape=CLIP,
                learns=("duration",),
                **long,
            ),
            sourced.closing(settings, "clips"),
        ),
    )


def _order(run: Run) -> AutoHooksInput:
    return AutoHooksInput.model_validate(run.brief.input)


def _transcribe(run: Run, asking: Asking) -> Command:
    order = _order(run)
    return steps.submit(
        run,
        asking,
        Capability.TRANSCRIPTION,
        {"video": sourced.video(run, order)},
        steps.given(language=order.language),
    )


def _hooks(run: Run, asking: Asking) -> Command:
    order = _order(run)
    inputs = {"video": sourced.video(run, order), "transcript": run.result("transcribe").outputs["document"]}
    parameters = steps.given(
        count=order.count,
        language=order.language,
        longest_s=order.clip_length,
        shortest_s=shortest_s(order.clip_length),
    )
    return steps.submit(run, asking, Capability.HOOK_DETECTION, inputs, parameters)


def _found(run: Run) -> Sequence[Mapping[str, Any]]:
    return [hook for result in run.results("hooks").values() for hook in result.data.get("hooks", ())]


def _wanted(run: Run) -> Sequence[str]:
    """The best, and whichever has been edited."""
    order, found = _order(run), len(_found(run))
    numbers = {*range(1, min(order.clips, found) + 1), *(int(key) for key in order.edits if int(key) <= found)}
    return [str(number) for number in sorted(numbers)]


def _clip(run: Run, asking: Asking) -> Command:
    order, moment = _order(run), _found(run)[int(asking.key) - 1]
    video = sourced.video(run, order)
    inputs = {"video": video, "transcript": run.result("transcribe").outputs["document"]}
    edit = history_of(order, asking.key, moment, video.sha256).now
    parameters = parameters_of(edit) | steps.given(longest_silence_s=order.longest_silence)
    return steps.submit(run, asking, Capability.CLIP_RENDERING, inputs, parameters)


def _results(run: Run) -> dict[str, StoredObject]:
    """The moments and what is said, as documents; each clip with its captions and picture; ``video`` is the best."""
    found: dict[str, StoredObject] = {}
    for name, step in (("hooks", "hooks"), ("transcript", "transcribe")):
        for result in run.results(step).values():
            if "document" in result.outputs:
                found[name] = result.outputs["document"]
    for key, result in run.results("clips").items():
        found[f"clip_{key}"] = result.outputs["video"]
        found.setdefault("video", result.outputs["video"])
        for role in (*_CAPTIONS, "image"):
            if role in result.outputs:
                found[f"clip_{key}_{role}"] = result.outputs[role]
    return found


def _findings(run: Run) -> Mapping[str, Any]:
    results = list(run.results("hooks").values())
    if not results:
        return {}
    facts = results[-1].data
    clips = run.results("clips")
    hooks = [
        {"rank": number, **hook, "clip": f"clip_{number}" if str(number) in clips else None}
        for number, hook in enumerate(_found(run), 1)
    ]
    return {"hooks": hooks, "shortfall_reasons": facts.get("shortfall_reasons", []), "method": facts.get("method")}
