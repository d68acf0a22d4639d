"""What is told of choices, and what another policy may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from ai_router.catalogue.models import Policy
from chassis.http.inputs import Input, Moment, Whole
from chassis.http.outputs import Rupees
from contracts.enums import Capability, ProductLineKey, Status

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,50}$", examples=["nano_banana"])]
Points = Annotated[float, Field(ge=0, le=10, strict=True, examples=[7.0])]


class CandidateOut(BaseModel):
    """Somebody who can do it."""

    provider: str = Field(description="Who.", examples=["nano_banana"])
    reason: str = Field(description="Why they stand where they stand.", examples=["primary provider"])
    estimated_cost: Rupees = Field(description="What it should cost, in rupees.")
    clips: int = Field(1, description="How many clips they would be asked for.")


class DroppedOut(BaseModel):
    """Somebody who cannot do it now."""

    provider: str = Field(description="Who.", examples=["ideogram"])
    reason: str = Field(description="Why not.", examples=["breaker open"])


class ChoiceOut(BaseModel):
    """One choice, with everything it depended on."""

    ranked: list[CandidateOut] = Field(description="The best first.")
    dropped: list[DroppedOut] = Field(description="Everybody else.")
    catalogue: str = Field(
        description="Which catalogue it was made from.", examples=["9f86d081884c7d659a2feaa0c55ad015"]
    )
    depended_on: dict[str, Any] = Field(description="The request, the health of providers and the budget at the time.")
    recomputed: bool | None = Field(
        description="Whether the same choice comes out when it is computed again; null: its catalogue is not kept."
    )


class CallOut(BaseModel):
    """One call of a provider."""

    model_config = ConfigDict(from_attributes=True)

    provider: str = Field(description="Who.", examples=["nano_banana"])
    attempt: int = Field(description="The how-manieth it was.", examples=[1])
    paid: bool = Field(description="Whether it costs something.")
    state: str = Field(description="How it ended, or `calling`, `accepted`.", examples=["succeeded"])
    failure: str | None = Field(description="Why it failed.", examples=["throttled"])
    duration_ms: int | None = Field(description="How long it took.", examples=[2100])
    cost: Rupees | None = Field(description="What it cost, in rupees.")
    started_at: datetime = Field(description="When it began.")


class RouteOut(BaseModel):
    """Why a job was done by whom."""

    job_id: UUID = Field(description="Of the job.")
    job_type: Capability = Field(description="What is done.")
    status: Status = Field(description="How it is; choices are told when it has ended.")
    provider: str | None = Field(description="Who did it.", examples=["nano_banana"])
    from_cache: bool = Field(description="Whether an earlier result answered it.")
    choices: list[ChoiceOut] = Field(description="Each time somebody had to be chosen, in order.")
    calls: list[CallOut] = Field(description="What was then done, in order.")


class PolicyIn(Input):
    """How a capability is routed. What is left away stays as it is."""

    primary: Name | None = Field(None, description="Who is asked first.")
    premium: Name | None = Field(None, description="Who is asked first for premium quality.")
    minimum_quality: Points | None = Field(None, description="Paid providers rated below it are not considered.")
    fallback_score: Points | None = Field(None, description="A result below it is tried again with the next provider.")
    chain: Annotated[list[Name], Field(max_length=30)] | None = Field(
        None, description="Outside providers in their order; others only where a request names them."
    )

    def over(self, policy: Policy) -> Policy:
        """``policy`` with what is given here."""
        given = self.model_dump(exclude_none=True)
        if "chain" in given:
            given["chain"] = tuple(given["chain"])
        return replace(policy, **given)


class SimulateIn(Input):
    """What is to be tried on which jobs."""

    capability: Capability | None = Field(None, description="Only these jobs; needed for a policy.")
    product_line: ProductLineKey | None = Field(None, description="Only jobs of this product.")
    start: Moment | None = Field(None, description="Ordered from then on; without it a week before the end.")
    end: Moment | None = Field(None, description="Ordered before then; without it until now.")
    limit: Annotated[Whole, Field(ge=1, le=5_000)] = Field(1_000, description="At most so many, the newest.")
    policy: PolicyIn | None = Field(None, description="The policy to try.")
    rates: dict[Name, Annotated[Decimal, Field(ge=0, decimal_places=4, max_digits=12)]] = Field(
        {},
        description="What a unit costs instead, in rupees, by provider.",
        examples=[{"nano_banana": "0.05"}],
        max_length=50,
    )
    without: Annotated[list[Name], Field(max_length=50)] = Field([], description="Providers that are not there.")
    emergency: StrictBool | None = Field(None, description="With emergency mode on, or off.")

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From when to when."""
        end = self.end or now
        return self.start or end - timedelta(days=7), end


class ChangedOut(BaseModel):
    """A job that would have gone elsewhere."""

    job_id: UUID = Field(description="Of the job.")
    before: str = Field(description="Who was asked first.", examples=["nano_banana"])
    after: str = Field(description="Who would have been.", examples=["ideogram"])


class SimulationOut(BaseModel):
    """What it would have come to. Costs are those of who is asked first, as estimated."""

    jobs: int = Field(description="Computed again.", examples=[1000])
    not_computable: int = Field(description="Whose catalogue is not kept any more.", examples=[0])
    changed: int = Field(description="That would have gone to somebody else first.", examples=[120])
    unserved_before: int = Field(description="For which nobody was there.", examples=[0])
    unserved_after: int = Field(description="For which nobody would have been there.", examples=[0])
    cost_before: Rupees = Field(description="In rupees.")
    cost_after: Rupees = Field(description="In rupees.")
    quality_before: float | None = Field(description="Mean rating of who was asked first.", examples=[8.5])
    quality_after: float | None = Field(description="Mean rating of who would have been.", examples=[9.2])
    providers_before: dict[str, int] = Field(description="Jobs by who was asked first.")
    providers_after: dict[str, int] = Field(description="Jobs by who would have been.")
    examples: list[ChangedOut] = Field(description="Some of those that changed.")
