"""What the usage endpoint answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.outputs import Rupees
from contracts.enums import Capability


class UsedOut(BaseModel):
    """What one model was used for on one day."""

    model_config = ConfigDict(from_attributes=True)

    day: date = Field(description="In UTC.")
    job_type: Capability = Field(description="What was done.")
    provider: str | None = Field(description="Who did it; null: nobody yet, or nobody could.", examples=["openai"])
    model_name: str | None = Field(description="With what.", examples=["gpt-image-1"])
    jobs: int = Field(description="How many were ordered, steps of workflows included.", examples=[3])
    completed: int = Field(description="How many of them have a result.", examples=[2])
    cache_hits: int = Field(description="How many were answered with an earlier result.", examples=[0])
    credits: int = Field(description="Spent on jobs that were ordered by themselves.", examples=[2])
    cost: Rupees = Field(description="What it cost us, in rupees.")


class UsageOut(BaseModel):
    """What a user's AI jobs have taken, by model and day."""

    user_id: UUID = Field(description="Whose.")
    start: datetime = Field(description="Jobs ordered from then on.")
    end: datetime = Field(description="And before then.")
    jobs: int = Field(description="In all.", examples=[3])
    credits: int = Field(description="In all.", examples=[2])
    cost: Rupees = Field(description="In all, in rupees.")
    items: list[UsedOut] = Field(description="The newest day first.")

    @classmethod
    def of(cls, user_id: UUID, start: datetime, end: datetime, items: list[UsedOut]) -> UsageOut:
        """With the sums."""
        return cls(
            user_id=user_id,
            start=start,
            end=end,
            jobs=sum(item.jobs for item in items),
            credits=sum(item.credits for item in items),
            cost=sum((item.cost for item in items), Decimal(0)),
            items=items,
        )
