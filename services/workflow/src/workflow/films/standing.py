"""A plan with what of it is there, and what it needs to be made at all."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from contracts.enums import Language, ProductLineKey, ScanStatus, WorkflowType
from contracts.objects import StoredObject
from media.film.plan import Shot
from workflow.engine.advance import first_state
from workflow.engine.definition import Definition
from workflow.engine.state import Brief, Run
from workflow.films import queries
from workflow.films.errors import NoFilm
from workflow.films.models import SavedPlan
from workflow.films.reckoning import Ledger, Reckoning, State, reckon
from workflow.products.film.input import FilmInput
from workflow.products.film.rules import credits_of
from workflow.projects.errors import FileNotYours, NotReady


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan with what of it is there."""

    saved: SavedPlan
    reckoning: Reckoning
    ledger: Ledger
    pictures: Mapping[str, StoredObject]
    absent: frozenset[str]
    """Shots whose picture is not there."""

    def to_make(self) -> list[Shot]:
        """The shots of which something has to be made, or was made and never paid for."""
        return [shot for shot in self.saved.plan.shots if any(self._owed(step, shot.id) for step in ("speak", "shots"))]

    def to_draw(self) -> list[Shot]:
        """The shots for which a picture, or a clip, has to be made first."""
        wanted = {part for part, state in self.reckoning.of("draw") if state is not State.CURRENT}
        return [shot for shot in self.saved.plan.shots if shot.id in wanted]

    def _owed(self, step: str, part: str) -> bool:
        state = self.reckoning.states.get((step, part))
        take = self.reckoning.current.get((step, part))
        return state is not None and (take is None or not take.paid)

    def credits(self, a_minute: int | None) -> int:
        """What making that takes: begun minutes count whole."""
        return credits_of(sum(shot.length_s for shot in self.to_make()), a_minute)


async def stand(
    tx: Transaction,
    definition: Definition,
    row: Mapping[str, Any],
    saved: SavedPlan,
    *,
    anew: Collection[tuple[str, str]] = (),
) -> Standing:
    """What of a plan is there, in two statements."""
    files = await queries.pictures(tx, row["user_id"], saved.pictures())
    there = {str(id): stored_of(file) for id, file in files.items() if usable(file)}
    absent = frozenset(shot.id for shot in saved.plan.shots if shot.picture is not None and shot.picture not in there)
    ledger = await queries.takes(tx, row["id"])
    brief = Brief(
        id=ids.uuid7(),
        user_id=row["user_id"],
        product_line=row["product_line"],
        workflow_type=WorkflowType.FILM_VIDEO.value,
        definition=definition.name,
        version=definition.version,
        created_at=tx.now,
        input=input_of(saved, there, row["title"]).model_dump(mode="json"),
    )
    run = Run(brief, first_state(brief, definition))
    reckoning = await asyncio.to_thread(reckon, definition, run, ledger, absent=absent, anew=anew)
    return Standing(saved, reckoning, ledger, there, absent)


def input_of(saved: SavedPlan, pictures: Mapping[str, StoredObject], title: str, **more: Any) -> FilmInput:
    """What a run is made from, by a plan."""
    plan = saved.plan
    shown = {shot.picture for shot in plan.shots}
    return FilmInput(
        film=saved.film,
        pictures={ref: stored for ref, stored in pictures.items() if ref in shown},
        takes={id: mark.take for id, mark in saved.marks.items() if mark.take},
        prompts={id: mark.prompt for id, mark in saved.marks.items() if mark.prompt},
        imagery=saved.imagery,
        style=saved.style,
        script=plan.script,
        language=Language(plan.language),
        title=title,
        music=saved.music,
        music_take=saved.music_take,
        definition=saved.definition,
        aspect=saved.aspect,
        captions=saved.captions,
        minutes=plan.minutes,
        **{"credits": 0, **more},
    )


def check_film(row: Mapping[str, Any]) -> None:
    """Whether projects of its product are made into films; raises ``NoFilm``."""
    if row["product_line"] != ProductLineKey.FILMSTUDIO:
        raise NoFilm("Projects of this product are not made into a film.", fields={"product_line": "has no films"})


def check_ready(said: Mapping[str, Any]) -> None:
    """Whether a project says what a film is made from; raises ``NotReady`` naming what is missing."""
    missing = {
        name: reason
        for name, reason, there in (
            ("script", "is what is told in the film", (said["script"] or "").strip()),
            ("duration", "is how many whole minutes it lasts", said["duration"]),
        )
        if not there
    }
    if missing:
        raise NotReady(f"Say first: {', '.join(sorted(missing))}.", fields=missing)


def images_of(said: Mapping[str, Any]) -> list[UUID]:
    """The files that a project shows. Raises ``NotReady`` for links to somewhere else."""
    found = []
    for image in said["images"] or []:
        if not isinstance(image, UUID) and str(image).startswith("https:"):
            raise NotReady(
                "A film shows pictures that are here. Upload it, and name the file in its place.",
                fields={"images": "has a link to somewhere else"},
            )
        found.append(UUID(str(image)))
    return list(dict.fromkeys(found))


def project_seed(project_id: UUID) -> int:
    """The same project's plans are made with the same seed."""
    return project_id.int % 2**31


def stored_of(file: Mapping[str, Any]) -> StoredObject:
    """What providers get of a picture."""
    return StoredObject.model_validate(file["prepared"])


def usable(file: Mapping[str, Any]) -> bool:
    """Whether a picture can be shown: found clean, prepared, in the store."""
    return (
        file["prepared"] is not None and file["scan_status"] == ScanStatus.CLEAN and file["storage_backend"] == "store"
    )


def check_pictures(files: Mapping[UUID, Mapping[str, Any]], wanted: Collection[UUID]) -> None:
    """Whether all wanted pictures are there and can be shown; raises ``FileNotYours``."""
    wrong = [id for id in wanted if id not in files or not usable(files[id])]
    if wrong:
        named = ", ".join(str(id) for id in wrong[:5])
        raise FileNotYours(
            f"There is no such picture: {named}. Upload it, and wait until it is found clean.",
            fields={"images": "names pictures that cannot be used"},
        )
