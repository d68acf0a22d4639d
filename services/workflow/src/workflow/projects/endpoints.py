"""HTTP for projects: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from chassis.errors import documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.pagination import Page, Paged, fields_of, paged, selected
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered
from chassis.identity.tokens import Caller
from contracts.enums import ProductLineKey, ProjectStatus
from workflow.engine.definition import Definitions
from workflow.films.errors import FilmUnderWay, NotEnoughCredits, NotFilmed, PlanOutdated
from workflow.films.service import Films
from workflow.projects import queries
from workflow.projects.access import Right, reach
from workflow.projects.errors import (
    CannotShare,
    FileNotYours,
    LinkOver,
    NotReady,
    OnlyForEditors,
    OnlyForOwner,
    ProjectBusy,
    ProjectNotFound,
    ShareNotFound,
    TooLong,
    VersionNotFound,
)
from workflow.projects.generating import generate
from workflow.projects.queries import Filters
from workflow.projects.schemas import (
    BulkOut,
    GenerateIn,
    GenerateOut,
    LogOut,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    ProjectsBulkIn,
    ProjectSummary,
    ShareIn,
    ShareMade,
    ShareOut,
    VersionOut,
)
from workflow.projects.searching import search_of
from workflow.projects.service import Projects
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    BadScript,
    FileNotUsable,
    FileWaits,
    LimitReached,
    NotPossible,
    OverBudget,
)
from workflow.settings import Settings
from workflow.spending.service import KeyCapReached

PATH = "/api/v1/projects"

SummaryFields = Annotated[frozenset[str] | None, fields_of(ProjectSummary)]
Text = Annotated[
    str | None, Query(max_length=200, description="Words of title, description or script, in any language.")
]
Number = Annotated[int, Path(ge=1, le=1_000_000_000, description="Of the version, from 1.", examples=[1])]
Status = Annotated[
    Literal["pending", "processing", "complete", "completed", "failed"] | None,
    Query(description="Only those that are so; `completed` is `complete`."),
]


_NO_ORDER = (
    ProjectNotFound,
    OnlyForOwner,
    NotReady,
    BadScript,
    FileNotUsable,
    FileWaits,
    LimitReached,
    AccountInactive,
    AddressNotProved,
    OverBudget,
    KeyCapReached,
    KeyReused,
    NotPossible,
    LineNotOffered,
    FilmUnderWay,
    NotEnoughCredits,
    NotFilmed,
    PlanOutdated,
    TooLong,
)


def router(settings: Settings, definitions: Definitions, projects: Projects, films: Films) -> APIRouter:
    """Routes under ``/api/v1/projects``, those of assets apart."""
    routes = APIRouter(prefix=PATH, tags=["projects"])

    @routes.post("", status_code=201, responses=documented(FileNotYours, TooLong))
    async def create_project(body: ProjectIn, caller: Caller, tx: Tx, response: Response) -> ProjectOut:
        """Make a project."""
        made = await projects.create(tx, caller, body)
        response.headers["Location"] = f"{PATH}/{made.id}"
        return made

    @routes.get("", response_model=paged(ProjectSummary))
    async def list_projects(
        caller: Caller,
        tx: Tx,
        page: Page,
        fields: SummaryFields,
        status: Status = None,
        shared: Annotated[bool, Query(description="Those shared with you instead of your own.")] = False,
        q: Text = None,
        tag: Annotated[str | None, Query(max_length=50, description="Only those with this tag.")] = None,
        folder: Annotated[str | None, Query(max_length=255, description="Only those that lie there.")] = None,
        product_line: Annotated[ProductLineKey | None, Query(description="Only those made there.")] = None,
    ) -> Any:
        """Your projects, those changed last first, or those that fit a search best."""
        filters = Filters(
            whose="shared" if shared else "own",
            status=ProjectStatus.COMPLETE.value if status == "completed" else status,
            tag=tag,
            folder=folder,
            product_line=product_line.value if product_line is not None else None,
            search=search_of(q),
        )
        rows, total = await queries.page(tx, caller.user_id, filters, page)
        items = [projects.summary(row, caller.user_id) for row in rows]
        return selected(Paged[ProjectSummary].of(items, total, page), fields)

    @routes.post("/bulk")
    async def change_projects(body: ProjectsBulkIn, caller: Caller, tx: Tx) -> BulkOut:
        """Delete, move or tag up to 100 projects of yours; what became of each is said."""
        return await projects.bulk(tx, caller, body)

    @routes.get("/public", response_model=paged(ProjectSummary))
    async def list_public_projects(tx: Tx, page: Page, fields: SummaryFields, q: Text = None) -> Any:
        """Projects that everybody may see, those changed last first."""
        rows, total = await queries.page(tx, None, Filters(whose="public", search=search_of(q)), page)
        items = [ProjectSummary.model_validate(projects.described(row, Right.VIEW)) for row in rows]
        return selected(Paged[ProjectSummary].of(items, total, page), fields)

    @routes.get("/public/{public_id}", responses=documented(ProjectNotFound))
    async def get_public_project(public_id: UUID, tx: Tx) -> ProjectOut:
        """A project that everybody may see, by its id."""
        return await projects.public(tx, public_id)

    @routes.get("/shared/{token}", responses=documented(ProjectNotFound, LinkOver))
    async def get_shared_project(
        token: Annotated[str, Path(max_length=100, description="As the link has it.")], tx: Tx, response: Response
    ) -> ProjectOut:
        """A project by a link that its owner has made."""
        response.headers["Cache-Control"] = "no-store"
        return await projects.by_link(tx, token)

    @routes.get("/{project_id}", responses=documented(ProjectNotFound))
    async def get_project(project_id: UUID, caller: Caller, tx: Tx) -> ProjectOut:
        """A project of yours, one shared with you, or a public one."""
        return await projects.shown(tx, caller.user_id, project_id, looks_after=caller.is_admin)

    @routes.put(
        "/{project_id}",
        responses=documented(ProjectNotFound, OnlyForEditors, OnlyForOwner, ProjectBusy, FileNotYours, TooLong),
    )
    async def change_project(project_id: UUID, body: ProjectChange, caller: Caller, tx: Tx) -> ProjectOut:
        """Change what you name; the rest stays. Each change makes a version."""
        return await projects.change(tx, caller, project_id, body)

    @routes.delete("/{project_id}", status_code=204, responses=documented(ProjectNotFound, OnlyForOwner))
    async def delete_project(project_id: UUID, caller: Caller, tx: Tx) -> None:
        """Delete a project with its versions and shares; what is being made for it stops, your files stay."""
        await reach(tx, project_id, caller.user_id, Right.OWN)
        await projects.delete(tx, caller, [project_id])

    @routes.post("/{project_id}/generate", status_code=202, responses=documented(*_NO_ORDER))
    async def generate_project(
        project_id: UUID,
        body: GenerateIn,
        caller: Caller,
        tx: Tx,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> GenerateOut:
        """Have the project's video made, with what you say instead of what it says. Only its owner spends for it."""
        answer, replayed = await generate(tx, settings, definitions, films, caller, project_id, body, idempotency_key)
        mark(response, replayed=replayed)
        response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
        return answer

    @routes.post("/{project_id}/regenerate", responses=documented(*_NO_ORDER))
    async def regenerate_project(
        project_id: UUID, caller: Caller, tx: Tx, response: Response, idempotency_key: IdempotencyKey = None
    ) -> GenerateOut:
        """Have the project's video made anew from what the project says now."""
        answer, replayed = await generate(
            tx, settings, definitions, films, caller, project_id, GenerateIn(), idempotency_key, anew=True
        )
        mark(response, replayed=replayed)
        return answer

    @routes.get("/{project_id}/logs", responses=documented(ProjectNotFound))
    async def list_project_logs(project_id: UUID, caller: Caller, tx: Tx, page: Page) -> Paged[LogOut]:
        """What happened to the project, newest first."""
        await reach(tx, project_id, caller.user_id, Right.VIEW)
        rows, total = await queries.logs(tx, project_id, page)
        return Paged[LogOut].of([LogOut.model_validate(row) for row in rows], total, page)

    @routes.get("/{project_id}/versions", responses=documented(ProjectNotFound))
    async def list_project_versions(project_id: UUID, caller: Caller, tx: Tx, page: Page) -> Paged[VersionOut]:
        """What the project was, newest first."""
        await reach(tx, project_id, caller.user_id, Right.EDIT)
        rows, total = await queries.versions(tx, project_id, page)
        return Paged[VersionOut].of([VersionOut.model_validate(row) for row in rows], total, page)

    @routes.post(
        "/{project_id}/versions/{number}/restore",
        responses=documented(ProjectNotFound, OnlyForEditors, VersionNotFound, ProjectBusy),
    )
    async def restore_project_version(project_id: UUID, number: Number, caller: Caller, tx: Tx) -> ProjectOut:
        """Make the project what it was in a version; that makes a new version, so nothing is lost."""
        return await projects.restore(tx, caller, project_id, number)

    @routes.post(
        "/{project_id}/share", status_code=201, responses=documented(ProjectNotFound, OnlyForOwner, CannotShare)
    )
    async def share_project(project_id: UUID, body: ShareIn, caller: Caller, tx: Tx, response: Response) -> ShareMade:
        """Share the project with an account, to look or to change, or make a link to it that ends."""
        made = await projects.share(tx, caller, project_id, body)
        response.headers["Location"] = f"{PATH}/{project_id}/shares/{made.id}"
        return made

    @routes.get("/{project_id}/shares", responses=documented(ProjectNotFound, OnlyForOwner))
    async def list_project_shares(project_id: UUID, caller: Caller, tx: Tx, page: Page) -> Paged[ShareOut]:
        """Whom the project is shared with, and links to it, newest first."""
        await reach(tx, project_id, caller.user_id, Right.OWN)
        rows, total = await queries.shares(tx, project_id, page)
        return Paged[ShareOut].of([ShareOut.model_validate(row) for row in rows], total, page)

    @routes.delete(
        "/{project_id}/shares/{share_id}",
        status_code=204,
        responses=documented(ProjectNotFound, OnlyForOwner, ShareNotFound),
    )
    async def end_project_share(project_id: UUID, share_id: UUID, caller: Caller, tx: Tx) -> None:
        """End a share: whoever had it cannot look any more."""
        await projects.unshare(tx, caller, project_id, share_id)

    return routes
