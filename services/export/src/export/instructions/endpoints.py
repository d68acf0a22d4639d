"""Asking for instructions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from chassis.errors import NotAuthenticated, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from export.instructions import service
from export.instructions.schemas import InstructionsIn, InstructionsOut
from export.instructions.service import PlatformUnknown, WorkflowNotFound
from export.templates.cache import TemplateCache, templates_of

router = APIRouter(prefix="/api/v1/export/instructions", tags=["export"])


@router.post("", status_code=201, responses=documented(NotAuthenticated, WorkflowNotFound, PlatformUnknown))
async def create_instructions(
    body: InstructionsIn,
    caller: Caller,
    tx: Tx,
    response: Response,
    cache: Annotated[TemplateCache, Depends(templates_of)],
) -> InstructionsOut:
    """Step by step how to publish on each platform, with filled prompts; kept in the history (EXP-01)."""
    out = await service.write(tx, cache, caller.user_id, body)
    response.headers["Location"] = f"/api/v1/export/history/{out.id}"
    return out
