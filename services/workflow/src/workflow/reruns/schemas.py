"""What a rerun takes and answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Rupees
from contracts.enums import Language, Platform, Quality, Status, Voice, WhenTooLong
from workflow.runs.schemas import ApprovalIn, CaptionsFor, Enhancement, Script


class RerunIn(Input):
    """What is to be other than in the workflow that it is made of. What is left out stays as it was."""

    input_file_id: UUID | None = Field(None, description="Another photo.")
    script: Script | None = Field(None, description="Other words.", examples=["Hello, it is good to see you."])
    script_language: Language | None = Field(None, description="What the script is written in.")
    voice: Voice | None = Field(None, description="Who speaks.")
    enhancement_type: Enhancement | None = Field(None, description="How the photo is improved.")
    quality_preference: Quality | None = Field(
        None, description="`premium` finishes what was drafted with `economy`.", examples=["premium"]
    )
    target_platforms: Annotated[list[Platform], Field(min_length=1, max_length=10)] | None = Field(
        None, description="What it is cut for."
    )
    when_too_long: WhenTooLong | None = Field(None, description="What a platform gets that takes no film that long.")
    captions: CaptionsFor | None = Field(None, description="Where the captions go.", examples=["burned"])
    title: Annotated[str, Field(max_length=255)] | None = Field(None, description="Of the video.")
    description: Annotated[str, Field(max_length=5_000)] | None = Field(None, description="Of the video.")
    seed: Annotated[Whole, Field(ge=0, le=2_147_483_647)] | None = Field(
        None, description="Another number, another take of the same video.", examples=[7]
    )
    approvals: Annotated[dict[Annotated[str, Field(max_length=50)], ApprovalIn], Field(max_length=10)] | None = Field(
        None, description="Where you want to be asked, as in an order."
    )
    max_credits: Annotated[Whole, Field(ge=0, le=1_000_000)] | None = Field(
        None, description="The most credits you agree to.", examples=[1]
    )
    quote_id: UUID | None = Field(None, description="A quote that it may not exceed.")
    dry_run: StrictBool = Field(False, description="Only say what would be made, and what that takes.")


class StepParts(BaseModel):
    """A step, and which of the things that it makes side by side."""

    step: str = Field(description="Its name.", examples=["renditions"])
    parts: list[str] = Field(description="Empty for a step that makes one thing.", examples=[["tiktok"]])


class RerunOut(BaseModel):
    """What is made anew, what is used again, and what that takes."""

    id: UUID | None = Field(description="Of the new workflow; null for a dry run.")
    parent_id: UUID = Field(description="The workflow that it is made of.")
    status: Status | None = Field(description="`pending` while the platform is full; null for a dry run.")
    made: list[StepParts] = Field(description="Made anew.")
    reused: list[StepParts] = Field(description="Used again, because the same would be asked for.")
    credits: int = Field(description="What it takes from the account.", examples=[0])
    credits_of_all: int = Field(description="What a new order of the same would take.", examples=[1])
    estimated_cost: Rupees = Field(description="What the AI work costs us, in rupees.")
    estimated_cost_of_all: Rupees = Field(description="What that of a new order of the same would cost us, in rupees.")
    estimated_seconds: float = Field(description="How long it takes.", examples=[4.0])
    warnings: list[str] = Field(description="What to expect of it, for a person.")
