"""What the batch endpoints take and answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.outputs import Rupees
from contracts.enums import Status


class Verdict(StrEnum):
    """What becomes of a row."""

    ORDERED = "ordered"
    FINE = "fine"
    """It would be ordered; of a dry run."""
    REPEATED = "repeated"
    """It was ordered before, in this batch."""
    REFUSED = "refused"


class RowOut(BaseModel):
    """One row and its verdict."""

    line: int = Field(description="Of the manifest.", examples=[2])
    ref: str = Field(description="How you call it; else a short name of its content.", examples=["sku-1042"])
    verdict: Verdict = Field(description="What becomes of it.")
    workflow_id: UUID | None = Field(None, description="The workflow that makes it.")
    credits: int = Field(0, description="What it takes from the account.", examples=[1])
    estimated_cost: Rupees | None = Field(None, description="What the AI work costs us, in rupees.")
    code: str | None = Field(None, description="Why it is refused, for programs.", examples=["file_not_usable"])
    message: str | None = Field(None, description="Why it is refused, for a person.")
    fields: dict[str, str] = Field({}, description="Which of its fields are wrong, and how.")
    details: dict[str, Any] = Field({}, description="Machine-readable facts.")
    warnings: list[str] = Field([], description="What to expect of it, for a person.")


class BatchOut(BaseModel):
    """What became of a manifest."""

    id: UUID | None = Field(description="Of the batch; null for a dry run of a new one.")
    name: str = Field(description="Of the batch; submit the same again and nothing is ordered twice.", examples=["may"])
    dry_run: bool = Field(description="Nothing was ordered.")
    ordered: int = Field(description="Rows that were, or would be, ordered now.", examples=[3])
    repeated: int = Field(description="Rows that had been ordered before.", examples=[0])
    refused: int = Field(description="Rows that were refused.", examples=[1])
    credits: int = Field(description="What those ordered now take from the account.", examples=[3])
    rows: list[RowOut] = Field(description="In the order of the manifest.")


class BatchStatusOut(BaseModel):
    """How the workflows of a batch are."""

    id: UUID = Field(description="Of the batch.")
    name: str = Field(description="Of the batch.", examples=["may"])
    created_at: datetime = Field(description="When it was first submitted.")
    updated_at: datetime = Field(description="When it was last submitted.")
    rows: int = Field(description="Workflows that were ordered in it.", examples=[3])
    pending: int = Field(description="Of these, waiting.", examples=[1])
    processing: int = Field(description="Of these, being made.", examples=[1])
    completed: int = Field(description="Of these, done.", examples=[1])
    failed: int = Field(description="Of these, failed.", examples=[0])
    cancelled: int = Field(description="Of these, cancelled.", examples=[0])


class BatchRowOut(BaseModel):
    """A row that was ordered, and its workflow."""

    line: int = Field(description="Of the manifest.", examples=[2])
    ref: str = Field(description="How you call it.", examples=["sku-1042"])
    workflow_id: UUID = Field(description="The workflow that makes it.")
    status: Status = Field(description="How that is.")
    progress: int = Field(ge=0, le=100, description="Per cent.", examples=[40])
    title: str | None = Field(description="Of the video.", examples=["Welcome"])


class BatchCancelledOut(BatchStatusOut):
    """A batch of which everything that could be was stopped."""

    stopped: int = Field(description="Workflows that were told to stop now.", examples=[2])
    not_stopped: int = Field(description="Those that are being completed, and can be no more.", examples=[0])
