"""What a user's log holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from notify.live.schemas import JobEvent, WorkflowEvent


class FeedEvent(RootModel[Annotated[WorkflowEvent | JobEvent, Field(discriminator="type")]]):
    """What happened to a workflow, or to a job that was ordered by itself; ``type`` says which."""


class FeedItem(BaseModel):
    """One entry."""

    sequence: int = Field(ge=1, description="Number within the log of the user. It rises; some may be left out.")
    event: FeedEvent = Field(description="What happened, and to what.")


class FeedOut(BaseModel):
    """A piece of a user's log."""

    items: list[FeedItem] = Field(description="What happened, in the order in which it was heard.")
    next: int = Field(ge=0, description="Ask for what comes `after` this next time.", examples=[42])
    more: bool = Field(description="Whether there is more already.")
