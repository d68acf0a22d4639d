"""What the job endpoints answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.outputs import Link, Rupees
from contracts.enums import Capability, Status

WORDS = {
    "edit_drift": "More has changed than was to; `data.guard` says what. `composite` has it put back.",
    "low_quality": "The quality is below what we aim for; nobody made a better one.",
    "model_ignored": "The model that was asked for is not offered by the service that made this.",
    "provider_ignored": "The service that was asked for could not do this; another one did.",
}
"""What a person is told for the codes that other services are told."""

IGNORED = "ignored:"
"""What the codes of wishes begin with that were not granted; the name of the parameter follows."""


def words_of(warning: str) -> str:
    """What a person is told for a warning; those that are no codes are words already."""
    if warning.startswith(IGNORED):
        name = warning.removeprefix(IGNORED)
        return f"`{name}` was given, and the service that made this takes no such thing."
    return WORDS.get(warning, warning)


class JobOut(BaseModel):
    """One job in a list (AIR-09)."""

    id: UUID = Field(description="Of the job.")
    job_type: Capability = Field(description="What is done.")
    status: Status = Field(description="How it is.")
    progress: int = Field(ge=0, le=100, description="Per cent.", examples=[40])
    workflow_id: UUID | None = Field(None, description="The workflow it is a step of.")
    provider: str | None = Field(None, description="Who does it.", examples=["local_stable_video"])
    model_name: str | None = Field(None, description="With what.", examples=["talking-photo"])
    quality_score: float | None = Field(None, description="From 0 to 10.", examples=[9.1])
    cost: Rupees = Field(description="In rupees.")
    project_id: UUID | None = Field(None, description="The project it was ordered for.")
    credits_used: int = Field(description="What it took from the account.", examples=[1])
    attempts: int = Field(description="How often it was tried.", examples=[1])
    cache_hit: bool = Field(description="Whether an earlier result was used again.")
    error_message: str | None = Field(None, description="Why it failed, for a person.")
    created_at: datetime = Field(description="When it was asked for.")
    updated_at: datetime = Field(description="When it last changed.")
    completed_at: datetime | None = Field(None, description="When it ended.")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> JobOut:
        """From a row of ``ai_jobs``."""
        return cls.model_validate({name: row[name] for name in cls.model_fields})


class JobStatusOut(BaseModel):
    """How far a job is (AIR-10)."""

    job_id: UUID = Field(description="Of the job.")
    status: Status = Field(description="How it is.")
    progress: int = Field(ge=0, le=100, description="Per cent.", examples=[40])
    message: str | None = Field(
        None, description="How it is, for a person.", examples=["Making the photo talk (local_stable_video)"]
    )
    estimated_time: float | None = Field(None, description="Seconds left, from the pace so far; null when not known.")
    estimated_seconds: float | None = Field(None, description="The same.")


class OutputOut(BaseModel):
    """One file of a result."""

    url: Link = Field(description="Good for 24 hours.")
    mime_type: str = Field(description="What it is.", examples=["video/mp4"])
    size: int = Field(description="Bytes.", examples=[1048576])
    sha256: str = Field(description="Of the content, in hex.", examples=["9f86d081884c7d65..."])


class JobResultOut(BaseModel):
    """What a job made (AIR-11)."""

    job_id: UUID = Field(description="Of the job.")
    provider: str = Field(description="Who did it.", examples=["local_stable_video"])
    model: str | None = Field(None, description="With what.", examples=["talking-photo"])
    outputs: dict[str, OutputOut] = Field(description="Files by their role, such as `video`.")
    data: dict[str, Any] = Field(description="What came out beside the files; depends on the kind of job.")
    quality_score: float | None = Field(None, description="From 0 to 10.", examples=[9.1])
    measures: dict[str, float] = Field(description="What the score is made of.", examples=[{"sharpness": 8.4}])
    reasons: list[str] = Field(
        description="What its judge took points off for, the most first.", examples=[["The face is a little soft."]]
    )
    ignored: list[str] = Field(description="What was given and not acted on.", examples=[["seed"]])
    cost: Rupees = Field(description="In rupees.")
    credits: int = Field(description="What it took from the account.", examples=[1])
    cache_hit: bool = Field(description="Whether an earlier result was used again.")
    warnings: list[str] = Field(description="What is not as it was asked for, for a person.")
