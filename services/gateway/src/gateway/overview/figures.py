"""What is shown of figures: statistics of the platform (GTW-09), and a user's own page (USR-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.outputs import Rupees
from contracts.enums import Status, WorkflowType

Missing = Annotated[
    list[str],
    Field(description="Services that did not answer: what they know is null here.", examples=[["billing"]]),
]
Counts = Annotated[dict[Status, int], Field(description="How many are so.", examples=[{"completed": 3, "failed": 1}])]
Rate = Annotated[
    float | None, Field(description="Share that completed, of what completed or failed; null: none.", examples=[0.75])
]
Seconds = Annotated[float | None, Field(description="What a completed one took on average.", examples=[14.2])]


class WorkflowFigures(BaseModel):
    """How workflows went."""

    by_status: Counts
    success_rate: Rate
    average_seconds: Seconds


class OwnWorkflowFigures(WorkflowFigures):
    """How yours went, in the product line of the session."""

    spend: Rupees = Field(description="What AI work on them cost, in rupees.")
    image_quality: float | None = Field(description="Average score of improved photos, 0 to 10.", examples=[8.4])
    video_quality: float | None = Field(description="Average score of videos, 0 to 10.", examples=[8.1])


class MeterFigures(BaseModel):
    """One quota of the month."""

    used: int = Field(description="Units used.", examples=[2])
    limit: int = Field(description="Units of a month; -1 is unlimited.", examples=[3])
    left: int | None = Field(description="Units left; null: unlimited.", examples=[1])


class Quota(BaseModel):
    """What is left of the month."""

    plan_type: str = Field(description="The plan.", examples=["free"])
    credits_available: int = Field(description="What can be spent.", examples=[2])
    period_end: datetime = Field(description="When the next month begins.")
    meters: dict[str, MeterFigures] = Field(description="By what is counted, such as `workflows`.")
    upgrade_to: list[str] = Field(description="Plans that allow more, when little is left.", examples=[["starter"]])


class RecentWorkflow(BaseModel):
    """One of the latest workflows."""

    id: UUID = Field(description="Of the workflow.")
    workflow_type: WorkflowType = Field(description="What is made.")
    title: str | None = Field(description="Of the video.", examples=["Welcome"])
    status: Status = Field(description="How it is.")
    progress: int = Field(description="Per cent.", examples=[40])
    created_at: datetime = Field(description="When it was ordered.")


class Dashboard(BaseModel):
    """Everything about a user's work at a glance."""

    name: str | None = Field(description="What to call you.", examples=["Asha"])
    workflows: OwnWorkflowFigures | None = Field(description="How yours went.")
    recent: list[RecentWorkflow] | None = Field(description="The latest, newest first.")
    quota: Quota | None = Field(description="What is left of the month; null before the first order too.")
    insights: list[str] = Field(description="What is worth knowing, for a person.")
    missing: Missing


class AccountFigures(BaseModel):
    """Accounts."""

    total: int = Field(description="All that there are.", examples=[9])
    active: int = Field(description="Those that may log in.", examples=[8])


class StorageFigures(BaseModel):
    """Uploaded files."""

    files: int = Field(description="How many are kept.", examples=[12])
    bytes: int = Field(description="What they take.", examples=[1048576])


class OperatorFigures(BaseModel):
    """What only administrators see."""

    users: AccountFigures | None = Field(description="Accounts.")
    jobs: dict[Status, int] | None = Field(description="AI jobs by how they are.", examples=[{"completed": 3}])
    waiting: dict[str, int] | None = Field(description="Workflows that wait for room, by lane.", examples=[{"2": 1}])
    stored: StorageFigures | None = Field(description="Uploaded files.")


class SystemStats(BaseModel):
    """How the platform's work goes."""

    platform: WorkflowFigures | None = Field(description="Everybody's workflows.")
    own: OwnWorkflowFigures | None = Field(description="Yours.")
    operators: OperatorFigures | None = Field(None, description="For administrators.")
    missing: Missing


def insights(workflows: OwnWorkflowFigures | None, quota: Quota | None) -> list[str]:
    """Short sentences with what to do next; none where nothing stands out."""
    said = []
    if workflows is not None:
        if not any(workflows.by_status.values()):
            said.append("Upload a photo and order your first video.")
        if (failed := workflows.by_status.get(Status.FAILED, 0)) and (workflows.success_rate or 0) < 0.8:
            said.append(f"{failed} of your workflows failed. Open one: it says why, and can be tried again.")
        if workflows.image_quality is not None and workflows.image_quality < 7.5:
            said.append("Your photos score low. Use one with more light, and the face towards the camera.")
    if quota is not None:
        said += [
            f"No {name} are left until {quota.period_end:%d %B}."
            for name, meter in quota.meters.items()
            if meter.left == 0
        ]
        if quota.upgrade_to:
            said.append(f"Little is left of this month. More comes with: {', '.join(quota.upgrade_to)}.")
    return said


def quota_of(usage: Any) -> Quota | None:
    """What billing says of the month."""
    return Quota.model_validate(usage) if usage is not None else None
