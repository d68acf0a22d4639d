"""Asking what could be better."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, documented
from chassis.http.outputs import Rupees
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from export.costs.schemas import CostsIn, CostsOut
from export.instructions.service import PlatformUnknown
from export.optimiser import service
from export.templates.cache import TemplateCache, templates_of

router = APIRouter(prefix="/api/v1/export/optimize", tags=["export"])


class OptimizeIn(CostsIn):
    """A way of working, and what is wanted more of."""

    goal: Literal["cost", "time", "quality"] = Field("cost", description="What counts most.")


class EffectOut(BaseModel):
    """What a suggestion is expected to change."""

    rupees_per_month: Rupees = Field(description="Saved.")
    minutes_per_month: int = Field(description="Of a person's time, saved.", examples=[300])
    quality: str | None = Field(None, description="What becomes better.")


class SuggestionOut(BaseModel):
    """One suggestion."""

    kind: str = Field(description="Which rule found it.", examples=["drop_tool"])
    text: str = Field(description="What to do.", examples=["Leave out CapCut Pro: every run brings captions."])
    effect: EffectOut = Field(description="What it is expected to change.")
    formula: str = Field(description="How the effect is reckoned, in figures.")
    source: str = Field(description="What that stands on.")


class OptimizeOut(BaseModel):
    """Suggestions, the most useful first."""

    id: UUID = Field(description="Of the entry in the history.")
    current: CostsOut = Field(description="What the way of working costs now.")
    suggestions: list[SuggestionOut] = Field(description="Each on its own; effects of several may overlap.")


@router.post("", responses=documented(NotAuthenticated, PlatformUnknown))
async def optimize_export(
    body: OptimizeIn, caller: Caller, tx: Tx, cache: Annotated[TemplateCache, Depends(templates_of)]
) -> OptimizeOut:
    """How the workflow could cost less, take less time or become better, with expected effects (EXP-05).

    From the catalogue, the platforms' rows, the templates and the user's history, by rules that are stated.
    """
    current, found = await service.optimise(tx, cache, caller.user_id, body, body.goal)
    suggestions = [
        SuggestionOut(
            kind=one.kind,
            text=one.text,
            effect=EffectOut(rupees_per_month=one.rupees, minutes_per_month=one.minutes, quality=one.quality),
            formula=one.formula,
            source=one.source,
        )
        for one in found
    ]
    entry = await service.remember(tx, caller.user_id, body)
    out = OptimizeOut(id=entry, current=current, suggestions=suggestions)
    await service.keep(tx, entry, out.model_dump_json())
    return out
