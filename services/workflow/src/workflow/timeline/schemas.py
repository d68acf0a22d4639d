"""A timeline as clients see it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.outputs import Rupees
from workflow.runs.schemas import InterventionOut
from workflow.timeline.rules import Attempt, Kind, Span, Timeline


class SpanOut(BaseModel):
    """Some time, and why it passed."""

    kind: Kind = Field(description="What it was spent with.")
    cause: str = Field(description="What was waited for, for a person.", examples=["the video to be made"])
    begins_at: datetime = Field(description="From then.")
    ends_at: datetime = Field(description="Until then.")
    seconds: float = Field(description="How long that is.", examples=[6.2])


class TryOut(BaseModel):
    """One try of a step."""

    round: int = Field(description="Each retry of the workflow begins another.", examples=[1])
    number: int = Field(description="Counted from 1 in the round.", examples=[1])
    began_at: datetime = Field(description="When it was asked for.")
    ended_at: datetime | None = Field(description="When it was answered, or given up.")
    seconds: float | None = Field(description="How long that took.", examples=[6.2])
    outcome: str = Field(description="`done`, `failed`, `stopped` or `under_way`.", examples=["done"])
    provider: str | None = Field(description="Who made it.", examples=["local_stable_video"])
    model: str | None = Field(description="With what.", examples=["talking-photo"])
    score: float | None = Field(description="From 0 to 10.", examples=[9.1])
    cost: Rupees = Field(description="In rupees.")
    error: str | None = Field(description="Why it failed, for a person.")


class StepTriesOut(BaseModel):
    """A step, or one of the things that it makes side by side, and every try of it."""

    step: str = Field(description="Its name.", examples=["generate"])
    part: str | None = Field(description="Which one, where it makes several.", examples=["instagram"])
    tries: list[TryOut] = Field(description="In their order.")


class TimelineOut(BaseModel):
    """Where the time went. The spans follow on one another: together they are as long as the workflow."""

    id: UUID = Field(description="Of the workflow.")
    trace_id: str | None = Field(description="Of the request that ordered it, for operators.")
    created_at: datetime = Field(description="When it was ordered.")
    finished_at: datetime | None = Field(description="When it ended.")
    seconds: float = Field(description="From the order to the end, or until now.", examples=[12.4])
    cost: Rupees = Field(description="What its AI work cost us, in rupees.")
    spans: list[SpanOut] = Field(description="In their order, without gaps.")
    steps: list[StepTriesOut] = Field(description="In the order in which they began.")
    interventions: list[InterventionOut] = Field(description="What the platform did by itself.")


def spans_out(spans: list[Span]) -> list[SpanOut]:
    """Spans, in seconds as well."""
    return [
        SpanOut(
            kind=span.kind,
            cause=span.cause,
            begins_at=span.begins_at,
            ends_at=span.ends_at,
            seconds=(span.ends_at - span.begins_at).total_seconds(),
        )
        for span in spans
    ]


def steps_out(timeline: Timeline) -> list[StepTriesOut]:
    """Tries, by what they were tries of."""
    found: dict[tuple[str, str], list[TryOut]] = {}
    for attempt in timeline.attempts:
        found.setdefault((attempt.step, attempt.part), []).append(_try(attempt))
    return [StepTriesOut(step=step, part=part or None, tries=tries) for (step, part), tries in found.items()]


def _try(attempt: Attempt) -> TryOut:
    seconds = (attempt.ended_at - attempt.began_at).total_seconds() if attempt.ended_at is not None else None
    return TryOut(
        round=attempt.round,
        number=attempt.number,
        began_at=attempt.began_at,
        ended_at=attempt.ended_at,
        seconds=seconds,
        outcome=attempt.outcome,
        provider=attempt.provider,
        model=attempt.model,
        score=attempt.score,
        cost=Decimal(attempt.cost),
        error=attempt.error,
    )
