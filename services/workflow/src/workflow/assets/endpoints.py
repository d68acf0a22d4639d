"""HTTP for assets: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.errors import documented
from chassis.http.inputs import Moment
from chassis.http.pagination import Page, Paged, fields_of, paged, selected
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import AssetType
from workflow.assets import queries
from workflow.assets.queries import Filters
from workflow.assets.schemas import AssetIn, AssetOut, AssetsBulkIn, ComparisonOut, DraftOut, LineageOut
from workflow.assets.service import Assets
from workflow.projects.access import Right, reach
from workflow.projects.errors import (
    AssetNotFound,
    FileNotYours,
    NotRecalled,
    OnlyForEditors,
    OnlyForOwner,
    ProjectNotFound,
)
from workflow.projects.schemas import BulkOut
from workflow.projects.searching import search_of

_ID = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"

AssetFields = Annotated[frozenset[str] | None, fields_of(AssetOut)]
Type = Annotated[AssetType | None, Query(description="Only those that are there for this.")]


def router(assets: Assets) -> APIRouter:
    """Routes under ``/api/v1/assets``, and of assets under ``/api/v1/projects``."""
    routes = APIRouter(prefix="/api/v1", tags=["assets"])

    @routes.post(
        "/projects/{project_id}/assets",
        status_code=201,
        responses=documented(ProjectNotFound, OnlyForEditors, FileNotYours),
    )
    async def add_project_asset(
        project_id: UUID, body: AssetIn, caller: Caller, tx: Tx, response: Response
    ) -> AssetOut:
        """Put a file of yours into a project, as its owner or an editor; again, to say anew what for."""
        made = await assets.add(tx, caller, project_id, body)
        response.headers["Location"] = f"/api/v1/assets/{made.id}"
        return made

    @routes.get("/projects/{project_id}/assets", response_model=paged(AssetOut), responses=documented(ProjectNotFound))
    async def list_project_assets(
        project_id: UUID, caller: Caller, tx: Tx, page: Page, fields: AssetFields, asset_type: Type = None
    ) -> Any:
        """What is in a project, newest first."""
        await reach(tx, project_id, caller.user_id, Right.VIEW)
        filters = Filters(project_id=project_id, asset_type=asset_type.value if asset_type is not None else None)
        rows, total = await queries.page(tx, filters, page)
        items = [assets.described(row, caller.user_id) for row in rows]
        return selected(Paged[AssetOut].of(items, total, page), fields)

    @routes.delete(
        "/projects/{project_id}/assets/{asset_id}",
        status_code=204,
        responses=documented(ProjectNotFound, OnlyForOwner, AssetNotFound),
    )
    async def remove_project_asset(project_id: UUID, asset_id: UUID, caller: Caller, tx: Tx) -> None:
        """Take a file out of a project; the file stays."""
        await assets.take_out(tx, caller, project_id, asset_id)

    @routes.get("/assets/library", response_model=paged(AssetOut))
    async def list_library(
        caller: Caller,
        tx: Tx,
        page: Page,
        fields: AssetFields,
        asset_type: Type = None,
        type: Annotated[
            str | None, Query(max_length=20, description="`image`, `audio`, `video` or `document`.")
        ] = None,
        mime_type: Annotated[str | None, Query(max_length=100, description="Only those of this type.")] = None,
        q: Annotated[
            str | None, Query(max_length=200, description="Words of the file's name, its project or its tags.")
        ] = None,
        tag: Annotated[str | None, Query(max_length=50, description="Only those with this tag.")] = None,
        project_id: Annotated[UUID | None, Query(description="Only those in this project of yours.")] = None,
        created_from: Annotated[Moment | None, Query(description="Only those that were added then or later.")] = None,
        created_before: Annotated[Moment | None, Query(description="Only those that were added earlier.")] = None,
    ) -> Any:
        """What is in all your projects, newest first."""
        filters = Filters(
            owner=caller.user_id,
            project_id=project_id,
            asset_type=asset_type.value if asset_type is not None else None,
            kind=type,
            mime_type=mime_type,
            tag=tag,
            created_from=created_from,
            created_before=created_before,
            search=search_of(q),
        )
        rows, total = await queries.page(tx, filters, page)
        items = [assets.described(row, caller.user_id) for row in rows]
        return selected(Paged[AssetOut].of(items, total, page), fields)

    @routes.post("/assets/bulk", responses=documented(ProjectNotFound, OnlyForOwner))
    async def change_assets(body: AssetsBulkIn, caller: Caller, tx: Tx) -> BulkOut:
        """Take out, move or tag up to 100 assets of your projects; what became of each is said."""
        return await assets.bulk(tx, caller, body)

    @routes.get("/assets/compare", responses=documented(AssetNotFound))
    async def compare_assets(
        caller: Caller,
        tx: Tx,
        left: Annotated[UUID, Query(description="An asset, a file or an AI job of yours.", examples=[_ID])],
        right: Annotated[UUID, Query(description="Another one.", examples=[_ID])],
    ) -> ComparisonOut:
        """Two results side by side: both with a link, how each was made, and what is different."""
        return await assets.compare(tx, caller, left, right)

    @routes.get("/assets/{asset_id}", responses=documented(AssetNotFound))
    async def get_asset(asset_id: UUID, caller: Caller, tx: Tx) -> AssetOut:
        """An asset, with a link."""
        return await assets.shown(tx, caller, asset_id)

    @routes.get("/assets/{asset_id}/lineage", responses=documented(AssetNotFound))
    async def get_asset_lineage(asset_id: UUID, caller: Caller, tx: Tx) -> LineageOut:
        """Where an asset, a file or an AI job's result of yours comes from.

        What it was made of, how, by whom, with what, at what cost. That is kept when the originals are gone.
        """
        return await assets.lineage(tx, caller, asset_id)

    @routes.post("/assets/{asset_id}/recall", responses=documented(AssetNotFound, NotRecalled))
    async def recall_asset(asset_id: UUID, caller: Caller, tx: Tx) -> DraftOut:
        """A draft of the order that made an asset, a file or an AI job's result, to change and send as a new one.

        What is there stays as it is, and nothing is ordered.
        """
        return await assets.recall(tx, caller, asset_id)

    return routes
