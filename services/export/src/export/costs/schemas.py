"""What is asked of the calculator, and what it answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from chassis.http.inputs import Input, Whole, written_decimal
from chassis.http.outputs import DECIMAL, Rupees
from contracts.enums import WorkflowType
from export.instructions.schemas import PlatformName

Money = Annotated[
    Decimal,
    BeforeValidator(written_decimal),
    Field(ge=0, le=10_000_000, decimal_places=2),
    WithJsonSchema({"type": "string", "pattern": DECIMAL, "x-currency": "INR"}),
]


class ToolIn(Input):
    """A tool that is used beside the platform."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="Of it.", examples=["CapCut Pro"])
    purpose: Literal["captions", "covers", "editing", "publishing", "other"] = Field(
        "other", description="What it is used for."
    )
    monthly_cost: Money = Field(Decimal(0), description="In rupees, a month.", examples=["799.00"])
    minutes_per_video: Annotated[Whole, Field(ge=0, le=1_440)] = Field(0, description="Time it takes.", examples=[10])


class CostsIn(Input):
    """A way of working."""

    workflow_type: WorkflowType = Field(WorkflowType.AVATAR_PRESENTATION, description="What is made.")
    platforms: Annotated[list[PlatformName], Field(min_length=1, max_length=20)] = Field(
        ["instagram"], description="Where it is published.", examples=[["instagram", "tiktok"]]
    )
    duration: Annotated[Whole, Field(ge=1, le=3_600)] = Field(10, description="Seconds of a video.", examples=[15])
    volume: Annotated[Whole, Field(ge=1, le=10_000)] = Field(1, description="Videos a month.", examples=[30])
    tools: Annotated[list[ToolIn | Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=30)] = Field(
        [],
        description="What else is used: a tool with its price, or the name of one, which counts as free.",
        examples=[[{"name": "CapCut Pro", "purpose": "captions", "monthly_cost": "799.00", "minutes_per_video": 10}]],
    )

    def named_tools(self) -> list[ToolIn]:
        """Every tool with a price."""
        return [ToolIn(name=tool) if isinstance(tool, str) else tool for tool in self.tools]


class StepCostOut(BaseModel):
    """One step."""

    step: str = Field(description="Which.", examples=["generate"])
    cost: Rupees = Field(description="For one video.")
    formula: str = Field(description="How it came to be.", examples=["max(0.0000, 1.5000 x 15 second)"])
    source: str = Field(description="Where the price comes from.")


class ToolCostOut(BaseModel):
    """One tool."""

    name: str = Field(description="Of it.", examples=["CapCut Pro"])
    monthly_cost: Rupees = Field(description="As it was said.")
    per_video: Rupees = Field(description="Its monthly cost over the videos of a month.")
    minutes_per_video: int = Field(description="As it was said.")


class CostsOut(BaseModel):
    """What the way of working costs."""

    steps: list[StepCostOut] = Field(description="The steps of one workflow.")
    tools: list[ToolCostOut] = Field(description="What is used beside it.")
    total_per_workflow: Rupees = Field(description="All steps, and each tool's share.")
    total_per_month: Rupees = Field(description="All videos, and the tools.")
    minutes_per_workflow: int = Field(description="A person's time for one video on all platforms.")
    minutes_per_month: int = Field(description="The same for all videos.")
    formula: str = Field(
        "total_per_month = volume x sum(steps) + sum(tools); "
        "minutes_per_month = volume x (sum(minutes of platforms) + sum(minutes of tools))",
        description="How the totals are reckoned.",
    )
