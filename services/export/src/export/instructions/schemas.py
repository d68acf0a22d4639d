"""What is asked for instructions, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.inputs import Input
from contracts.enums import Difficulty, WorkflowType

PlatformName = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[a-z0-9_]+(:[a-z0-9_]+)?$")]
"""A platform of the catalogue, or one of its shapes: ``instagram``, ``instagram:story``."""


class InstructionsIn(Input):
    """A finished or running workflow, or a kind of video that is made elsewhere."""

    workflow_id: UUID | None = Field(None, description="Takes type, platforms, title and script from its order.")
    workflow_type: WorkflowType = Field(WorkflowType.AVATAR_PRESENTATION, description="What kind of video it is.")
    platforms: Annotated[list[PlatformName], Field(min_length=1, max_length=20)] | None = Field(
        None,
        description="Where it is published: a platform, or one of its shapes as `platform:shape`. Without any those of "
        "the workflow, else Instagram.",
        examples=[["instagram", "youtube:shorts"]],
    )
    difficulty: Difficulty | None = Field(None, description="Only templates of this difficulty.")
    title: Annotated[str, Field(max_length=255)] | None = Field(None, description="Filled into prompts and captions.")
    script: Annotated[str, Field(max_length=20_000)] | None = Field(None, description="Likewise.")


class PlatformInstructions(BaseModel):
    """How to publish on one platform."""

    platform: str = Field(description="Where, as it was asked.", examples=["instagram"])
    name: str = Field(description="For people.", examples=["Instagram Reels"])
    template_id: UUID | None = Field(description="The template that was used; null where none fits.")
    template_name: str = Field(description="For people.", examples=["Product demo for Instagram Reels"])
    difficulty_level: Difficulty = Field(description="How hard it is.")
    steps: list[str] = Field(description="One after the other.", examples=[["Open the app."]])
    instructions_html: str = Field(description="The same to be shown.", examples=["<ol><li>Open the app.</li></ol>"])
    prompt: str = Field(description="The template's prompt, filled; in brackets what was not given.")
    settings: dict[str, Any] = Field(description="What to set, and the figures of the file.")
    assets_required: list[str] = Field(description="What is needed.", examples=[["video.mp4"]])
    tools_required: list[str] = Field(description="What it is done with.", examples=[["Instagram app"]])
    estimated_time_minutes: int = Field(description="How long it takes.", examples=[5])
    caption: str = Field(description="A suggestion for the text.", examples=["A better kettle"])
    hashtags: list[str] = Field(description="Suggestions.", examples=[["#kettle"]])


class InstructionsOut(BaseModel):
    """Instructions for every platform that was asked for."""

    id: UUID = Field(description="Of the entry in the history.")
    workflow_id: UUID | None = Field(description="Whose they are.")
    workflow_type: WorkflowType = Field(description="What kind of video it is.")
    instructions: list[PlatformInstructions] = Field(description="By platform, in the order asked.")
    estimated_time_minutes: int = Field(description="For all platforms together.", examples=[15])
