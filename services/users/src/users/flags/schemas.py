"""What is said of feature flags."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from chassis.http.inputs import Input, Whole
from contracts.enums import ProductLineKey

Environment = Literal["development", "test", "production"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,59}$")]
"""A flag's name."""


class FlagIn(Input):
    """For whom something is on."""

    says: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="What it switches, for people.", examples=["The new timeline of the studio"]
    )
    enabled: StrictBool = Field(description="Off is off for everybody.", examples=[True])
    environments: Annotated[list[Environment], Field(max_length=4)] = Field(
        [], description="Only in these; none: in all.", examples=[["test"]]
    )
    product_lines: Annotated[list[ProductLineKey], Field(max_length=10)] = Field(
        [], description="Only in these; none: in all.", examples=[["talkingphoto"]]
    )
    percent: Annotated[Whole, Field(ge=0, le=100)] = Field(
        100, description="Of the users, always the same ones first.", examples=[10]
    )


class FlagOut(BaseModel):
    """A feature flag."""

    key: str = Field(description="Its name.", examples=["new-timeline"])
    says: str = Field(description="What it switches, for people.", examples=["The new timeline of the studio"])
    enabled: bool = Field(description="Off is off for everybody.")
    environments: list[Environment] = Field(description="Only in these; none: in all.", examples=[["test"]])
    product_lines: list[ProductLineKey] = Field(description="Only in these; none: in all.", examples=[["talkingphoto"]])
    percent: int = Field(description="Of the users, always the same ones first.", examples=[10])
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it last changed.")


class FlagsOut(BaseModel):
    """What is on for the caller."""

    on: list[str] = Field(description="Names of flags; whatever is not here is off.", examples=[["new-timeline"]])
