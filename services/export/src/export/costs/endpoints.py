"""The cost calculator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from chassis.errors import NotAuthenticated, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from export.costs import service
from export.costs.schemas import CostsIn, CostsOut
from export.instructions.service import PlatformUnknown
from export.templates.cache import TemplateCache, templates_of

router = APIRouter(prefix="/api/v1/export/cost-calculator", tags=["export"])


@router.post("", responses=documented(NotAuthenticated, PlatformUnknown))
async def calculate_export_costs(
    body: CostsIn, caller: Caller, tx: Tx, cache: Annotated[TemplateCache, Depends(templates_of)]
) -> CostsOut:
    """What a way of working costs a workflow and a month, in money and in time (EXP-04). Orders nothing."""
    known = await service.known(tx, cache, body)
    return service.answer(known.costs(), body)
