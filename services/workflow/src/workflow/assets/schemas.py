"""What the asset endpoints take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from chassis.http.inputs import Input
from chassis.http.outputs import Link, Rupees
from contracts.enums import AssetType, ScanStatus
from workflow.projects.schemas import BulkAction, BulkIn

Metadata = Annotated[dict[str, Any], Field(max_length=100)]


class AssetIn(Input):
    """A file that is to be in a project."""

    file_id: UUID = Field(description="A file of yours.")
    asset_type: AssetType = Field(AssetType.INPUT, description="Why it is there.")
    metadata: Metadata = Field(
        default_factory=dict, description="Whatever a client keeps with it.", examples=[{"take": 2}]
    )


class AssetOut(BaseModel):
    """A file in a project."""

    id: UUID = Field(description="Of the asset.")
    project_id: UUID = Field(description="The project that it is in.")
    file_id: UUID = Field(description="The file.")
    asset_type: AssetType = Field(description="Why it is there.")
    metadata: dict[str, Any] = Field(description="Whatever is kept with it.", examples=[{"take": 2}])
    tags: list[str] = Field(description="Words to find it by.", examples=[["shop"]])
    original_name: str = Field(description="What the file is called.", examples=["me.jpg"])
    kind: str = Field(description="`image`, `audio`, `video` or `document`.", examples=["image"])
    mime_type: str = Field(description="What it is.", examples=["image/jpeg"])
    file_size: int = Field(description="Bytes.", examples=[183204])
    width: int | None = Field(description="Pixels, where they are known.", examples=[1080])
    height: int | None = Field(description="Pixels, where they are known.", examples=[1350])
    duration: float | None = Field(description="Seconds, of sound and video.", examples=[12.4])
    scan_status: ScanStatus = Field(description="Whether it may be used.")
    url: Link | None = Field(
        description="A link for a while; to others than its owner a photo's leads to the prepared version, which says "
        "nothing of where it was taken."
    )
    created_at: datetime = Field(description="When it was added.")


class AssetsBulkIn(BulkIn):
    """What is to be done with which assets."""

    project_id: UUID | None = Field(None, description="Where they go, of the action `move`: a project of yours.")

    @model_validator(mode="after")
    def _has_project(self) -> Self:
        if self.action is BulkAction.MOVE and self.project_id is None:
            raise ValueError("project_id is needed to move")
        return self


class LineageNode(BaseModel):
    """One object and how it came to be."""

    id: UUID = Field(description="Of the node; what `parents` name.")
    file_id: UUID | None = Field(description="The file it is or was.")
    name: str = Field(description="What it is or was called.", examples=["enhance image"])
    mime_type: str = Field(description="What it is.", examples=["image/jpeg"])
    size: int = Field(description="Bytes.", examples=[183204])
    sha256: str = Field(description="Of the content, in hex.", examples=["9f86d081884c7d65..."])
    operation: str = Field(
        description="How it came to be: `upload`, `compress`, a run's step, or what an AI job does.",
        examples=["enhance"],
    )
    provider: str | None = Field(description="Who made it.", examples=["local_upscaler"])
    model: str | None = Field(description="With which model, and which version of it.", examples=["photo-1"])
    parameters: dict[str, Any] = Field(description="What it was made with.", examples=[{"quality": "balanced"}])
    seed: str | None = Field(description="What chance began with, where that is known.", examples=["42"])
    cost: Rupees = Field(description="What it cost us, in rupees.")
    score: float | None = Field(description="From 0 to 10, where it was judged.", examples=[9.1])
    run_id: UUID | None = Field(description="The workflow that it was made in.")
    step: str | None = Field(description="Its step there; of an AI job which result it is.", examples=["enhance"])
    job_id: UUID | None = Field(description="The AI job that made it, where that was ordered by itself.")
    inputs: dict[str, UUID] = Field(
        description="Which of `parents` was which input of the job.",
        examples=[{"image": "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"}],
    )
    parents: list[UUID] = Field(description="What it was made of; each is a node here.")
    available: bool = Field(
        description="Whether it is there as a file of yours or a workflow's result; what is known of it stays anyway."
    )
    made_at: datetime = Field(description="When.")


class LineageOut(BaseModel):
    """Where something comes from."""

    id: UUID = Field(description="The node of what was asked for.")
    nodes: list[LineageNode] = Field(description="It and all that it was made of, nearest first.")


class DraftOut(BaseModel):
    """An order that is not placed: what made something, to be changed and sent as a new one."""

    made_from: UUID = Field(description="The node of what it is a draft of, which stays as it is.")
    capability: str = Field(description="What is done.", examples=["image_edit"])
    method: str = Field(description="How it is sent.", examples=["POST"])
    path: str = Field(description="Where it is sent.", examples=["/api/v1/ai/image/edit"])
    body: dict[str, Any] = Field(description="What is sent.", examples=[{"prompt": "A quiet harbour at dawn"}])
    missing: list[str] = Field(
        description="Fields whose input is no file of yours any more: name another one in each.", examples=[["file_id"]]
    )


class ComparedOut(LineageNode):
    """One of two that are compared."""

    url: Link | None = Field(description="A link for a while, where it is a file of yours that is there.")


class DifferenceOut(BaseModel):
    """Something that is not the same of both."""

    field: str = Field(description="What; of `parameters` with its name behind a dot.", examples=["parameters.prompt"])
    left: Any = Field(description="Of the left one; null where it has none.", examples=["A harbour"])
    right: Any = Field(description="Of the right one; null where it has none.", examples=["A harbour at night"])


class ComparisonOut(BaseModel):
    """Two side by side."""

    left: ComparedOut = Field(description="The one.")
    right: ComparedOut = Field(description="The other.")
    differences: list[DifferenceOut] = Field(description="What is not the same of both, and how each has it.")
