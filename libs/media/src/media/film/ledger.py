"""What each artefact of a film is made from, as a digest, and what follows: is it current, stale, missing, blocked?

States are computed and never stored. A changed line makes its own voice, clip and subtitle stale and whatever they are
put together to; everything else stays current, and is used again byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from media.film.plan import FilmPlan, Kind, Shot, Target

RECIPE = 1
"""Raised when what is rendered from the same ingredients comes to look or sound otherwise: all is stale then."""


class State(StrEnum):
    """How an artefact stands to the plan."""

    CURRENT = "current"
    """It is there, made from what the plan says now."""
    STALE = "stale"
    """It is there, made from something else."""
    MISSING = "missing"
    """It is not there, and can be made."""
    BLOCKED = "blocked"
    """It cannot be made before something else is there: a picture, or an artefact that failed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one artefact is to be made from.

    ``key`` is ``voice:ID``, ``clip:ID`` and ``subtitle:ID`` for a shot, ``sound``, ``subtitles`` and ``film`` for the
    whole. ``needs`` are the keys of artefacts that it is made from, ``absent`` the refs of pictures that are not there.
    """

    key: str
    digest: str
    needs: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def recipes(
    plan: FilmPlan,
    *,
    pictures: Mapping[str, str],
    target: Target,
    music: str = "",
    voice: str = "",
) -> dict[str, Recipe]:
    """All artefacts of the film in an order in which they can be made, by key.

    ``pictures`` says the digest of the bytes behind each picture's ref, as far as they are there; ``music`` and
    ``voice`` stand for what else the bed and the voices are made with (mood and seed, a file's digest; engine, model,
    lexicon). Nothing else is looked at: not the place of a shot in the film, so that shots may move about.
    """
    made: dict[str, Recipe] = {}
    for shot in plan.shots:
        if shot.spoken:
            _add(made, f"voice:{shot.id}", [plan.language, shot.spoken, shot.voice, shot.tempo, voice])
            timing = [shot.frames, shot.said_s, shot.squeeze]
            _add(made, f"subtitle:{shot.id}", [plan.language, *timing], needs=(f"voice:{shot.id}",))
    for shot in plan.shots:
        _add_clip(made, shot, plan, pictures, target)
    voices = tuple(key for key in made if key.startswith("voice:"))
    placed = [[shot.id, shot.frames, shot.said_s, shot.squeeze] for shot in plan.shots]
    _add(made, "sound", [placed, music, plan.seed], needs=voices)
    _add(made, "subtitles", [placed], needs=tuple(key for key in made if key.startswith("subtitle:")))
    _add(made, "film", [], needs=(*(f"clip:{shot.id}" for shot in plan.shots), "sound"))
    return made


def states(wanted: Mapping[str, Recipe], have: Mapping[str, str], *, failed: Collection[str] = ()) -> dict[str, State]:
    """The state of each artefact. ``have`` says the digest each existing one was made from; ``failed`` are keys that
    were tried and given up, which block what needs them."""
    found: dict[str, State] = {}
    for key, recipe in wanted.items():
        waits = any(
            found[need] is State.BLOCKED or (need in failed and found[need] is not State.CURRENT)
            for need in recipe.needs
        )
        if have.get(key) == recipe.digest:
            found[key] = State.CURRENT
        elif recipe.absent or waits:
            found[key] = State.BLOCKED
        else:
            found[key] = State.STALE if key in have else State.MISSING
    return found


def _add_clip(made: dict[str, Recipe], shot: Shot, plan: FilmPlan, pictures: Mapping[str, str], target: Target) -> None:
    seen = [target.width, target.height, target.crf, target.colours, target.font_folders]
    shown = pictures.get(shot.picture) if shot.picture is not None else ""
    # A picture is chosen, and a camera moved, for the words that are said: other words are another shot.
    with_words = [shot.title, shot.subtitle, plan.seed, target.burn_subtitles]
    needs: tuple[str, ...] = (f"voice:{shot.id}",) if shot.spoken else ()
    if shot.spoken and (target.burn_subtitles or shot.kind is Kind.PORTRAIT):
        needs = (*needs, f"subtitle:{shot.id}")
    absent = (shot.picture,) if shot.picture is not None and shown is None else ()
    _add(
        made,
        f"clip:{shot.id}",
        [shot.kind, shot.frames, shot.motion, shot.zoom, shot.toward, shown, seen, with_words],
        needs=needs,
        absent=absent,
    )


def _add(
    made: dict[str, Recipe],
    key: str,
    of: list[object],
    *,
    needs: tuple[str, ...] = (),
    absent: tuple[str, ...] = (),
) -> None:
    """One artefact's recipe: its digest holds the digests of what it needs."""
    whole = json.dumps([RECIPE, key.partition(":")[0], of, [made[need].digest for need in needs]], ensure_ascii=False)
    made[key] = Recipe(key, hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest(), needs, absent)
