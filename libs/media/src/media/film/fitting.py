"""Changes to a plan that exists: what its voices really took, and one shot that becomes another.

A film that is partly made already keeps what is made: lengths of other shots change only where a longer text leaves no
other way, and then those of as few as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from media.errors import BadMedia, NotUsable
from media.film.lengths import frames_of, lay
from media.film.plan import FilmPlan, Kind, Motion, ScriptTooLong, Shot
from media.film.planning import AROUND_S, SQUEEZED_MOST, around, span_of
from media.speech.estimate import estimate_duration
from media.speech.spoken.writing import wrong_writing
from media.types import Voice

_SQUEEZED_GLADLY = 1.1


def _one_of(names: Sequence[str]) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        return names[names.index(value)]

    return take


def _between(low: float, high: float) -> Callable[[Any], float]:
    def take(value: Any) -> float:
        if isinstance(value, bool) or not low <= value <= high:
            raise ValueError(value)
        return float(value)

    return take


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _place(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    x, y = value
    return _between(0, 1)(x), _between(0, 1)(y)


_CHANGEABLE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "text": (_text, "text"),
    "title": (_text, "text"),
    "subtitle": (_text, "text"),
    "kind": (Kind, f"one of {', '.join(Kind)}"),
    "motion": (Motion, f"one of {', '.join(Motion)}"),
    "picture": (lambda value: None if value is None else _text(value), "the ref of a picture, or null"),
    "voice": (_one_of(get_args(Voice)), f"one of {', '.join(get_args(Voice))}"),
    "zoom": (_between(1, 3), "between 1 and 3"),
    "toward": (_place, "two shares of the picture's sides, or null"),
    "tempo": (_between(0.5, 2), "between 0.5 and 2"),
}
"""What may be changed of a shot: what takes a value, and what it has to be."""


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
    says, by what the new text is estimated to take. Raises ``NoSuchShot``, ``ScriptTooLong``, ``NotUsable``
    (``WRONG_WRITING``), and ``BadMedia`` (``BAD_SHOT``) for an unknown field or value, a card that speaks, a portrait
    that cannot.
    """
    shot = plan.shot(id)
    changes = _checked(changes)
    if "text" in changes and changes["text"] != shot.text:
        told = _retold(shot, changes.pop("text"), plan.language)
        changes = told | changes
    elif {"voice", "tempo"} & set(changes):
        changes["said_s"] = None
    changed = replace(shot, **changes)
    if changed.spoken and (wrong := wrong_writing(changed.spoken, plan.language)) is not None:
        raise NotUsable(wrong.problem, code="WRONG_WRITING", advice=wrong.advice)
    lacks = {
        Kind.CARD: "" if changed.title else "a title",
        Kind.PORTRAIT: "" if changed.spoken and changed.picture else "words and a picture of a face",
    }.get(changed.kind, "")
    if lacks:
        raise BadMedia(f"a {changed.kind} needs {lacks}", code="BAD_SHOT", advice=f"Give the shot {lacks}.")
    if changed.kind is Kind.CARD and changed.spoken:
        raise BadMedia(
            "nobody speaks on a card", code="BAD_SHOT", advice="Its words would not be heard: leave it a picture."
        )
    edited = plan.with_shots({id: changed})
    return _kept(edited) or _anew(edited)


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with values of the plan's own types; ``BadMedia`` naming the field that takes no such value."""
    if unknown := set(changes) - set(_CHANGEABLE):
        raise BadMedia(
            f"a shot has no {', '.join(sorted(unknown))} to change",
            code="BAD_SHOT",
            advice=f"Change one of {', '.join(sorted(_CHANGEABLE))}.",
        )
    made = {}
    for name, value in changes.items():
        take, what = _CHANGEABLE[name]
        try:
            made[name] = take(value)
        except (TypeError, ValueError) as error:
            raise BadMedia(f"{name} {value!r} is not {what}", code="BAD_SHOT", advice=f"Give {what}.") from error
    return made


def _retold(shot: Shot, text: str, language: str) -> dict[str, Any]:
    if not text.endswith(tuple(" \t\n\u3000")):
        text += shot.text[len(shot.text.rstrip()) :]
    if shot.kind is Kind.CARD:
        return {"text": text, "title": text.strip().strip("#").strip() or shot.title}
    said = text.strip()
    name, colon, rest = said.partition(":")
    if shot.speaker and colon and name.strip().casefold() == shot.speaker.casefold():
        said = rest
    # Where there is no letter to say, nobody speaks.
    spoken = " ".join(said.split()) if estimate_duration(said, language=language) else ""
    return {"text": text, "spoken": spoken, "said_s": None, "squeeze": 1.0}


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
