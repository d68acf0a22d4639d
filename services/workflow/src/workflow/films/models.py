"""The plan of a project's film as it is saved: the film, how it is to look, and what was decided of its shots."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.enums import Captions, Voice
from media.film.plan import FilmPlan, Kind, Motion, Shot
from workflow.products.film.input import Aspect, Fineness, Imagery, document_of, plan_of


class Mark(BaseModel):
    """What was decided of a shot. ``take``: another number, another take of it. A locked one stays as it is."""

    model_config = ConfigDict(frozen=True)

    approved: bool = False
    locked: bool = False
    take: int = 0
    prompt: str = ""
    """What is to be seen in it, where it shows no picture of its owner's; empty: as the plan says of all."""


class Role(BaseModel):
    """Who speaks: the lines that begin with the name, or, without one, all others. ``face`` is a file."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    voice: Voice = Voice.NEUTRAL
    face: UUID | None = None


_UNMARKED = Mark()
_MOTIONS = tuple(Motion)


class SavedPlan(BaseModel):
    """Never changed; another one takes its place."""

    model_config = ConfigDict(frozen=True)

    film: str
    marks: dict[str, Mark] = {}
    characters: tuple[Role, ...] = ()
    """They stay when the plan is made anew of another script."""
    music: str | None = None
    music_take: int = 0
    definition: Fineness = Fineness.STANDARD
    aspect: Aspect = Aspect.WIDE
    captions: Captions = Captions.FILES
    imagery: Imagery = Imagery.WORDS
    style: str = ""

    @property
    def plan(self) -> FilmPlan:
        """The film, read."""
        return plan_of(self.film)

    def mark(self, shot_id: str) -> Mark:
        """What was decided of a shot."""
        return self.marks.get(shot_id, _UNMARKED)

    def marked(self, shot_id: str, **changes: Any) -> SavedPlan:
        """The plan with something else decided of a shot."""
        marks = {**self.marks, shot_id: self.mark(shot_id).model_copy(update=changes)}
        return self.model_copy(update={"marks": marks})

    def told(self, plan: FilmPlan) -> SavedPlan:
        """The same, with ``plan`` for the film; what was decided of shots that it has stays."""
        there = {shot.id for shot in plan.shots}
        marks = {id: mark for id, mark in self.marks.items() if id in there}
        return self.model_copy(update={"film": document_of(plan), "marks": marks})

    def another_take(self, shot_ids: frozenset[str], *, music: bool = False) -> SavedPlan:
        """The plan by which these shots, and the ``music``, come out otherwise: a face with another seed, a picture
        under another camera. What is only written looks as it did."""
        marks: dict[str, Mark] = dict(self.marks)
        shots: dict[str, Shot] = {}
        for shot in self.plan.shots:
            if shot.id in shot_ids:
                mark = self.mark(shot.id)
                marks[shot.id] = mark.model_copy(update={"take": mark.take + 1, "approved": False})
                if shot.kind is Kind.PICTURE and shot.picture is not None:
                    shots[shot.id] = replace(shot, motion=_MOTIONS[(_MOTIONS.index(shot.motion) + 1) % len(_MOTIONS)])
        film = document_of(self.plan.with_shots(shots))
        return self.model_copy(update={"film": film, "marks": marks, "music_take": self.music_take + music})

    @property
    def unlocked(self) -> frozenset[str]:
        """The shots that may be made anew."""
        return frozenset(shot.id for shot in self.plan.shots if not self.mark(shot.id).locked)

    def pictures(self) -> set[UUID]:
        """The files that its shots show."""
        return {UUID(shot.picture) for shot in self.plan.shots if shot.picture is not None}


def kept_of(shot: Shot, mark: Mark) -> dict[str, Any]:
    """What is kept of a shot with a take of it, so that it can be gone back to."""
    fields = ("kind", "text", "picture", "motion", "voice", "title", "subtitle", "tempo", "frames")
    return {**{name: getattr(shot, name) for name in fields}, "take": mark.take, "prompt": mark.prompt}


def made_from(said: Mapping[str, Any]) -> str:
    """What of a project its plan follows from, as one short name."""
    names = ("title", "script", "images", "voice", "duration", "music")
    document = json.dumps([said[name] for name in names], ensure_ascii=False, default=str)
    return hashlib.sha256(document.encode()).hexdigest()
