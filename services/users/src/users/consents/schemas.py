"""What clients send and get about consents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.http.inputs import Input
from users.accounts.schemas import ConsentIn


def _each_once(said: list[ConsentIn]) -> list[ConsentIn]:
    if len({consent.kind for consent in said}) < len(said):
        raise ValueError("says something about one kind twice")
    return said


class ConsentsIn(Input):
    """What is agreed to, or taken back; kinds that are absent stay as they are."""

    consents: Annotated[list[ConsentIn], Field(min_length=1, max_length=4), AfterValidator(_each_once)] = Field(
        description="`granted: false` takes back.", examples=[[{"kind": "marketing", "granted": False}]]
    )


class ConsentOut(BaseModel):
    """What was said about one thing, at one time."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["terms", "privacy", "marketing", "analytics"] = Field(description="What it is about.")
    policy_version: str = Field(description="Version of the text.", examples=["1"])
    granted: bool = Field(description="Whether it was agreed to.")
    given_at: datetime = Field(description="When that was said.")


class ConsentsOut(BaseModel):
    """What holds at the moment."""

    consents: list[ConsentOut] = Field(description="The latest word of each kind; one without was never agreed to.")
