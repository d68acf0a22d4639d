"""The templates people can follow."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import Difficulty, Platform, WorkflowType
from export.templates import queries

router = APIRouter(prefix="/api/v1/export/templates", tags=["export"])


class TemplateOut(BaseModel):
    """How to publish one kind of video on one platform (EXP-12)."""

    id: UUID = Field(description="Of the template.")
    workflow_type: WorkflowType = Field(description="What kind of video it is for.")
    platform: Platform = Field(description="Where that is published.")
    template_name: str = Field(description="For people.", examples=["Product demo for Instagram"])
    instructions_html: str = Field(description="Step by step.", examples=["<ol><li>Open the app.</li></ol>"])
    prompt_template: str = Field(description="Text with places to fill in.")
    settings_json: dict[str, Any] = Field(description="What to set; depends on the platform.")
    assets_required: list[str] = Field(description="What is needed.", examples=[["video"]])
    difficulty_level: Difficulty = Field(description="How hard it is.")
    estimated_time_minutes: int = Field(description="How long it takes.", examples=[5])
    tools_required: list[str] = Field(description="What it is done with.")
    usage_count: int = Field(description="How often it was used.")
    success_rate: float | None = Field(None, description="Share that was published, from 0 to 1.")
    user_rating: float | None = Field(None, description="As users rate it.")


@router.get("", responses=documented(NotAuthenticated))
async def list_templates(
    caller: Caller,
    tx: Tx,
    page: Page,
    response: Response,
    workflow_type: Annotated[WorkflowType | None, Query(description="Only for this kind of video.")] = None,
    platform: Annotated[Platform | None, Query(description="Only for this platform.")] = None,
    difficulty: Annotated[Difficulty | None, Query(description="Only of this difficulty.")] = None,
) -> Paged[TemplateOut]:
    """Active templates."""
    response.headers["Cache-Control"] = "public, max-age=300"
    rows = await queries.active(tx, workflow_type=workflow_type, platform=platform, difficulty=difficulty)
    return Paged[TemplateOut].cut([TemplateOut.model_validate(dict(row)) for row in rows], page)
