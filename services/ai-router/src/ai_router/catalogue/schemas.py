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

    id: UUID
    name: str = Field(examples=["talking-photo"])
    provider: str = Field(examples=["local_stable_video"])
    model_type: str = Field(examples=["video_generation"])
    description: str
    parameters: dict[str, Any]
    credits_per_use: int


class ProviderHealthOut(BaseModel):
    """One provider for one capability, as this process sees it (AIR-15)."""

    provider: str = Field(examples=["veo3"])
    capability: Capability
    configured: bool = Field(description="False: this installation has no key for it.")
    status: ServiceHealth
    breaker: BreakerState
    response_time_ms: int | None = None
    checked_at: datetime | None = Field(None, description="Null: local, or not checked yet.")
    error: str | None = None
    quality: float
    zero_cost: bool


class ServicesHealth(BaseModel):
    """All providers of the catalogue."""

    services: list[ProviderHealthOut]
