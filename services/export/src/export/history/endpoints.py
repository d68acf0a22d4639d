"""A user's history. Another user's entry is a 404."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from chassis.errors import NotAuthenticated, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from export.history import queries

router = APIRouter(prefix="/api/v1/export/history", tags=["export"])

Kind = Literal["kit", "instructions", "optimization"]


class EntryNotFound(NotFound):
    """There is no such entry, or it belongs to someone else."""

    code = "history_entry_not_found"


class EntryOut(BaseModel):
    """What was asked for once (EXP-16)."""

    id: UUID = Field(description="Of the entry.")
    kind: Kind = Field(description="What was asked for.", examples=["instructions"])
    request: dict[str, Any] = Field(description="What was asked.", examples=[{"platforms": ["tiktok"]}])
    result_id: UUID | None = Field(None, description="Of the kit, where it was one.")
    result_url: str | None = Field(
        None, description="Where the answer is read again.", examples=["/api/v1/export/history/0199f0a1-..."]
    )
    created_at: datetime = Field(description="When.")


class WholeEntryOut(EntryOut):
    """An entry with the answer."""

    result: dict[str, Any] | None = Field(
        None, description="The answer as it was; null for kits, which have their own."
    )


@router.get("", responses=documented(NotAuthenticated))
async def list_export_history(
    caller: Caller,
    tx: Tx,
    page: Page,
    kind: Annotated[Kind | None, Query(description="Only what was asked for in this way.")] = None,
) -> Paged[EntryOut]:
    """Earlier instructions, kits and suggestions, newest first (EXP-06)."""
    rows, total = await queries.page_of(tx, caller.user_id, kind, offset=page.offset, limit=page.limit)
    return Paged[EntryOut].of([EntryOut(**_entry(dict(row))) for row in rows], total, page)


@router.get("/{entry_id}", responses=documented(NotAuthenticated, EntryNotFound))
async def get_export_history_entry(entry_id: UUID, caller: Caller, tx: Tx) -> WholeEntryOut:
    """One entry, with the answer as it was given."""
    row = await queries.entry_of(tx, entry_id, caller.user_id)
    if row is None:
        raise EntryNotFound("There is no such entry in your export history.")
    result = row["result"]
    return WholeEntryOut(**_entry({**row, "kept": result is not None}), result=result)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    url = f"/api/v1/export/history/{row['id']}" if row["kept"] else None
    return {name: row[name] for name in ("id", "kind", "request", "result_id", "created_at")} | {"result_url": url}
