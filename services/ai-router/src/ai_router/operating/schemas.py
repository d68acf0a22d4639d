"""What operators say and are told."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from ai_router.catalogue.models import Policy
from ai_router.routing.breaker import BreakerState
from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Rupees
from contracts.enums import Capability

Reason = Annotated[str, Field(min_length=3, max_length=500, examples=["The vendor announced an outage"])]


class BreakerOut(BaseModel):
    """A breaker that is not closed."""

    provider: str = Field(description="Of whom.", examples=["veo3"])
    capability: str = Field(description="For what; `*`: whatever is asked.", examples=["video_generation"])
    model: str = Field(description="With which model; empty: where none is named.", examples=[""])
    state: BreakerState = Field(description="`open`: nobody asks; `half_open`: one call tries.")
    open_until: datetime = Field(description="Until then.")
    probing: bool = Field(description="Whether the one call is under way.")
    why: str | None = Field(description="What opened it.", examples=["transient"])
    held_by: UUID | None = Field(description="The administrator who holds it open.")


class BreakersOut(BaseModel):
    """All of them, as all processes know them."""

    breakers: list[BreakerOut] = Field(description="By provider and capability.")


class BreakerIn(Input):
    """What is to become of a breaker."""

    state: Literal["open", "closed"] = Field(description="`open`: nobody asks for a while; `closed`: they ask again.")
    for_s: Annotated[Whole, Field(ge=1, le=31 * 86_400)] = Field(3_600, description="How long it stays open.")
    model: Annotated[str, Field(max_length=100)] = Field("", description="Only of calls that name this model.")
    reason: Reason = Field(description="For whoever looks later.")


class EmergencyIn(Input):
    """Emergency mode: outside providers are not asked (AIR-45)."""

    on: StrictBool = Field(description="Whether it is on.", examples=[True])


class EmergencyOut(BaseModel):
    """How it is now."""

    on: bool = Field(description="Whether it is on.")


class GuardIn(Input):
    """More than a day's limit, for today alone (AIR-47)."""

    limit: Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=4)] = Field(
        description="What may be spent today, in rupees.", examples=["7500"]
    )
    reason: Reason = Field(description="For whoever looks later.")


class GuardOut(BaseModel):
    """What is spent today, and what may be."""

    day: date = Field(description="In UTC.")
    spent: Rupees = Field(description="So far, in rupees; calls under way as estimated.")
    warning: Rupees = Field(description="From then on it is told.")
    limit: Rupees = Field(description="From then on only local providers work, until midnight UTC.")
    lifted: bool = Field(description="Whether an administrator allowed more for today.")
    stopped: bool = Field(description="Whether the limit is reached.")


class PolicyOut(BaseModel):
    """How a capability is routed in a product line."""

    product_line: str = Field(description="Empty: in all that have none of their own.", examples=["pixie"])
    capability: Capability = Field(description="What.")
    primary: str | None = Field(description="Who is asked first.", examples=["fal_ai"])
    premium: str | None = Field(description="Who is asked first for premium quality.", examples=["runway_act2"])
    minimum_quality: float = Field(description="Paid providers rated below it are not considered.", examples=[7.0])
    fallback_score: float = Field(description="Results below it are tried again elsewhere.", examples=[7.0])
    chain: list[str] | None = Field(description="Outside providers in their order; null: by their priorities.")

    @classmethod
    def of(cls, line: str, policy: Policy) -> PolicyOut:
        """From the catalogue."""
        return cls(
            product_line=line,
            capability=policy.capability,
            primary=policy.primary,
            premium=policy.premium,
            minimum_quality=policy.minimum_quality,
            fallback_score=policy.fallback_score,
            chain=None if policy.chain is None else list(policy.chain),
        )


class PoliciesOut(BaseModel):
    """All of them."""

    policies: list[PolicyOut] = Field(description="Those of all lines first.")
