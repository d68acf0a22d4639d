"""HTTP for the plan of a film: translate, call one thing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from chassis.errors import documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from workflow.films.errors import (
    NoFilm,
    NoPlan,
    NotFilmed,
    PlanChanged,
    ShotLocked,
    ShotNotFound,
    TakeNotFound,
)
from workflow.films.schemas import PlanChange, PlanIn, PlanOut, RestoreIn, ShotChange, TakeOut
from workflow.films.service import Films
from workflow.projects.errors import FileNotYours, NotReady, OnlyForEditors, ProjectBusy, ProjectNotFound

PATH = "/api/v1/projects/{project_id}/plan"

ShotId = Annotated[str, Path(max_length=50, description="As the plan has it.", examples=["s7"])]

_CHANGES = (ProjectNotFound, OnlyForEditors, NoFilm, NoPlan, PlanChanged, ProjectBusy)
_OF_SHOTS = (*_CHANGES, ShotNotFound, ShotLocked, NotFilmed)


def router(films: Films) -> APIRouter:
    """Routes under ``/api/v1/projects/{project_id}/plan``."""
    routes = APIRouter(prefix=PATH, tags=["films"])

    @routes.post(
        "",
        status_code=201,
        responses=documented(ProjectNotFound, OnlyForEditors, NoFilm, NotReady, NotFilmed, FileNotYours, ProjectBusy),
    )
    async def make_film_plan(project_id: UUID, body: PlanIn, caller: Caller, tx: Tx, response: Response) -> PlanOut:
        """Cut the project's script into scenes and shots that fill its minutes. It costs nothing."""
        made = await films.make(tx, caller, project_id, body)
        response.headers["Location"] = PATH.format(project_id=project_id)
        return made

    @routes.get("", responses=documented(ProjectNotFound, NoFilm, NoPlan))
    async def get_film_plan(project_id: UUID, caller: Caller, tx: Tx) -> PlanOut:
        """Scenes and shots, what of each is there, and what making the rest would take."""
        return await films.shown(tx, caller, project_id)

    @routes.patch("", responses=documented(*_CHANGES))
    async def change_film_plan(project_id: UUID, body: PlanChange, caller: Caller, tx: Tx) -> PlanOut:
        """Change how the film is to look and sound. Nothing is made by that."""
        return await films.change(tx, caller, project_id, body)

    @routes.patch("/shots/{shot_id}", responses=documented(*_OF_SHOTS, FileNotYours))
    async def change_film_shot(project_id: UUID, shot_id: ShotId, body: ShotChange, caller: Caller, tx: Tx) -> PlanOut:
        """Change what is said or seen in a shot, approve it, or lock it. Only what that touches is made anew."""
        return await films.change_shot(tx, caller, project_id, shot_id, body)

    @routes.post("/shots/{shot_id}/retake", responses=documented(*_OF_SHOTS))
    async def retake_film_shot(project_id: UUID, shot_id: ShotId, caller: Caller, tx: Tx) -> PlanOut:
        """Have a shot come out otherwise the next time the film is made."""
        return await films.retake(tx, caller, project_id, shot_id)

    @routes.get("/shots/{shot_id}/takes", responses=documented(ProjectNotFound, NoFilm, NoPlan, ShotNotFound))
    async def list_film_takes(project_id: UUID, shot_id: ShotId, caller: Caller, tx: Tx, page: Page) -> Paged[TakeOut]:
        """The shot as it was made so far, the newest first."""
        items, total = await films.takes(tx, caller, project_id, shot_id, page)
        return Paged[TakeOut].of(items, total, page)

    @routes.post("/shots/{shot_id}/restore", responses=documented(*_OF_SHOTS, TakeNotFound))
    async def restore_film_take(project_id: UUID, shot_id: ShotId, body: RestoreIn, caller: Caller, tx: Tx) -> PlanOut:
        """Go back to a take of the shot. It is there, and is used again."""
        return await films.restore(tx, caller, project_id, shot_id, body.take)

    return routes
