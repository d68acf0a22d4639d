"""Changes to a plan that exists: what its voices really took, and one shot that becomes another.

A film that is partly made already keeps what is made: lengths of other shots change only where a longer text leaves no
other way, and then those of as few as possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from media.errors import BadMedia
from media.film.lengths import frames_of, lay
from media.film.plan import FilmPlan, Kind, Motion, ScriptTooLong, Shot
from media.film.planning import AROUND_S, SQUEEZED_MOST, around, span_of
from media.speech.synthesis import estimate_duration

_SQUEEZED_GLADLY = 1.1
_CHANGEABLE = frozenset({"text", "kind", "picture", "motion", "zoom", "toward", "voice", "title", "subtitle", "tempo"})


def settle(plan: FilmPlan, said: Mapping[str, float], *, keep: bool = True) -> FilmPlan:
    """The plan with how long the narrations of ``said`` (by shot id, seconds) really are, and with lengths that hold
    them.

    With ``keep`` lengths stay wherever the narration has room in its shot, sped up by a tenth at most; what a shot
    needs beyond that is taken from the shots with the most time to spare. Without it, or where that is not enough, all
    lengths are laid anew (that is for a film of which nothing is rendered yet). Raises ``ScriptTooLong`` where the
    narrations do not fit the minutes even a quarter faster, ``NoSuchShot`` for an unknown id.
    """
    heard = {id: replace(plan.shot(id), said_s=round(seconds, 4)) for id, seconds in said.items()}
    plan = plan.with_shots(heard)
    if keep and (kept := _kept(plan)) is not None:
        return kept
    return _anew(plan)


def edit_shot(plan: FilmPlan, id: str, **changes: Any) -> FilmPlan:
    """The plan with one shot changed: any of ``text``, ``kind``, ``picture``, ``motion``, ``zoom``, ``toward``,
    ``voice``, ``title``, ``subtitle``, ``tempo``. The script changes with the text, which keeps the spaces at its end.

    What is said is the text, without the name of its speaker if it begins with that. Lengths change as :func:`settle`
    says, by what the new text is estimated to take. Raises ``NoSuchShot``, ``ScriptTooLong``, ``BadMedia`` for an
    unknown field or value.
    """
    shot = plan.shot(id)
    if unknown := set(changes) - _CHANGEABLE:
        raise BadMedia(
            f"a shot has no {', '.join(sorted(unknown))} to change",
            code="BAD_SHOT",
            advice=f"Change one of {', '.join(sorted(_CHANGEABLE))}.",
        )
    try:
        changes = {**changes}
        if "kind" in changes:
            changes["kind"] = Kind(changes["kind"])
        if "motion" in changes:
            changes["motion"] = Motion(changes["motion"])
    except ValueError as error:
        raise BadMedia(str(error), code="BAD_SHOT", advice="Read the plan for what there is.") from error
    if "text" in changes and changes["text"] != shot.text:
        changes |= _retold(shot, changes["text"])
    elif {"voice", "tempo"} & set(changes):
        changes["said_s"] = None
    changed = plan.with_shots({id: replace(shot, **changes)})
    return _kept(changed) or _anew(changed)


def _retold(shot: Shot, text: str) -> dict[str, Any]:
    if not text.endswith(tuple(" \t\n\u3000")):
        text += shot.text[len(shot.text.rstrip()) :]
    if shot.kind is Kind.CARD:
        return {"text": text, "title": text.strip().strip("#").strip()}
    said = text.strip()
    name, colon, rest = said.partition(":")
    if shot.speaker and colon and name.strip().casefold() == shot.speaker.casefold():
        said = rest
    return {"text": text, "spoken": " ".join(said.split()), "said_s": None, "squeeze": 1.0}


def _needs(plan: FilmPlan, shot: Shot) -> float:
    """Seconds of its narration as it is, known or estimated; 0.0 where nobody speaks."""
    if not shot.spoken:
        return 0.0
    return shot.said_s or estimate_duration(shot.spoken, language=plan.language, speed=shot.tempo)


def _least(plan: FilmPlan, shot: Shot, squeeze: float) -> int:
    if not shot.spoken:
        return frames_of(span_of(shot).least)
    return frames_of(_needs(plan, shot) / squeeze + AROUND_S)


def _kept(plan: FilmPlan) -> FilmPlan | None:
    """The plan with as many lengths as they are as possible; None where that does not do."""
    frames = {shot.id: shot.frames for shot in plan.shots}
    least = {shot.id: _least(plan, shot, max(shot.squeeze, _SQUEEZED_GLADLY)) for shot in plan.shots}
    missing = sum(max(0, least[id] - frames[id]) for id in frames)
    for id in frames:
        frames[id] = max(frames[id], least[id])
    easy = {shot.id: _least(plan, shot, max(1.0, shot.squeeze)) for shot in plan.shots}
    for spare in sorted(plan.shots, key=lambda shot: easy[shot.id] - shot.frames):
        taken = min(missing, max(0, frames[spare.id] - easy[spare.id]))
        frames[spare.id] -= taken
        missing -= taken
    if missing:
        return None
    return plan.with_shots({shot.id: _squeezed(plan, shot, frames[shot.id]) for shot in plan.shots})


def _squeezed(plan: FilmPlan, shot: Shot, frames: int) -> Shot:
    """The shot at that length, its narration sped up only where it would not fit otherwise."""
    room = replace(shot, frames=frames).length_s - AROUND_S
    needs = _needs(plan, shot)
    squeeze = 1.0 if needs <= room + 1e-6 else min(SQUEEZED_MOST, round(needs / room + 5e-5, 4))
    return replace(shot, frames=frames, squeeze=squeeze)


def _anew(plan: FilmPlan) -> FilmPlan:
    for squeeze in (1.0, 1.05, _SQUEEZED_GLADLY, 1.15, 1.2, SQUEEZED_MOST):
        spans = [around(_needs(plan, shot) / squeeze) if shot.spoken else span_of(shot) for shot in plan.shots]
        laid = lay(spans, plan.frames)
        if laid is not None:
            return plan.with_shots(
                {shot.id: _squeezed(plan, shot, frames) for shot, frames in zip(plan.shots, laid, strict=True)}
            )
    seconds = sum(_needs(plan, shot) for shot in plan.shots)
    raise ScriptTooLong(
        f"the narration takes {seconds:.0f} s, which do not fit {plan.minutes} min",
        advice=f"Order {plan.minutes + 1} minutes, or shorten the script by about a "
        f"{'tenth' if seconds < 1.3 * plan.minutes * 60 else 'third'}.",
    )
