"""The use cases around the plan of a film: make it, read it, change a shot, go back to a take, keep what a run made."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from chassis.identity.tokens import Identity
from chassis.storage.port import ObjectStore
from contracts.enums import Language, ProjectStatus, Voice, WorkflowType
from contracts.objects import StoredObject
from contracts.workflow import ProjectUpdated
from media.film.fitting import edit_shot
from media.film.plan import Character, NoSuchShot, Shot
from workflow.engine.definition import Definition, Definitions
from workflow.films import planning, queries, repository
from workflow.films.errors import NoPlan, PlanChanged, ShotLocked, ShotNotFound, TakeNotFound
from workflow.films.estimating import estimated
from workflow.films.models import Role, SavedPlan, made_from
from workflow.films.planning import advised
from workflow.films.schemas import Artefact, PlanChange, PlanIn, PlanOut, SceneOut, ShotChange, ShotOut, TakeOut
from workflow.films.standing import Standing, check_film, check_pictures, check_ready, images_of, project_seed, stand
from workflow.projects import logbook
from workflow.projects import queries as project_queries
from workflow.projects import repository as projects
from workflow.projects.access import Right, reach
from workflow.projects.errors import ProjectBusy
from workflow.projects.service import current
from workflow.runs import repository as runs
from workflow.settings import Settings

_EDITED = frozenset({"text", "kind", "picture", "motion", "voice", "title", "subtitle"})
_PARTS = (
    ("voice", "speak", ("audio",)),
    ("subtitle", "speak", ("timings",)),
    ("picture", "draw", ("image", "video")),
    ("clip", "shots", ("video",)),
)
"""What a shot is made of: its name, the step that makes it, and what of that step's results it is (one of these)."""


@dataclass(frozen=True, slots=True)
class Changing:
    """A plan that is about to be changed, with the project as it was."""

    row: dict[str, Any]
    saved: SavedPlan
    made_from: str

    @property
    def fresh(self) -> bool:
        """Whether the project says what the plan was made from."""
        return self.made_from == made_from(self.row)


class Films:
    """``link_s`` is how long links to takes hold."""

    def __init__(self, settings: Settings, definitions: Definitions, store: ObjectStore, *, link_s: int) -> None:
        self._settings = settings
        self._definitions = definitions
        self._store = store
        self._link_s = link_s

    @property
    def definition(self) -> Definition:
        """What makes a film now."""
        return self._definitions.current[WorkflowType.FILM_VIDEO.value]

    async def make(self, tx: Transaction, caller: Identity, project_id: UUID, body: PlanIn) -> PlanOut:
        """Make the plan anew of what the project says now. Decisions on shots that stay the same stay.

        Raises ``NotReady``, ``NoFilm``, ``NotFilmed``, ``FileNotYours``, ``ProjectBusy``, and as ``reach``.
        """
        row = await self._film_project(tx, caller, project_id, Right.EDIT, lock=True)
        await self._idle(tx, row)
        stored = await queries.plan_of(tx, project_id)
        former = SavedPlan.model_validate(stored["plan"]) if stored is not None else None
        saved = await self.planned(tx, row, row, body, former)
        await repository.save(tx, project_id, saved, made_from(row), edited=False)
        await logbook.add(tx, row, "plan_made", f"A plan of {len(saved.plan.shots)} shots was made.", by=caller.user_id)
        return await self.shown(tx, caller, project_id)

    async def planned(
        self,
        tx: Transaction,
        row: Mapping[str, Any],
        said: Mapping[str, Any],
        body: PlanIn,
        former: SavedPlan | None,
    ) -> SavedPlan:
        """The plan of what ``said`` says instead of the project. Raises as :meth:`make`."""
        check_ready(said)
        characters = tuple(Role(**one.model_dump()) for one in body.characters)
        if former is not None and "characters" not in body.model_fields_set:
            characters = former.characters
        faces = [one.face for one in characters if one.face is not None]
        files = await queries.pictures(tx, row["user_id"], {*images_of(said), *faces})
        wanted = dict.fromkeys([*images_of(said), *faces])
        check_pictures(files, wanted)
        cast = [
            Character(one.name.strip(), one.voice.value, str(one.face) if one.face is not None else None)
            for one in characters
        ]
        if cast and all(one.name for one in cast):
            cast.append(Character("", said["voice"] or Voice.NEUTRAL.value))
        # Arithmetic over the whole script: a tenth of a second for forty minutes.
        made = await asyncio.to_thread(
            planning.made,
            said,
            {id: files[id]["original_name"] for id in images_of(said)},
            language=body.language,
            seed=project_seed(row["id"]),
            characters=cast,
            former=former,
            definition=body.definition,
            aspect=body.aspect,
            captions=body.captions,
            imagery=body.imagery,
            style=body.style,
        )
        return made.model_copy(update={"characters": characters})

    async def shown(self, tx: Transaction, caller: Identity, project_id: UUID) -> PlanOut:
        """The plan, and what of it is there. Raises ``NoPlan``, ``NoFilm``, and as ``reach``."""
        row = await self._film_project(tx, caller, project_id, Right.VIEW)
        stored = await self._stored(tx, project_id)
        saved = SavedPlan.model_validate(stored["plan"])
        standing = await self.standing(tx, row, saved)
        known = await runs.before_create(tx, None, row["user_id"], row["product_line"])
        plan, starts = saved.plan, saved.plan.starts()
        expected = estimated(self._settings, self.definition, known, standing)
        shots = {
            shot.id: ShotOut(
                **{
                    name: getattr(shot, name)
                    for name in ("id", "kind", "text", "spoken", "picture", "motion", "speaker", "title", "subtitle")
                },
                voice=Voice(shot.voice),
                starts_at=round(starts[shot.id], 3),
                seconds=round(shot.length_s, 3),
                **saved.mark(shot.id).model_dump(),
                artefacts=[
                    self._artefact(standing, kind, step, shot.id, roles)
                    for kind, step, roles in _PARTS
                    if (step, shot.id) in standing.reckoning.states
                ],
            )
            for shot in plan.shots
        }
        whole = [("music", "music", "bed", ("audio",)), ("film", "join", "", ("video",))]
        return PlanOut(
            project_id=project_id,
            version=stored["version"],
            minutes=plan.minutes,
            language=Language(plan.language),
            title=plan.title,
            definition=saved.definition,
            aspect=saved.aspect,
            captions=saved.captions,
            imagery=saved.imagery,
            style=saved.style,
            music=saved.music,
            seed=plan.seed,
            scenes=[
                SceneOut(title=scene.title, shots=[shots[shot.id] for shot in scene.shots]) for scene in plan.scenes
            ],
            artefacts=[
                self._artefact(standing, kind, step, part, roles)
                for kind, step, part, roles in whole
                if (step, part) in standing.reckoning.states
            ],
            advice=list(plan.advice),
            outdated=stored["made_from"].strip() != made_from(row),
            to_make=len(standing.to_make()),
            credits=expected.credits,
            estimated_time=expected.seconds,
            updated_at=stored["updated_at"],
        )

    async def change(self, tx: Transaction, caller: Identity, project_id: UUID, body: PlanChange) -> PlanOut:
        """Change how the film is to look and sound. Raises ``PlanChanged``, ``ProjectBusy``, and as :meth:`shown`."""
        was = await self._changeable(tx, caller, project_id, body.version)
        said = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
        if "music" in said:
            said["music"] = said["music"].strip() or None
        await self._become(tx, caller, was, was.saved.model_copy(update=said), f"Changed: {', '.join(sorted(said))}.")
        return await self.shown(tx, caller, project_id)

    async def change_shot(
        self, tx: Transaction, caller: Identity, project_id: UUID, shot_id: str, body: ShotChange
    ) -> PlanOut:
        """Change a shot, or decide of it. What is said in it changes in the project's script as well; what was approved
        has to be looked at again.

        Raises ``ShotNotFound``, ``ShotLocked``, ``FileNotYours``, ``NotFilmed``, and as :meth:`change`.
        """
        was = await self._changeable(tx, caller, project_id, body.version)
        saved = was.saved
        _shot(saved, shot_id)
        said = body.model_dump(exclude_unset=True, exclude={"version"})
        edits = {name: said[name] for name in _EDITED & said.keys()}
        decided = {name: said[name] for name in ("approved", "locked", "prompt") if name in said}
        if (edits or "prompt" in said) and saved.mark(shot_id).locked and decided.get("locked") is not False:
            raise ShotLocked("This shot is locked. Unlock it first, or with the same change.")
        if (picture := edits.get("picture")) is not None:
            check_pictures(await queries.pictures(tx, was.row["user_id"], [picture]), [picture])
            edits["picture"] = str(picture)
        if edits:
            with advised():
                saved = saved.told(edit_shot(saved.plan, shot_id, **edits))
        if "prompt" in said:
            decided["prompt"] = said["prompt"].strip()
        if edits or "prompt" in said:
            decided = {"approved": False, **decided}
        if decided:
            saved = saved.marked(shot_id, **decided)
        await self._become(tx, caller, was, saved, f"Shot {shot_id}: {', '.join(sorted(said))}.")
        return await self.shown(tx, caller, project_id)

    async def retake(self, tx: Transaction, caller: Identity, project_id: UUID, shot_id: str) -> PlanOut:
        """Have a shot come out otherwise the next time, although nothing about it has changed.

        Raises ``ShotNotFound``, ``ShotLocked``, and as :meth:`change`.
        """
        was = await self._changeable(tx, caller, project_id, None)
        _unlocked(was.saved, shot_id)
        saved = was.saved.another_take(frozenset({shot_id}))
        await self._become(tx, caller, was, saved, f"Shot {shot_id}: another take.")
        return await self.shown(tx, caller, project_id)

    async def restore(self, tx: Transaction, caller: Identity, project_id: UUID, shot_id: str, number: int) -> PlanOut:
        """Make a shot what it was in a take, which is there and is used again.

        Raises ``TakeNotFound``, ``ShotNotFound``, ``ShotLocked``, ``NotFilmed``, and as :meth:`change`.
        """
        was = await self._changeable(tx, caller, project_id, None)
        _unlocked(was.saved, shot_id)
        takes = await queries.all_takes_of(tx, project_id, shot_id)
        before = next((one["shot"] for one in takes if one["number"] == number), None)
        if before is None:
            raise TakeNotFound(f"Shot {shot_id} has no take {number}.")
        shot = was.saved.plan.shot(shot_id)
        edits = {name: before[name] for name in (*_EDITED, "tempo") if before[name] != getattr(shot, name)}
        with advised():
            plan = edit_shot(was.saved.plan, shot_id, **edits) if edits else was.saved.plan
        saved = was.saved.told(plan).marked(
            shot_id, take=before["take"], prompt=before.get("prompt", ""), approved=False
        )
        await self._become(tx, caller, was, saved, f"Shot {shot_id}: back to take {number}.")
        return await self.shown(tx, caller, project_id)

    def take_out(self, saved_digest: str | None, found: Mapping[str, Any]) -> TakeOut:
        """A take as the API shows it."""
        return TakeOut(
            take=found["number"],
            current=found["digest"] == saved_digest,
            text=(found["shot"] or {}).get("text", ""),
            made_at=found["made_at"],
            url=self._link(found["result"].outputs.get("video")),
        )

    async def takes(
        self, tx: Transaction, caller: Identity, project_id: UUID, shot_id: str, wanted: PageRequest
    ) -> tuple[list[TakeOut], int]:
        """One page of a shot's takes, newest first, and how many there are. Raises ``ShotNotFound``, ``NoPlan``."""
        row = await self._film_project(tx, caller, project_id, Right.VIEW)
        saved = SavedPlan.model_validate((await self._stored(tx, project_id))["plan"])
        _shot(saved, shot_id)
        standing = await self.standing(tx, row, saved)
        used = standing.reckoning.current.get(("shots", shot_id))
        found = await queries.all_takes_of(tx, project_id, shot_id)
        page = found[wanted.offset : wanted.offset + wanted.limit]
        return [self.take_out(used.digest if used is not None else None, one) for one in page], len(found)

    async def standing(
        self, tx: Transaction, row: Mapping[str, Any], saved: SavedPlan, *, anew: Collection[tuple[str, str]] = ()
    ) -> Standing:
        """What of a plan is there."""
        return await stand(tx, self.definition, row, saved, anew=anew)

    def _artefact(self, standing: Standing, kind: str, step: str, part: str, roles: Sequence[str]) -> Artefact:
        take = standing.reckoning.current.get((step, part))
        if take is None and (takes := standing.ledger.get((step, part))):
            take = list(takes.values())[-1]
        outputs = take.result.outputs if take is not None else {}
        stored = next((outputs[role] for role in roles if role in outputs), None)
        return Artefact(kind=kind, state=standing.reckoning.states[step, part], url=self._link(stored))

    def _link(self, stored: StoredObject | None) -> str | None:
        return self._store.signed_url(stored.key, expires_s=self._link_s) if stored is not None else None

    async def _film_project(
        self, tx: Transaction, caller: Identity, project_id: UUID, needed: Right, *, lock: bool = False
    ) -> dict[str, Any]:
        row = await reach(tx, project_id, caller.user_id, needed, lock=lock, looks_after=caller.is_admin)
        check_film(row)
        return row

    async def _stored(self, tx: Transaction, project_id: UUID) -> dict[str, Any]:
        stored = await queries.plan_of(tx, project_id)
        if stored is None:
            raise NoPlan("This project has no plan yet. Make one with `POST /api/v1/projects/{id}/plan`.")
        return stored

    async def _changeable(self, tx: Transaction, caller: Identity, project_id: UUID, version: int | None) -> Changing:
        row = await self._film_project(tx, caller, project_id, Right.EDIT, lock=True)
        stored = await self._stored(tx, project_id)
        if version is not None and version != stored["version"]:
            raise PlanChanged(f"The plan is at version {stored['version']} by now. Read it again.")
        await self._idle(tx, row)
        return Changing(row, SavedPlan.model_validate(stored["plan"]), stored["made_from"].strip())

    async def _idle(self, tx: Transaction, row: Mapping[str, Any]) -> None:
        # The status is only as new as the last end that was heard of, and a run that is tried again does not set it.
        if row["status"] == ProjectStatus.PROCESSING or await project_queries.at_work(tx, [row["id"]], row["user_id"]):
            raise ProjectBusy("A film is being made by this plan. Change it when that has ended, or cancel it.")

    async def _become(self, tx: Transaction, caller: Identity, was: Changing, saved: SavedPlan, words: str) -> None:
        """Save the plan; the project says what it says now, and gets a version of that."""
        row = was.row
        before, after = was.saved, saved
        changes: dict[str, Any] = {}
        if after.plan.script != before.plan.script:
            changes["script"] = after.plan.script
        if after.music != before.music:
            changes["music"] = after.music
        if changes:
            fields = {**current(row), **changes}
            version = await projects.change(tx, row["id"], caller.user_id, fields, fields)
            tx.emit(
                ProjectUpdated(
                    project_id=row["id"],
                    user_id=row["user_id"],
                    product_line=row["product_line"],
                    version=version,
                    changed=tuple(sorted(changes)),
                )
            )
        source = made_from({**row, **changes}) if was.fresh else was.made_from
        await repository.save(tx, row["id"], saved, source, edited=True)
        await logbook.add(tx, row, "plan_changed", words, by=caller.user_id)


def _shot(saved: SavedPlan, shot_id: str) -> Shot:
    try:
        return saved.plan.shot(shot_id)
    except NoSuchShot:
        raise ShotNotFound(f"The plan has no shot {shot_id!r}.") from None


def _unlocked(saved: SavedPlan, shot_id: str) -> None:
    """Whether a shot may change; raises ``ShotNotFound``, ``ShotLocked``."""
    _shot(saved, shot_id)
    if saved.mark(shot_id).locked:
        raise ShotLocked("This shot is locked. Unlock it first.")
