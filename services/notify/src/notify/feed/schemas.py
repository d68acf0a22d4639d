"""What a user's log holds."""

from __future__ import annotations

from pydantic import BaseModel, Field

from notify.live.schemas import WorkflowEvent


class FeedItem(BaseModel):
    """One entry."""

    sequence: int = Field(ge=1, description="Number within the log of the user. It rises; some may be left out.")
    event: WorkflowEvent = Field(description="What happened to which workflow.")


class FeedOut(BaseModel):
    """A piece of a user's log."""

    items: list[FeedItem] = Field(description="What happened, in the order in which it was heard.")
    next: int = Field(ge=0, description="Ask for what comes `after` this next time.", examples=[42])
    more: bool = Field(description="Whether there is more already.")
