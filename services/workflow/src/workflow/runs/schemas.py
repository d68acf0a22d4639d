"""What the workflow endpoints take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictBool, Tag, field_validator

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import DECIMAL, Link, Rupees
from contracts.enums import (
    Captions,
    Language,
    Platform,
    ProductLineKey,
    Quality,
    Status,
    Voice,
    WhenTooLong,
    WorkflowType,
)
from contracts.product_lines import PRODUCT_LINES
from workflow.engine.state import Phase, StepStatus, UnitStatus

LONGEST_SCRIPT = max(line.script_characters for line in PRODUCT_LINES.values())

Score = Annotated[Decimal, Field(examples=["9.10"], json_schema_extra={"pattern": DECIMAL})]
"""From 0 to 10, a decimal number in a string."""

Enhancement = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["portrait"])]


CaptionsFor = Annotated[
    Annotated[Captions, Tag("[all]")] | Annotated[dict[Platform, Captions], Tag("[each]")],
    Discriminator(lambda given: "[each]" if isinstance(given, Mapping) else "[all]"),
]
"""Told apart by what was sent, so that only what fits it is said to be wrong."""


Script = Annotated[str, Field(max_length=100_000)]


class EstimateIn(Input):
    """What decides about cost and time, and about what platforms get. Without a script the film's length is assumed."""

    workflow_type: WorkflowType = Field(WorkflowType.AVATAR_PRESENTATION, description="What is made.")
    target_duration: Annotated[int, Field(ge=1, le=60)] = Field(
        10,
        description="Seconds that cost and time are reckoned with. The video is as long as the script takes to speak.",
    )
    target_platforms: Annotated[list[Platform], Field(min_length=1, max_length=10)] = Field(
        [Platform.INSTAGRAM], description="What it is cut for; each once."
    )
    quality_preference: Quality = Field(Quality.BALANCED, description="What counts where providers differ.")
    script: Script | None = Field(None, description="What the photo is to say, as in an order.")
    script_language: Language = Field(Language.EN, description="What the script is written in.")
    when_too_long: WhenTooLong = Field(
        WhenTooLong.SPLIT,
        description="What a platform gets that takes no film that long: parts that end with sentences, or one video "
        "that ends with the last sentence that fits.",
    )
    captions: CaptionsFor = Field(
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


class ApprovalIn(Input):
    """How you want to be asked."""

    within_minutes: Annotated[Whole, Field(ge=1, le=4_320)] = Field(
        1_440, description="How long you have to decide.", examples=[60]
    )
    otherwise: Literal["continue", "cancel"] = Field(
        "continue", description="What happens when nobody has decided by then."
    )


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

    input_file_id: UUID = Field(description="The photo, as it was uploaded.")
    script: Script = Field(
        description=f"What the photo says: at most {LONGEST_SCRIPT} characters once HTML is taken out, in the "
        "writing of `script_language`.",
        examples=["Hello, I am glad that you are here."],
        # Of its characters only those count that are spoken, and none is one too few: the rules say so.
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_SCRIPT},
    )
    voice: Voice = Field(Voice.NEUTRAL, description="Who speaks.")
    project_id: UUID | None = Field(None, description="A project of yours that what is made is added to.")
    title: Annotated[str, Field(max_length=255)] | None = Field(None, description="Of the video.")
    description: Annotated[str, Field(max_length=5_000)] | None = Field(None, description="Of the video.")
    enhancement_type: Enhancement = Field("portrait", description="How the photo is improved.")
    seed: Annotated[Whole, Field(ge=0, le=2_147_483_647)] | None = Field(
        None, description="Another number, another take of the same video.", examples=[7]
    )
    approvals: Annotated[dict[Annotated[str, Field(max_length=50)], ApprovalIn], Field(max_length=10)] = Field(
        {},
        description="Where you want to be asked before it goes on: `after_enhance` shows the improved photo, "
        "`before_generate` the speech as well, before the video is made.",
        examples=[{"after_enhance": {"within_minutes": 60, "otherwise": "cancel"}}],
    )
    max_credits: Annotated[Whole, Field(ge=0, le=1_000_000)] | None = Field(
        None, description="The most credits you agree to; an order that takes more is refused.", examples=[1]
    )
    quote_id: UUID | None = Field(
        None,
        description="A quote of `POST /api/v1/billing/quote`: the order takes at most what it says.",
        examples=["0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"],
    )

    @field_validator("target_platforms")
    @classmethod
    def _once_each(cls, value: list[Platform]) -> list[Platform]:
        return list(dict.fromkeys(value))


class EstimateOut(BaseModel):
    """What a run is expected to take."""

    estimated_cost: Rupees = Field(description="What the AI work costs us, in rupees.")
    least_cost: Rupees | None = Field(
        None, description="What the AI work costs us at least, in rupees; null while that is not known."
    )
    credits: int = Field(description="What it takes from the account.", examples=[1])
    estimated_seconds: float = Field(description="How long it takes.", examples=[14.0])
    video_seconds: float = Field(description="How long the video will be.", examples=[8.5])
    ahead: int = Field(description="Runs that wait before it.", examples=[0])
    warnings: list[str] = Field(default=[], description="What the order would be warned of, for a person.")


class WorkflowAccepted(BaseModel):
    """The order was accepted and will reach an end."""

    id: UUID = Field(description="Of the workflow.")
    status: Status = Field(description="`pending` while the platform is full.")
    estimated_cost: Rupees = Field(description="What the AI work costs us, in rupees.")
    estimated_seconds: float = Field(description="How long it takes.", examples=[14.0])
    warnings: list[str] = Field(
        default=[], description="What was changed in the order, and what to expect of it, for a person."
    )


class WorkflowSummary(BaseModel):
    """One line of a list."""

    id: UUID = Field(description="Of the workflow.")
    workflow_type: WorkflowType = Field(description="What is made.")
    product_line: ProductLineKey = Field(description="Where it was ordered.")
    status: Status = Field(description="How it is.")
    progress: int = Field(ge=0, le=100, description="Per cent.", examples=[40])
    title: str | None = Field(description="Of the video.", examples=["Welcome"])
    created_at: datetime = Field(description="When it was ordered.")
    updated_at: datetime = Field(description="When it last changed.")
    finished_at: datetime | None = Field(description="When it ended.")


class BeginsIn(BaseModel):
    """A range of seconds from now."""

    least_s: float = Field(description="At the earliest.", examples=[12.0])
    most_s: float = Field(description="At the latest, as things stand.", examples=[48.0])


class ApprovalOut(BaseModel):
    """A decision that is waited for: `POST /api/v1/workflows/{id}/approvals/{step}`."""

    step: str = Field(description="Where.", examples=["after_enhance"])
    until: datetime = Field(description="Decide by then.")
    otherwise: Literal["continue", "cancel"] = Field(description="What happens when nobody has decided by then.")
    shows: dict[str, str] = Field(
        description="Where there is something to look at, by name: a small picture, the speech as by telephone.",
        examples=[
            {"audio": "/api/v1/workflows/0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b/approvals/before_generate/previews/audio"}
        ],
    )


class DecisionIn(Input):
    """Your decision."""

    approved: StrictBool = Field(
        description="`false` cancels the workflow and gives the credits back.", examples=[True]
    )


class InterventionOut(BaseModel):
    """What was done by itself."""

    at: datetime = Field(description="When.")
    step: str = Field(description="Where.", examples=["generate"])
    text: str = Field(description="What, for a person.")


class StatusOut(BaseModel):
    """How far it is. ``waiting_for`` is the reason for the present wait, for a person."""

    id: UUID = Field(description="Of the workflow.")
    status: Status = Field(description="How it is.")
    progress: int = Field(ge=0, le=100, description="Per cent.", examples=[40])
    current_step: str = Field(description="The step that it is at.", examples=["generate"])
    message: str = Field(description="How it is, for a person.", examples=["Waiting for the video to be made."])
    waiting_for: str | None = Field(description="Why it waits at the moment, for a person.")
    seconds_left: float | None = Field(description="Until it ends, as far as can be told.", examples=[9.5])
    position: int | None = Field(default=None, description="Place in the queue while the platform is full, from 1.")
    begins_in: BeginsIn | None = Field(None, description="When it begins, while it waits for a place.")
    approval: ApprovalOut | None = Field(None, description="What you are asked, while it waits for your decision.")
    interventions: list[InterventionOut] = Field(
        [], description="What the platform did by itself so that it does not stand still, the latest last."
    )
    cancelling: bool = Field(False, description="It was cancelled, and what is held is being given back.")


class CancelledOut(StatusOut):
    """What became of a workflow that was cancelled."""

    stopped: list[str] = Field(description="Steps whose work was told to stop.", examples=[["generate"]])
    kept: list[str] = Field(description="Steps that were done; a retry goes on from them.", examples=[["enhance"]])
    credits_released: int = Field(description="Given back to the account, now or in a moment.", examples=[1])
    credits_charged: int = Field(description="Charged all the same.", examples=[0])
    cost_so_far: Rupees = Field(description="What its AI work has cost us until now, in rupees. We bear it.")
    cost_under_way: Rupees = Field(
        description="What work that was under way may still cost us, in rupees: what a vendor has begun is paid for, "
        "stopped or not. We bear that too."
    )


class AttemptOut(BaseModel):
    """One result of a step that is measured."""

    provider: str | None = Field(description="Who made it.", examples=["local_stable_video"])
    model: str | None = Field(description="With what.", examples=["talking-photo"])
    score: float | None = Field(description="From 0 to 10.", examples=[9.1])
    cost: Rupees = Field(description="In rupees.")
    seconds: float = Field(description="How long it took.", examples=[6.2])
    used: bool = Field(description="Whether it is the one that goes on.")


class StepOut(BaseModel):
    """One step, or one of the things that a step makes side by side (``part``)."""

    name: str = Field(description="Of the step.", examples=["generate"])
    part: str | None = Field(description="Which one, where a step makes several side by side.", examples=["instagram"])
    order: int = Field(description="Place among the steps, from 1.", examples=[3])
    status: StepStatus | UnitStatus = Field(
        description="How it is; of one part it is `asked`, `paused` or `stopping` too."
    )
    attempts: int = Field(description="How often it was tried.", examples=[1])
    job_id: UUID | None = Field(description="Of the AI work behind it.")
    provider: str | None = Field(description="Who made it.", examples=["local_stable_video"])
    score: float | None = Field(description="From 0 to 10.", examples=[9.1])
    passes_at: float | None = Field(description="The gate's threshold, where there is one.", examples=[8.0])
    cost: Rupees = Field(description="Of all attempts, in rupees.")
    started_at: datetime | None = Field(description="When it began.")
    finished_at: datetime | None = Field(description="When it ended.")
    seconds: float | None = Field(description="How long it took.", examples=[6.2])
    results: list[AttemptOut] = Field(description="What it made, attempt by attempt.")
    error: str | None = Field(description="Why there is nothing, for a person.")
    reused: bool = Field(False, description="Its result is that of the workflow that this one was made of.")


class ResultOut(BaseModel):
    """A file that came out, with a link that holds for a while."""

    url: Link = Field(description="Good for a while.")
    sha256: str = Field(description="Of the content, in hex.", examples=["9f86d081884c7d65..."])
    size: int = Field(description="Bytes.", examples=[1048576])
    mime_type: str = Field(description="What it is.", examples=["video/mp4"])


class CreditsOut(BaseModel):
    """What was set aside and what was spent."""

    held: int = Field(description="Set aside until it ends.")
    captured: int = Field(description="Spent.", examples=[1])
    returned: bool = Field(description="Whether it has ended without spending, and nothing is held any more.")


class ErrorOut(BaseModel):
    """Why it failed."""

    step: str = Field(description="Where.", examples=["enhance"])
    code: str = Field(description="Stable and machine-readable.", examples=["NO_FACE"])
    message: str = Field(description="For a person; says what to do.")
    retryable: bool = Field(description="Whether trying again can help.")
    details: dict[str, Any] = Field({}, description="Machine-readable facts.")


class HookOut(BaseModel):
    """A moment of a video worth a clip."""

    rank: int = Field(description="From 1, the best.", examples=[1])
    start: float = Field(description="Seconds of the video.", examples=[12.4])
    end: float = Field(description="Seconds of the video.", examples=[41.9])
    title: str = Field(description="What to call it.", examples=["Nobody believed that this would work."])
    reason: str = Field(description="Why it was chosen, for a person.", examples=["it opens with a strong claim"])
    score: float = Field(description="From 0 to 10.", examples=[8.5])
    text: str = Field("", description="What is said in it; the first 500 characters.")
    clip: str | None = Field(None, description="The result that is its clip.", examples=["clip_1"])


class WorkflowOut(WorkflowSummary):
    """Everything about a run."""

    description: str | None = Field(description="Of the video.")
    input_file_id: UUID | None = Field(description="The photo.")
    input: dict[str, Any] = Field(
        description="What was ordered; which fields there are depends on `workflow_type`.",
        examples=[{"script": "Hello, I am glad that you are here.", "language": "en", "voice": "neutral"}],
    )
    phase: Phase = Field(description="Finer than `status`.")
    waiting_for: str | None = Field(description="Why it waits at the moment, for a person.")
    seconds_left: float | None = Field(description="Until it ends, as far as can be told.", examples=[9.5])
    round: int = Field(description="Counted from 1; each retry begins another.", examples=[1])
    parent_id: UUID | None = Field(None, description="The workflow that this one was made of.")
    approval: ApprovalOut | None = Field(None, description="What you are asked, while it waits for your decision.")
    interventions: list[InterventionOut] = Field(
        [], description="What the platform did by itself so that it does not stand still, the latest last."
    )
    steps: list[StepOut] = Field(description="In their order.")
    image_quality_score: Score | None = Field(description="Of the improved photo.")
    video_quality_score: Score | None = Field(description="Of the video.")
    overall_quality_score: Score | None = Field(description="Of all of it.")
    low_quality: bool = Field(description="Whether something stayed below its gate.")
    warnings: list[str] = Field(description="What is not as it was ordered, for a person.")
    estimated_cost: Rupees = Field(description="What the AI work was expected to cost us, in rupees.")
    actual_cost: Rupees = Field(description="What it cost, in rupees.")
    cost_breakdown: dict[str, Rupees] = Field(description="By step, in rupees.", examples=[{"generate": "1.5390"}])
    ai_services_used: list[str] = Field(description="Providers whose work is in it.", examples=[["local_stable_video"]])
    credits: CreditsOut = Field(description="What was set aside and spent.")
    started_at: datetime | None = Field(description="When work on it began.")
    processing_seconds: float | None = Field(description="Since then, or until it ended.", examples=[12.4])
    results: dict[str, ResultOut] = Field(
        description="By name, such as `video`; what `result` of the download names. Empty until it has completed."
    )
    hooks: list[HookOut] = Field([], description="Of a hook detection: what was found, the best first.")
    shortfall_reasons: list[str] = Field([], description="Why there are fewer than were asked for, for a person.")
    method: str | None = Field(
        None, description="How they were found: by `speech`, or by `motion` where nobody speaks.", examples=["speech"]
    )
    error: ErrorOut | None = Field(description="Why it failed.")


class HistoryEntryOut(BaseModel):
    """What happened to a run, and what was decided."""

    number: int = Field(description="From 1.", examples=[1])
    at: datetime = Field(description="When.")
    signal: dict[str, Any] = Field(description="What happened.")
    decision: dict[str, Any] = Field(description="What was decided.")


class DownloadOut(BaseModel):
    """A signed link to the result."""

    url: Link = Field(description="Fetch it there.")
    expires_in: int = Field(description="Seconds the link holds.", examples=[86400])
    filename: str = Field(description="What to call it.", examples=["avatar_presentation-video.mp4"])
