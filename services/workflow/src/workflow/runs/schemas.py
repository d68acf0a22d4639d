"""What the workflow endpoints take and answer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chassis.http.inputs import Input
from contracts.enums import Captions, Language, Platform, Quality, Status, Voice, WhenTooLong, WorkflowType

Enhancement = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["portrait"])]


Script = Annotated[str, Field(max_length=100_000)]


class EstimateIn(Input):
    """What decides about cost and time, and about what platforms get. Without a script the film's length is assumed."""

    workflow_type: WorkflowType = WorkflowType.AVATAR_PRESENTATION
    target_duration: Annotated[int, Field(ge=1, le=60, description="Seconds of video.")] = 10
    target_platforms: Annotated[list[Platform], Field(min_length=1, max_length=10)] = [Platform.INSTAGRAM]
    quality_preference: Quality = Quality.BALANCED
    script: Script | None = None
    script_language: Language = Language.EN
    when_too_long: WhenTooLong = Field(
        WhenTooLong.SPLIT,
        description="What a platform gets that takes no film that long: parts that end with sentences, or one video "
        "that ends with the last sentence that fits.",
    )
    captions: Captions | dict[Platform, Captions] = Field(
        Captions.FILES,
        description="Drawn into the picture, or in files beside it: for all platforms, or for each (those not named "
        "get files).",
        examples=["burned", {"instagram": "burned", "youtube": "files"}],
    )

    def captions_of(self) -> dict[Platform, Captions]:
        """Where the captions go, for each platform that was asked for."""
        if isinstance(self.captions, Captions):
            return dict.fromkeys(self.target_platforms, self.captions)
        return {platform: self.captions.get(platform, Captions.FILES) for platform in self.target_platforms}


class WorkflowIn(EstimateIn):
    """An order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workflow_type": "avatar_presentation",
                    "input_file_id": "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b",
                    "script": "Hello, I am glad that you are here.",
                    "script_language": "en",
                    "target_duration": 10,
                    "target_platforms": ["instagram", "tiktok", "youtube"],
                    "title": "Welcome",
                }
            ]
        },
    )

    input_file_id: UUID
    script: Script
    voice: Voice = Voice.NEUTRAL
    title: Annotated[str, Field(max_length=255)] | None = None
    description: Annotated[str, Field(max_length=5_000)] | None = None
    enhancement_type: Enhancement = "portrait"
    project_id: UUID | None = None

    @field_validator("target_platforms")
    @classmethod
    def _once_each(cls, value: list[Platform]) -> list[Platform]:
        return list(dict.fromkeys(value))


class EstimateOut(BaseModel):
    """What a run is expected to take."""

    estimated_cost: Decimal = Field(examples=["1.5390"])
    credits: int = Field(examples=[1])
    estimated_seconds: float = Field(examples=[14.0])
    ahead: int = Field(description="Runs that wait before it.", examples=[0])
    warnings: list[str] = Field(default=[], description="What the order would be warned of, for a person.")


class WorkflowAccepted(BaseModel):
    """The order was accepted and will reach an end."""

    id: UUID
    status: Status
    estimated_cost: Decimal
    estimated_seconds: float
    warnings: list[str] = Field(
        default=[], description="What was changed in the order, and what to expect of it, for a person."
    )


class WorkflowSummary(BaseModel):
    """One line of a list."""

    id: UUID
    workflow_type: str
    product_line: str
    status: Status
    progress: int = Field(ge=0, le=100)
    title: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class StatusOut(BaseModel):
    """How far it is. ``waiting_for`` is the reason for the present wait, for a person."""

    id: UUID
    status: Status
    progress: int = Field(ge=0, le=100)
    current_step: str
    message: str
    waiting_for: str | None
    seconds_left: float | None
    position: int | None = Field(default=None, description="Place in the queue while the platform is full, from 1.")
    cancelling: bool = False


class AttemptOut(BaseModel):
    """One result of a step that is measured."""

    provider: str | None
    model: str | None
    score: float | None
    cost: Decimal
    seconds: float
    used: bool


class StepOut(BaseModel):
    """One step, or one of the things that a step makes side by side (``part``)."""

    name: str
    part: str | None
    order: int
    status: str
    attempts: int
    job_id: UUID | None
    provider: str | None
    score: float | None
    passes_at: float | None = Field(description="The gate's threshold, where there is one.")
    cost: Decimal
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    results: list[AttemptOut]
    error: str | None


class ResultOut(BaseModel):
    """A file that came out, with a link that holds for a while."""

    url: str
    sha256: str
    size: int
    mime_type: str


class CreditsOut(BaseModel):
    """What was set aside and what was spent."""

    held: int
    captured: int
    returned: bool


class ErrorOut(BaseModel):
    """Why it failed."""

    step: str
    code: str
    message: str
    retryable: bool
    details: dict[str, Any] = {}


class WorkflowOut(WorkflowSummary):
    """Everything about a run."""

    description: str | None
    input_file_id: UUID | None
    input: dict[str, Any]
    phase: str
    waiting_for: str | None
    seconds_left: float | None
    round: int
    steps: list[StepOut]
    image_quality_score: Decimal | None
    video_quality_score: Decimal | None
    overall_quality_score: Decimal | None
    low_quality: bool
    warnings: list[str]
    estimated_cost: Decimal
    actual_cost: Decimal
    cost_breakdown: dict[str, Decimal]
    ai_services_used: list[str]
    credits: CreditsOut
    started_at: datetime | None
    processing_seconds: float | None
    results: dict[str, ResultOut]
    error: ErrorOut | None


class HistoryEntryOut(BaseModel):
    """What happened to a run, and what was decided."""

    number: int
    at: datetime
    signal: dict[str, Any]
    decision: dict[str, Any]


class DownloadOut(BaseModel):
    """A signed link to the result."""

    url: str
    expires_in: int = Field(description="Seconds the link holds.")
    filename: str
