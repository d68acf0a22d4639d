"""What the events of a stream hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from chassis.http.outputs import Rupees
from contracts.enums import Capability, Status


class Standing(BaseModel):
    """How far the workflow is."""

    progress: int | None = Field(ge=0, le=100, description="Per cent; null: this event says nothing of it.")
    step: str | None = Field(description="The step it is at.", examples=["enhance"])
    message: str = Field(description="For a person.", examples=["Improving the photo"])


class FinishedStep(BaseModel):
    """One step that has its result."""

    step: str = Field(description="Which.", examples=["enhance"])
    attempts: int = Field(description="How often it was tried.", examples=[1])
    provider: str | None = Field(description="Who did it.", examples=["local_upscaler"])
    score: float | None = Field(description="From 0 to 10.", examples=[9.1])
    cost: Rupees = Field(description="In rupees.")
    seconds: float = Field(description="How long it took.", examples=[1.5])


class WorkflowEvent(TypedDict):
    """The data of one event. What its ``state`` has no use for is absent."""

    type: Annotated[Literal["workflow_status"], Field(description="Always the same.")]
    workflow_id: Annotated[UUID, Field(description="Of the workflow.")]
    state: Annotated[Status, Field(description="How it is; also the name of the event.", examples=["processing"])]
    sequence: Annotated[int, Field(ge=1, description="Number within the workflow; also the id of the event.")]
    timestamp: Annotated[datetime, Field(description="When it happened.")]
    status: Annotated[Standing, Field(description="How far it is.")]
    trace_id: Annotated[str | None, Field(description="The trace it belongs to.")]
    waiting_for: NotRequired[Annotated[str, Field(description="Why it waits at the moment, for a person.")]]
    provider: NotRequired[Annotated[str, Field(description="Who is at work.", examples=["local_stable_video"])]]
    cost: NotRequired[Annotated[Rupees, Field(description="So far, or in all, in rupees.")]]
    seconds_left: NotRequired[Annotated[float, Field(description="Until it ends, as far as can be told.")]]
    note: NotRequired[Annotated[str, Field(description="What was done by itself so that it does not stand still.")]]
    step_completed: NotRequired[Annotated[FinishedStep, Field(description="The step whose end this tells.")]]
    seconds: NotRequired[Annotated[float, Field(description="How long it took; at the end.", examples=[12.4])]]
    credits: NotRequired[Annotated[int, Field(description="Spent; at the end.", examples=[1])]]
    warnings: NotRequired[Annotated[list[str], Field(description="What is not as it was ordered; at the end.")]]
    code: NotRequired[Annotated[str, Field(description="Why it failed, for programs.", examples=["NO_FACE"])]]
    retryable: NotRequired[Annotated[bool, Field(description="Whether trying again can help, when it failed.")]]
    credits_returned: NotRequired[Annotated[bool, Field(description="Whether credits were given back.")]]


class JobEvent(TypedDict):
    """The data of one event of a job that was ordered by itself. What its ``state`` has no use for is absent."""

    type: Annotated[Literal["ai_job_status"], Field(description="Always the same.")]
    job_id: Annotated[UUID, Field(description="Of the job.")]
    job_type: Annotated[Capability, Field(description="What is done.", examples=["image_enhancement"])]
    state: Annotated[Status, Field(description="How it is; also the name of the event.", examples=["processing"])]
    sequence: Annotated[int, Field(ge=1, description="Number within the job; also the id of the event.")]
    timestamp: Annotated[datetime, Field(description="When it happened.")]
    status: Annotated[Standing, Field(description="How far it is.")]
    trace_id: Annotated[str | None, Field(description="The trace it belongs to.")]
    provider: NotRequired[Annotated[str, Field(description="Who is at work.", examples=["local_upscaler"])]]
    cost: NotRequired[Annotated[Rupees, Field(description="In all, in rupees; at the end.")]]
    credits: NotRequired[Annotated[int, Field(description="Spent; at the end.", examples=[1])]]
    code: NotRequired[Annotated[str, Field(description="Why it failed, for programs.", examples=["NO_FACE"])]]
    retryable: NotRequired[Annotated[bool, Field(description="Whether trying again can help, when it failed.")]]
