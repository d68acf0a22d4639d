"""What the job endpoints answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.enums import Capability, Status

WORDS = {
    "low_quality": "The quality is below what we aim for; nobody made a better one.",
    "model_ignored": "The model that was asked for is not offered by the service that made this.",
}
"""What a person is told for the codes that other services are told."""


class JobOut(BaseModel):
    """One job in a list (AIR-09)."""

    id: UUID
    job_type: Capability
    status: Status
    progress: int = Field(ge=0, le=100)
    workflow_id: UUID | None = None
    provider: str | None = None
    model_name: str | None = None
    quality_score: float | None = None
    cost: Decimal
    attempts: int
    cache_hit: bool
    error_message: str | None = None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> JobOut:
        """From a row of ``ai_jobs``."""
        return cls.model_validate({name: row[name] for name in cls.model_fields})


class JobStatusOut(BaseModel):
    """How far a job is (AIR-10)."""

    job_id: UUID
    status: Status
    progress: int = Field(ge=0, le=100)
    message: str | None = Field(None, examples=["Making the photo talk (local_stable_video)"])
    estimated_seconds: float | None = Field(None, description="Left, from the pace so far; null when not known.")


class OutputOut(BaseModel):
    """One file of a result."""

    url: str = Field(description="Good for 24 hours.")
    mime_type: str
    size: int
    sha256: str


class JobResultOut(BaseModel):
    """What a job made (AIR-11)."""

    job_id: UUID
    provider: str
    model: str | None = None
    outputs: dict[str, OutputOut]
    data: dict[str, Any]
    quality_score: float | None = None
    measures: dict[str, float]
    cost: Decimal
    cache_hit: bool
    warnings: list[str]
