"""The film as data (WFL-39): reserve, speak each line, make each shot, join, settle.

The script is cut into shots before the run begins, and what every part comes to is known then: each shot is a job of
its own, so that shots are made side by side and those that are there already are not made again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zlib import crc32

from contracts.billing import ReserveCredits
from contracts.enums import Capability, Captions, ProviderKey
from contracts.message import Command
from contracts.objects import StoredObject
from media.errors import NotUsable
from media.film.fitting import settle
from media.film.plan import FRAME_RATE, FilmPlan, Kind, Shot, written
from media.speech.spoken.cleaning import clean
from workflow.engine.definition import Asking, Definition, Step
from workflow.engine.state import Run
from workflow.engine.timing import Shape
from workflow.products import steps
from workflow.products.film import results
from workflow.products.film.input import FilmInput, Fineness, Imagery, plan_of, sides
from workflow.products.film.rules import METER, drawn_by
from workflow.settings import Settings

QUARTER = Decimal("0.25")
HALF = Decimal("0.5")

# Seconds a shot on two machines, where the local providers do the work; what is learned corrects it.
SPEAK = Shape(0.6)
DRAWING = Shape(2.0)
SHOT = Shape(1.2)
MUSIC = Shape(1.0, 0.02)
JOIN = Shape(1.0, 0.05)

LONGEST_MUSIC_S = 64.0
"""Longer films repeat their music."""
LONGEST_CLIP_S = 8
"""Vendors make a clip of so many seconds at once; a longer shot holds its end."""
_PROMPT_OF_SCRIPT = 300


def film(settings: Settings) -> Definition:
    """The definition with the delays and deadlines of ``settings``."""
    job = steps.job(steps.timing(settings))
    return Definition(
        name="film",
        version=1,
        deadline_s=settings.run_deadline_s,
        lane=steps.lane,
        results=results.delivered,
        credits=steps.captured,
        budget=steps.budget,
        plan=steps.plan,
        film_s=lambda run: _input(run).minutes * 60.0,
        paces=_paces,
        steps=(
            Step("check", "the order to be checked", (0, 3)),
            steps.reserving(settings, _reserve, "credits to be set aside", (3, 5), after="check"),
            Step(
                "speak",
                "the script to be spoken",
                (5, 30),
                needs=("reserve",),
                ask=_speak,
                fan_out=spoken,
                all_of=True,
                share=QUARTER,
                shape=SPEAK,
                learns=("duration",),
                **job,
            ),
            Step(
                "music",
                "the music to be made",
                (5, 10),
                needs=("reserve",),
                ask=_music,
                fan_out=lambda run: ("bed",) if _input(run).music else (),
                optional=True,
                optional_warning="There is no music: it could not be made.",
                share=QUARTER,
                shape=MUSIC,
                **job,
            ),
            Step(
                "draw",
                "the pictures to be drawn",
                (30, 45),
                needs=("speak",),
                ask=_draw,
                fan_out=drawn,
                all_of=True,
                share=HALF,
                shape=DRAWING,
                **job,
            ),
            Step(
                "shots",
                "the shots to be made",
                (30, 85),
                needs=("speak", "draw"),
                ask=_shot,
                fan_out=shots,
                all_of=True,
                share=Decimal(1),
                shape=SHOT,
                **job,
            ),
            Step(
                "join",
                "the shots to be joined, with their sound and subtitles",
                (85, 97),
                needs=("speak", "music", "shots"),
                ask=_join,
                share=Decimal(1),
                shape=JOIN,
                **job,
            ),
            steps.settling(
                settings,
                steps.capture,
                "the credits to be settled",
                (97, 100),
                after="join",
                not_charged="The credits for this film were not charged.",
            ),
        ),
    )


def spoken(run: Run) -> Sequence[str]:
    """The shots in which somebody speaks."""
    return [shot.id for shot in _plan(run).shots if shot.spoken]


def drawn(run: Run) -> Sequence[str]:
    """The shots whose picture, or clip, is made for them."""
    order = _input(run)
    return [shot.id for shot in _plan(run).shots if order.draws(shot)]


def shots(run: Run) -> Sequence[str]:
    """All shots, in their order."""
    return [shot.id for shot in _plan(run).shots]


def settled(run: Run) -> FilmPlan:
    """The plan with the lengths that hold what was really spoken, as far as that is known."""
    said = {key: float(found.data.get("duration", 0.0)) for key, found in run.results("speak").items()}
    return _settled(str(run.brief.input["film"]), tuple(sorted(said.items())))


@lru_cache(maxsize=32)
def _settled(document: str, said: tuple[tuple[str, float], ...]) -> FilmPlan:
    plan = plan_of(document)
    known = {id: seconds for id, seconds in said if seconds > 0}
    try:
        return settle(plan, known)
    except NotUsable:
        # Whoever makes the shots is told what was spoken, and refuses it with the advice that a person needs.
        return plan.with_shots({id: replace(plan.shot(id), said_s=seconds) for id, seconds in known.items()})


def _plan(run: Run) -> FilmPlan:
    return plan_of(str(run.brief.input["film"]))


def _input(run: Run) -> FilmInput:
    return FilmInput.model_validate(run.brief.input)


def _paces(run: Run) -> dict[str, float] | None:
    order = _input(run)
    return None if order.film_s is None else order.paces


def _reserve(run: Run, asking: Asking) -> Command:
    order = _input(run)
    return ReserveCredits(
        reservation_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        credits=order.credits,
        meter=METER if order.credits else None,
        units=order.minutes if order.credits else 0,
        estimated_cost=order.estimated_cost,
        run_ends_by=run.state.ends_by,
        max_credits=order.max_credits,
        quote_id=order.quote_id,
        least_cost=order.least_cost,
    )


def _speak(run: Run, asking: Asking) -> Command:
    plan = _plan(run)
    shot = plan.shot(asking.key)
    parameters: dict[str, Any] = {"script": clean(shot.spoken), "language": plan.language, "voice": shot.voice}
    if shot.tempo != 1.0:
        parameters["speed"] = shot.tempo
    return steps.submit(run, asking, Capability.AUDIO_GENERATION, {}, parameters)


def _music(run: Run, asking: Asking) -> Command:
    order = run.brief.input
    wish = str(order["music"])
    seconds = min(LONGEST_MUSIC_S, order["minutes"] * 60.0)
    parameters = {
        "prompt": wish,
        "style": wish[:100],
        "duration": seconds,
        "seed": _plan(run).seed + int(order.get("music_take", 0)),
    }
    return steps.submit(run, asking, Capability.MUSIC_GENERATION, {}, parameters)


def _draw(run: Run, asking: Asking) -> Command:
    order, shot = _input(run), settled(run).shot(asking.key)
    # The same for a draft and for a fine film, so that it is drawn once.
    width, height = sides(Fineness.STANDARD, order.aspect)
    parameters: dict[str, Any] = {
        "prompt": _prompt(order, shot),
        "width": width,
        "height": height,
        # Its own, so that shots in which nothing is said are not all the same picture.
        "seed": (_plan(run).seed + crc32(shot.id.encode()) + order.takes.get(shot.id, 0)) % 2**31,
    }
    if order.imagery is Imagery.CLIPS:
        # Begun seconds: a shot that becomes a little longer keeps its clip.
        parameters["duration"] = min(math.ceil(shot.length_s), LONGEST_CLIP_S)
        # Who makes faces speak makes nothing of words alone.
        asking = replace(asking, exclude=(*asking.exclude, ProviderKey.LOCAL_STABLE_VIDEO))
    return steps.submit(run, asking, drawn_by(order.imagery), {}, parameters)


def _prompt(order: FilmInput, shot: Shot) -> str:
    """What is to be seen in a shot: what its owner says of it, else what is said in it, else what its scene is called;
    and what all have in common."""
    scene = next(scene for scene in order.plan.scenes if any(one.id == shot.id for one in scene.shots))
    told = order.plan.script[:_PROMPT_OF_SCRIPT].strip()
    seen = order.prompts.get(shot.id) or shot.spoken or scene.title or order.plan.title or told
    return "\n\n".join(filter(None, (seen, order.style)))


def _shot(run: Run, asking: Asking) -> Command:
    shot = settled(run).shot(asking.key)
    target = _target(run)
    inputs: dict[str, StoredObject] = {}
    if shot.picture is not None:
        inputs["image"] = _picture(run, shot)
    elif _input(run).draws(shot):
        made = run.result("draw", shot.id).outputs
        inputs |= {role: made[role] for role in ("image", "video") if role in made}
    if shot.spoken:
        # Nobody makes a shot whose words are not there yet, for they say how long it is.
        voice = run.result("speak", shot.id)
        if shot.kind is Kind.PORTRAIT or target["burn_subtitles"]:
            inputs |= {role: voice.outputs[role] for role in ("audio", "timings") if role in voice.outputs}
    parameters = {
        "shot": {name: value for name, value in asdict(shot).items() if name not in ("id", "picture")},
        "duration": shot.frames / FRAME_RATE,
        "language": _plan(run).language,
        **target,
    }
    if shot.kind is Kind.PORTRAIT:
        parameters["seed"] = _plan(run).seed + int(run.brief.input.get("takes", {}).get(shot.id, 0))
    return steps.submit(run, asking, Capability.FILM_SHOT, inputs, parameters)


def _join(run: Run, asking: Asking) -> Command:
    plan = settled(run)
    inputs: dict[str, StoredObject] = {}
    for shot in plan.shots:
        inputs[f"clip.{shot.id}"] = run.result("shots", shot.id).outputs["video"]
        if shot.spoken:
            voice = run.result("speak", shot.id)
            inputs[f"voice.{shot.id}"] = voice.outputs["audio"]
            if "timings" in voice.outputs:
                inputs[f"timings.{shot.id}"] = voice.outputs["timings"]
    parameters = {"plan": written(plan), "duration": plan.frames / FRAME_RATE, **_target(run)}
    for bed in run.results("music").values():
        inputs["music"] = bed.outputs["audio"]
        # What is composed here leads back to its beginning; others' music is faded into it.
        parameters["music_repeats"] = bed.provider == ProviderKey.LOCAL_MUSIC
    return steps.submit(run, asking, Capability.FILM_JOIN, inputs, parameters)


def _picture(run: Run, shot: Shot) -> StoredObject:
    return StoredObject.model_validate(run.brief.input["pictures"][shot.picture])


def _sides(run: Run) -> tuple[int, int]:
    order = _input(run)
    return sides(order.definition, order.aspect)


def _target(run: Run) -> dict[str, Any]:
    width, height = _sides(run)
    return {
        "width": width,
        "height": height,
        "burn_subtitles": _input(run).captions is Captions.BURNED,
    }
