"""What clients get about exports of their data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class DataExportOut(BaseModel):
    """One archive."""

    id: UUID = Field(description="Of the export.")
    status: Literal["pending", "ready"] = Field(description="Whether it can be fetched.")
    requested_at: datetime = Field(description="When it was asked for.")
    waiting_for: list[str] = Field(description="Parts of the platform that have not answered yet.", examples=[[]])
    expires_at: datetime | None = Field(description="Until when it can be fetched; a day after it was ready.")
    download_url: str | None = Field(
        description="A ZIP file: JSON of each part of the platform, and your files. Null until it is ready.",
        json_schema_extra={"format": "uri"},
    )
