"""Further shapes of a finished workflow's film. Another user's workflow is a 404."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, documented
from chassis.http.inputs import Input
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore
from contracts.enums import Captions, WhenTooLong
from export.instructions.schemas import PlatformName
from export.instructions.service import PlatformUnknown
from export.kits.schemas import FileOut, file_out
from export.kits.service import KitExpired, KitNotFound, KitNotReady, fetchable
from export.renditions import queries, service
from export.renditions.models import RenditionMade

router = APIRouter(prefix="/api/v1/export/kits/{workflow_id}/renditions", tags=["export"])


class ShapesIn(Input):
    """What a finished film is wanted for as well."""

    platforms: Annotated[list[PlatformName], Field(min_length=1, max_length=10)] = Field(
        description="Rows of the catalogue: a platform, or one of its shapes as `platform:shape`.",
        examples=[["linkedin", "instagram:story"]],
    )
    captions: Captions = Field(Captions.FILES, description="Drawn into the picture, or in files beside it.")
    highlight_words: bool = Field(
        False, description="Of captions in the picture: few words at a time, the one that is heard in another colour."
    )
    draft: bool = Field(
        False, description="Only to look at: a third of the sides, made sooner; never in a kit, never uploaded."
    )
    when_too_long: WhenTooLong = Field(WhenTooLong.SPLIT, description="What becomes of a film that is too long there.")


class RuleOut(BaseModel):
    """One rule of a platform's row, and what was measured."""

    rule: str = Field(description="Which.", examples=["loudness_lufs"])
    wanted: str = Field(description="What the row asks.", examples=["-14 +-1"])
    found: str = Field(description="What was measured on the finished file.", examples=["-14.06"])
    holds: bool = Field(description="Whether that satisfies it.")


class RenditionOut(BaseModel):
    """One film in one shape."""

    id: UUID = Field(description="Of the rendition.")
    platform: str = Field(description="What it is for.", examples=["linkedin"])
    draft: bool = Field(False, description="Whether it is only to look at.")
    status: Literal["pending", "completed", "failed", "cancelled"] = Field(description="How far it is.")
    message: str | None = Field(None, description="Why it failed.")
    files: dict[str, FileOut] = Field({}, description="By role; of what comes in parts, with the part's number.")
    width: int | None = Field(None, description="Pixels.", examples=[1080])
    height: int | None = Field(None, description="Pixels.", examples=[1350])
    duration: float | None = Field(None, description="Seconds, of all parts.", examples=[10.0])
    warnings: list[str] = Field([], description="What is otherwise than one would expect.")
    conformance: dict[str, list[RuleOut]] = Field(
        {}, description="By role: each rule of the row, and what was measured."
    )
    created_at: datetime = Field(description="When it was ordered.")


class RenditionsOut(BaseModel):
    """Every shape of a film."""

    items: list[RenditionOut] = Field(description="Newest first.")


_REFUSALS = documented(NotAuthenticated, KitNotFound, KitExpired, KitNotReady)


@router.post(
    "",
    status_code=202,
    responses=documented(NotAuthenticated, KitNotFound, KitExpired, KitNotReady, PlatformUnknown),
)
async def order_renditions(
    workflow_id: UUID, body: ShapesIn, caller: Caller, tx: Tx, request: Request, response: Response
) -> RenditionsOut:
    """Order a finished workflow's film for other platforms; nothing is made anew but the encoding, so it costs nothing.

    Ordering the same again answers how far it is, and tries again what has failed.
    """
    ordered = await service.order_shapes(
        tx,
        workflow_id,
        caller.user_id,
        body.platforms,
        captions=body.captions,
        highlight_words=body.highlight_words,
        when_too_long=body.when_too_long,
        draft=body.draft,
    )
    response.headers["Location"] = f"/api/v1/export/kits/{workflow_id}/renditions"
    rows = await queries.of_run(tx, workflow_id, caller.user_id)
    return _out([row for row in rows if row["id"] in ordered], request)


@router.get("", responses=_REFUSALS)
async def get_renditions(workflow_id: UUID, caller: Caller, tx: Tx, request: Request) -> RenditionsOut:
    """Every shape that a workflow's film was ordered in, with links to what is ready."""
    await fetchable(tx, workflow_id, caller.user_id)
    return _out(await queries.of_run(tx, workflow_id, caller.user_id), request)


def _out(rows: list[Any], request: Request) -> RenditionsOut:
    store: ObjectStore = request.app.state.store
    return RenditionsOut(items=[_one(dict(row), store) for row in rows])


def _one(row: dict[str, Any], store: ObjectStore) -> RenditionOut:
    head = {name: row[name] for name in ("id", "platform", "draft", "status", "created_at")}
    if row["status"] == "failed":
        return RenditionOut(**head, message=row["answer"]["message"])
    if row["status"] != "completed":
        return RenditionOut(**head)
    made = RenditionMade.model_validate(row["answer"])
    return RenditionOut(
        **head,
        files={role: file_out(store, stored, None) for role, stored in made.outputs.items()},
        width=made.width,
        height=made.height,
        duration=made.duration,
        warnings=list(made.warnings),
        conformance={
            role: [RuleOut.model_validate(rule.model_dump()) for rule in rules]
            for role, rules in made.conformance.items()
        },
    )
