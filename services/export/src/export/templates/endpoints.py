"""The templates people can follow."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, StrictBool

from chassis.errors import NotAuthenticated, documented
from chassis.http.inputs import Input, Whole
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import Difficulty, Platform, WorkflowType
from export.templates import service
from export.templates.cache import TemplateCache, templates_of
from export.templates.service import TemplateNotFound

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
    usage_count: int = Field(description="How often it was used, as of its last change.")
    success_rate: float | None = Field(None, description="Of a hundred uses, how many were published.")
    user_rating: float | None = Field(None, description="As users rate it, from 1 to 5.")


@router.get("", responses=documented(NotAuthenticated))
async def list_templates(
    caller: Caller,
    tx: Tx,
    page: Page,
    response: Response,
    cache: Annotated[TemplateCache, Depends(templates_of)],
    workflow_type: Annotated[WorkflowType | None, Query(description="Only for this kind of video.")] = None,
    platform: Annotated[Platform | None, Query(description="Only for this platform.")] = None,
    difficulty: Annotated[Difficulty | None, Query(description="Only of this difficulty.")] = None,
) -> Paged[TemplateOut]:
    """Active templates."""
    response.headers["Cache-Control"] = "public, max-age=300"
    rows = await cache.active(tx, workflow_type=workflow_type, platform=platform, difficulty=difficulty)
    return Paged[TemplateOut].cut([TemplateOut.model_validate(row) for row in rows], page)


class FeedbackIn(Input):
    """How it went."""

    success: StrictBool = Field(description="Whether the video was published with it.")
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = Field(None, description="How good the template is.")


class FeedbackOut(BaseModel):
    """The template's figures, yours among them."""

    template_id: UUID = Field(description="Of the template.")
    success_rate: float = Field(description="Of a hundred uses, how many were published.", examples=[83.33])
    user_rating: float | None = Field(description="As users rate it, from 1 to 5.", examples=[4.5])


@router.post("/{template_id}/feedback", responses=documented(NotAuthenticated, TemplateNotFound))
async def rate_template(template_id: UUID, body: FeedbackIn, caller: Caller, tx: Tx) -> FeedbackOut:
    """Say how it went; what you said before of the same template is replaced (EXP-07, EXP-21)."""
    figures = await service.rate(tx, template_id, caller.user_id, published=body.success, rating=body.rating)
    return FeedbackOut.model_validate({"template_id": template_id, **figures})
