"""What the catalogue's endpoints answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ai_router.routing.breaker import BreakerState
from contracts.enums import Capability, ServiceHealth


class ModelOut(BaseModel):
    """A model that jobs can use (AIR-13)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the model.")
    name: str = Field(description="Of the model.", examples=["talking-photo"])
    provider: str = Field(description="Who offers it.", examples=["local_stable_video"])
    model_type: Capability = Field(description="What it does.")
    description: str = Field(description="For people.")
    parameters: dict[str, Any] = Field(description="What it takes; depends on the model.")
    credits_per_use: int = Field(description="What one use takes from the account.", examples=[1])
    available: bool = Field(description="Whether it is set up here.")
    honours: list[str] = Field(description="What it acts on of what an order may say.", examples=[["prompt", "seed"]])
    languages: list[str] | None = Field(None, description="What it speaks; null: not limited.", examples=[["en"]])
    longest_text: int | None = Field(None, description="Characters of script or prompt; null: not limited.")
    longest_s: float | None = Field(None, description="Seconds of one clip; null: not limited.", examples=[8.0])
    clip_lengths: list[int] = Field([], description="Seconds a clip may have; empty: any.", examples=[[4, 6, 8]])


class ProviderHealthOut(BaseModel):
    """One provider for one capability (AIR-15)."""

    provider: str = Field(description="Who.", examples=["veo3"])
    capability: Capability = Field(description="For what.")
    configured: bool = Field(description="False: this installation has no key for it.")
    status: ServiceHealth = Field(description="Whether it is used at the moment.")
    breaker: BreakerState = Field(
        description="`open`: at least one worker does not ask it for a while, after failures."
    )
    response_time_ms: int | None = Field(None, description="Of the last check.", examples=[180])
    checked_at: datetime | None = Field(None, description="Null: local, or not checked yet.")
    error: str | None = Field(None, description="Why it is not used.")
    quality: float = Field(description="What its results are rated at, from 0 to 10.", examples=[8.5])
    zero_cost: bool = Field(description="Whether it costs us nothing.")


class ServicesHealth(BaseModel):
    """All providers of the catalogue."""

    services: list[ProviderHealthOut] = Field(description="By provider and what it does.")
