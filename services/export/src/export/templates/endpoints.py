"""The templates people can follow."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import Difficulty, Platform, WorkflowType
from export.templates import queries

router = APIRouter(prefix="/api/v1/export/templates", tags=["export"])


class TemplateOut(BaseModel):
    """How to publish one kind of video on one platform (EXP-12)."""

    id: UUID
    workflow_type: str = Field(examples=["product_demo"])
    platform: str = Field(examples=["instagram"])
    template_name: str
    instructions_html: str
    prompt_template: str
    settings_json: dict[str, Any]
    assets_required: list[str]
    difficulty_level: Difficulty
    estimated_time_minutes: int
    tools_required: list[str]
    usage_count: int
    success_rate: float | None = None
    user_rating: float | None = None


@router.get("", responses=documented(NotAuthenticated))
async def list_templates(
    caller: Caller,
    tx: Tx,
    workflow_type: Annotated[WorkflowType | None, Query(description="Only for this kind of video.")] = None,
    platform: Annotated[Platform | None, Query(description="Only for this platform.")] = None,
    difficulty: Annotated[Difficulty | None, Query(description="Only of this difficulty.")] = None,
) -> list[TemplateOut]:
    """Active templates."""
    rows = await queries.active(tx, workflow_type=workflow_type, platform=platform, difficulty=difficulty)
    return [TemplateOut.model_validate(dict(row)) for row in rows]
