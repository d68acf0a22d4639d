"""What the project endpoints take and answer. ``title`` is what one of the products calls ``name`` (CFL-14)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field, StrictBool, model_validator

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Link, Rupees
from contracts.enums import Captions, Language, ProductLineKey, ProjectStatus, SharePermission, Status, Voice
from media.film.planning import LONGEST_MINUTES
from workflow.products.film.input import Aspect, Fineness, Imagery, Style

Title = Annotated[str, Field(min_length=1, max_length=255, pattern=r"\S")]
Tag = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^\S(.*\S)?$")]
Tags = Annotated[list[Tag], Field(max_length=50)]
Folder = Annotated[str, Field(min_length=1, max_length=255, pattern=r"\S")]
Settings = Annotated[dict[str, Any], Field(max_length=100)]
Image = UUID | Annotated[str, Field(pattern=r"^https://[^\s/]+(/\S*)?$", max_length=500)]
Images = Annotated[list[Image], Field(max_length=100)]

MOST_AT_ONCE = 100
"""Of a bulk operation (PRJ-16)."""


class ProjectFields(Input):
    """What can be said of a project."""

    description: Annotated[str, Field(max_length=5_000)] | None = Field(
        None, description="What it is about.", examples=["For the shop's opening."]
    )
    script: Annotated[str, Field(max_length=100_000)] | None = Field(
        None, description="What is said in it.", examples=["Hello, I am glad that you are here."]
    )
    images: Images | None = Field(
        None,
        description="Files that it is made from, in their order.",
        examples=[["0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"]],
    )
    voice: Voice | None = Field(None, description="Who speaks.")
    duration: Annotated[Whole, Field(ge=1, le=LONGEST_MINUTES)] | None = Field(
        None, description="Whole minutes.", examples=[2]
    )
    music: Annotated[str, Field(max_length=255)] | None = Field(
        None, description="What is played to it.", examples=["calm piano"]
    )
    settings: Settings | None = Field(None, description="Whatever a client keeps with it.", examples=[{"grid": True}])
    is_public: StrictBool | None = Field(None, description="Whether everybody may look at it.")
    thumbnail: UUID | None = Field(None, description="A photo of yours that stands for it.")
    tags: Tags | None = Field(None, description="Words to find it by.", examples=[["shop"]])
    folder: Folder | None = Field(None, description="Where it lies among your projects.", examples=["2026"])


class ProjectIn(ProjectFields):
    """A new project."""

    title: Title = Field(description="What it is called.", examples=["Opening"])


class ProjectChange(ProjectFields):
    """What is to be different; what is not named stays, and null empties it."""

    title: Title | None = Field(None, description="What it is called.", examples=["Opening"])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing that is to be different")
        if "title" in self.model_fields_set and self.title is None:
            raise ValueError("a project has a title")
        return self


class ProjectSummary(BaseModel):
    """One line of a list."""

    id: UUID = Field(description="Of the project.")
    user_id: UUID = Field(description="Whose it is.")
    product_line: ProductLineKey = Field(description="Where it was made.")
    title: str = Field(description="What it is called.", examples=["Opening"])
    description: str | None = Field(description="What it is about.")
    status: ProjectStatus = Field(description="How what is made for it is.")
    is_public: bool = Field(description="Whether everybody may look at it.")
    tags: list[str] = Field(description="Words to find it by.", examples=[["shop"]])
    folder: str | None = Field(description="Where it lies.", examples=["2026"])
    version: int = Field(description="Its newest version; each change makes one.", examples=[3])
    right: str = Field(description="What you may do: `own`, `edit` or `view`.", examples=["own"])
    thumbnail_url: Link | None = Field(description="A link to its picture, for a while.")
    video_url: Link | None = Field(description="A link to the newest video made for it, for a while.")
    subtitles_url: Link | None = Field(description="A link to that video's subtitles, for a while.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it last changed.")


class ProjectOut(ProjectSummary):
    """Everything about a project."""

    script: str | None = Field(description="What is said in it.")
    images: list[Image] = Field(description="What it is made from.")
    voice: Voice | None = Field(description="Who speaks.")
    duration: int | None = Field(description="Whole minutes.", examples=[2])
    music: str | None = Field(description="What is played to it.")
    settings: dict[str, Any] = Field(description="Whatever a client keeps with it.", examples=[{"grid": True}])


class VersionOut(BaseModel):
    """What a project was once."""

    number: int = Field(description="From 1.", examples=[2])
    snapshot: dict[str, Any] = Field(description="Its fields then.", examples=[{"title": "Opening"}])
    created_by: UUID = Field(description="Who made it so.")
    created_at: datetime = Field(description="When.")


class ShareIn(Input):
    """With whom: the ``user_id`` of an account or an ``email``, not both; without either a link is made, to look."""

    user_id: UUID | None = Field(None, description="Of an account.")
    email: EmailStr | None = Field(
        None,
        description="Whoever has proved, now or later, that this address is theirs. Whether it has an account is not "
        "told.",
        examples=["asha@example.com"],
    )
    permission: SharePermission = Field(SharePermission.VIEWER, description="What they may do; with a link only look.")
    expires_in_hours: Annotated[Whole, Field(ge=1, le=8760)] | None = Field(
        None, description="When it ends; a link ends after a week unless this says otherwise.", examples=[48]
    )


class ShareOut(BaseModel):
    """Somebody with whom a project is shared, or a link."""

    id: UUID = Field(description="Of the share.")
    user_id: UUID | None = Field(description="With which account; null for an address or a link.")
    email: str | None = Field(
        description="With whoever has this address; null otherwise.", examples=["asha@example.com"]
    )
    permission: SharePermission = Field(description="What they may do.")
    expires_at: datetime | None = Field(description="When it ends; null: when it is ended.")
    created_at: datetime = Field(description="When it was shared.")


class ShareMade(ShareOut):
    """A new share."""

    url: Link | None = Field(description="The link, said only now; null where it is shared with an account.")


class GenerateIn(Input):
    """What is to be otherwise than the project says, in this video alone."""

    script: Annotated[str, Field(max_length=100_000)] | None = Field(
        None, description="What is said in it.", examples=["Hello, I am glad that you are here."]
    )
    images: Images | None = Field(
        None, description="What it is made from.", examples=[["0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"]]
    )
    voice: Voice | None = Field(None, description="Who speaks.")
    duration: Annotated[Whole, Field(ge=1, le=LONGEST_MINUTES)] | None = Field(
        None, description="Whole minutes.", examples=[1]
    )
    music: Annotated[str, Field(max_length=255)] | None = Field(
        None, description="What is played to it, where the product has music.", examples=["calm piano"]
    )
    language: Language | None = Field(None, description="Of a film: what its script is written in; else it is told.")
    definition: Fineness | None = Field(None, description="Of a film: how fine it is; `draft` is for a quick look.")
    aspect: Aspect | None = Field(None, description="Of a film: the sides of its picture.")
    captions: Captions | None = Field(None, description="Of a film: subtitles in files, or drawn into it as well.")
    imagery: Imagery | None = Field(
        None, description="Of a film: what is shown where no picture is: words, or what is made of them."
    )
    style: Style | None = Field(
        None, description="Of a film: what all pictures that are made have in common.", examples=["Watercolour."]
    )
    max_credits: Annotated[Whole, Field(ge=0, le=1_000_000)] | None = Field(
        None, description="Of a film: the most credits you agree to; one that takes more is refused.", examples=[6]
    )


class GenerateOut(BaseModel):
    """The order, which is a workflow."""

    id: UUID = Field(description="Of the workflow; follow it there.")
    job_id: UUID = Field(description="The same.")
    project_id: UUID = Field(description="What it is made for.")
    status: Status = Field(description="How it is.")
    credits: int = Field(description="What it takes from the account.", examples=[6])
    estimated_cost: Rupees = Field(description="What the AI work costs us, in rupees.")
    estimated_time: float = Field(description="Seconds until it is there.", examples=[14.0])
    warnings: list[str] = Field(description="What to expect of it, for a person.")


class LogOut(BaseModel):
    """One line of what happened to a project."""

    id: UUID = Field(description="Of the line.")
    project_id: UUID = Field(description="Which project's.")
    user_id: UUID | None = Field(description="Who did it, or for whom it was done.")
    workflow_id: UUID | None = Field(description="The workflow that it is about.")
    action: str = Field(description="What happened, for programs.", examples=["generation_started"])
    message: str = Field(description="The same, for a person.", examples=["Making the film: 12 shots."])
    timestamp: datetime = Field(description="When.")


class BulkAction(StrEnum):
    """What is to be done with all of them."""

    DELETE = "delete"
    MOVE = "move"
    TAG = "tag"


class BulkIn(Input):
    """What is to be done with which."""

    action: BulkAction = Field(description="What is to be done.")
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)] = Field(description="Which.")
    tags: Tags | None = Field(
        None, description="Words that are added to each, of the action `tag`.", examples=[["shop"]]
    )

    @model_validator(mode="after")
    def _has_tags(self) -> Self:
        if self.action is BulkAction.TAG and not self.tags:
            raise ValueError("tags are needed to tag")
        return self


class ProjectsBulkIn(BulkIn):
    """What is to be done with which projects."""

    folder: Folder | None = Field(None, description="Where they go, of the action `move`; null: out of any folder.")


class BulkResult(BaseModel):
    """What became of one of them."""

    id: UUID = Field(description="Of what was named.")
    done: bool = Field(description="Whether it was done.")
    error: str | None = Field(description="Why not, for programs.", examples=["not_found"])


class BulkOut(BaseModel):
    """What became of each."""

    results: list[BulkResult] = Field(description="In the order in which they were named.")
