"""What the reports answer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from chassis.http.outputs import Amount, Rupees

Percent = Annotated[Decimal | None, Field(description="Percent; null of nothing.", examples=["86.4"])]
Count = Annotated[int, Field(ge=0, examples=[12])]
Minor = Annotated[int, Field(description="In the currency's smallest unit.", examples=[49900])]
Currency = Annotated[str, Field(description="Of the amounts.", examples=["INR"])]
Score = Annotated[Decimal | None, Field(description="From 0 to 10; null of nothing.", examples=["8.40"])]
Line = Annotated[str, Field(description="Product line; empty of none.", examples=["talkingphoto"])]


class PeriodOut(BaseModel):
    """Which hours a report is about."""

    start: datetime = Field(description="From this moment on.")
    end: datetime = Field(description="Before this moment.")
    hours: int = Field(description="Between them.", examples=[24])


class WorkflowFigures(BaseModel):
    """How the runs went that were ordered in the period."""

    total: Count = Field(description="Ordered.")
    completed: Count = Field(description="Came to their result.")
    failed: Count = Field(description="Failed.")
    cancelled: Count = Field(description="Were stopped.")
    success_rate: Percent = Field(description="Completed / max(total, 1) x 100.")
    average_seconds: float | None = Field(description="From the order to the result; null of none.", examples=[21.4])
    cost: Rupees = Field(description="What AI work cost in the period.")


class TierOut(BaseModel):
    """How many are on a plan."""

    product_line: Line
    plan: str = Field(description="The plan.", examples=["pro"])
    users: Count = Field(description="On it now.")


class UserFigures(BaseModel):
    """Who came and who was here."""

    new: Count = Field(description="Registered in the period.")
    active: Count = Field(description="Did anything since its start.")
    by_plan: list[TierOut] = Field(description="By plan, now.")


class UptimeRow(BaseModel):
    """How a service was that is looked at each minute."""

    service: str = Field(description="Which.", examples=["users"])
    looks: Count = Field(description="How often it was looked at.")
    well: Count = Field(description="How often it answered well within ten seconds.")
    uptime: Percent = Field(description="Well / looks x 100.")
    average_ms: float | None = Field(description="How long it took to answer.", examples=[3.1])
    p95_ms: float | None = Field(description="The 95th percentile of that.", examples=[8.4])
    last_failure: datetime | None = Field(description="When it last was not well.")
    most_memory_mb: float | None = Field(description="Null of what does not tell.", examples=[142.5])
    average_cpu_percent: float | None = Field(description="Of one core; null of what does not tell.", examples=[2.4])


class UptimesOut(BaseModel):
    """How services were."""

    items: list[UptimeRow] = Field(description="By name.")


class BehaviourRow(BaseModel):
    """What was done on a page, by who agreed to its being counted."""

    event_type: str = Field(description="What.", examples=["page.viewed"])
    page: str = Field(description="Where; empty of nowhere.", examples=["/studio/videos/new"])
    events: Count = Field(description="How often.")
    people: Count = Field(description="By how many.")
    visits: Count = Field(description="In how many visits.")
    average_load_ms: float | None = Field(description="Of pages that told it.", examples=[640.0])
    average_seconds: float | None = Field(description="Spent on it, where that was told.", examples=[12.5])


class BehaviourOut(BaseModel):
    """What clients told; the thousand commonest."""

    items: list[BehaviourRow] = Field(description="The commonest first.")


class HealthOut(BaseModel):
    """A provider that went down or came back in the period."""

    provider: str = Field(description="Who.", examples=["veo3"])
    healthy: bool = Field(description="The last that was said of it.")
    since: datetime = Field(description="When that was said.")
    changes: Count = Field(description="How often it changed.")


class CostOut(BaseModel):
    """What a provider's calls cost."""

    provider: str = Field(description="Who.", examples=["veo3"])
    capability: str = Field(description="What for.", examples=["video_generation"])
    product_line: Line
    calls: Count = Field(description="How many, failed ones that cost something too.")
    cost: Rupees = Field(description="In all.")


class QualityOut(BaseModel):
    """What judges gave to a step's results."""

    step: str = Field(description="The step.", examples=["generate"])
    average: Score
    results: dict[str, int] = Field(
        description="How many results by whole score, 0 to 10.", examples=[{"8": 3, "9": 14, "10": 2}]
    )


class ReportOut(BaseModel):
    """A period in figures (ANL-06)."""

    period: PeriodOut = Field(description="Which.")
    workflows: WorkflowFigures = Field(description="How runs went.")
    users: UserFigures = Field(description="Who was here.")
    uptime: list[UptimeRow] = Field(description="Our services, as far as they are looked at (`WATCHED_SERVICES`).")
    services: list[HealthOut] = Field(description="Outside services that changed.")
    costs: list[CostOut] = Field(description="The dearest first.")
    quality: list[QualityOut] = Field(description="By step.")


class RecentOut(BaseModel):
    """One of the newest runs."""

    id: str = Field(
        description="Tells it from the others here. Not the run's id, which analytics does not know.",
        examples=["7c1f22ab"],
    )
    workflow_type: str | None = Field(description="What was ordered.", examples=["product_demo"])
    product_line: str | None = Field(description="Where.", examples=["talkingphoto"])
    status: str = Field(description="How it is.", examples=["completed"])
    cost: Rupees | None = Field(description="What its AI work cost; null before its end.")
    seconds: float | None = Field(description="How long it took; null before its end.", examples=[21.4])
    created_at: datetime = Field(description="When it was ordered.")


class PaidOut(BaseModel):
    """What was paid in one currency."""

    currency: Currency
    payments: Count = Field(description="How many.")
    received: Minor
    refunded: Minor = Field(description="Of that, given back.")


class SummaryOut(BaseModel):
    """A day in figures, each with its change against the day before, in percent."""

    workflows: Count = Field(description="Ordered.")
    workflows_change: Percent
    success_rate: Percent = Field(description="Completed / max(total, 1) x 100.")
    success_rate_change: Percent
    average_seconds: float | None = Field(description="From the order to the result; null of none.", examples=[21.4])
    average_seconds_change: Percent
    new_users: Count = Field(description="Registered.")
    new_users_change: Percent
    active_users: Count = Field(description="Did anything within the day.")
    ai_cost_today: Rupees = Field(description="Since midnight UTC.")
    ai_cost_change: Percent = Field(description="Against all of yesterday.")
    revenue: list[PaidOut] = Field(description="From payments, by currency.")


class UseOut(BaseModel):
    """How much of the AI work a provider did."""

    provider: str = Field(description="Who.", examples=["veo3"])
    jobs: Count = Field(description="Within the last day.")


class AdviceOut(BaseModel):
    """What to do when a figure is above its limit."""

    figure: str = Field(description="Which.", examples=["people here at a time"])
    limit: Amount = Field(description="Above this it is time.")
    measured: Amount | None = Field(description="Now; null where events do not tell it.")
    unit: str = Field(description="Of both.", examples=["people"])
    due: bool = Field(description="Whether it is time.")
    advice: str = Field(description="What to do.", examples=["Put several replicas behind a load balancer."])
    priority: str = Field(description="How urgent it is then.", examples=["high"])
    effort: str = Field(description="How long it takes.", examples=["1 to 2 weeks"])
    expense: str = Field(description="What it takes, in rupees.", examples=["₹2,000 to 5,000 a month"])


class DashboardOut(BaseModel):
    """The dashboards' figures as data (OBS-21, OBS-22)."""

    at: datetime = Field(description="When.")
    summary: SummaryOut = Field(description="The last day.")
    recent: list[RecentOut] = Field(description="The ten newest runs.")
    ai_usage: list[UseOut] = Field(description="Who did the AI work.")
    recommendations: list[AdviceOut] = Field(description="What is due.")


class RecommendationsOut(BaseModel):
    """When to scale what."""

    items: list[AdviceOut] = Field(description="All limits, those that are reached too.")


class ProjectionOut(BaseModel):
    """A month with so many users."""

    users: Count = Field(description="How many.")
    workflows: Count = Field(description="Users x workflows a user.")
    infrastructure: Rupees | None = Field(description="As given; null where only AI work is projected.")
    ai: Rupees = Field(description="Workflows x cost of a workflow.")
    total: Rupees | None = Field(description="Infrastructure + AI.")


class CostProjectionOut(BaseModel):
    """What months of other sizes would cost."""

    formula: str = Field(description="How it is reckoned.", examples=["ai = users x runs a user x cost of a run"])
    scenarios: list[ProjectionOut] = Field(description="As planned: 5 workflows a user, ₹0.50 a workflow (ANL-14).")
    ai_only: list[ProjectionOut] = Field(description="As planned: AI work alone (ANL-15).")
    measured_workflows_per_user: Amount | None = Field(description="Of the last 30 days; null of none.")
    measured_cost_per_workflow: Rupees | None = Field(description="Of the last 30 days; null of none.")
    measured: list[ProjectionOut] = Field(description="The same users, with what was measured; empty of none.")


class UsageRow(BaseModel):
    """One day."""

    day: date = Field(description="UTC.")
    registered: Count = Field(description="New accounts.")
    logins: Count = Field(description="Sessions begun.")
    active: Count = Field(description="People who did anything.")
    uploads: Count = Field(description="Files taken.")
    ordered: Count = Field(description="Runs ordered.")
    completed: Count = Field(description="Runs that came to their result.")
    failed: Count = Field(description="Runs that failed.")
    cancelled: Count = Field(description="Runs that were stopped.")
    exports: Count = Field(description="Kits packed.")
    ai_cost: Rupees = Field(description="What AI work cost.")


class UsageOut(BaseModel):
    """Days in figures."""

    active: Count = Field(description="People who did anything in all of them: of 30 days, monthly active users.")
    items: list[UsageRow] = Field(description="By day.")


class FunnelRow(BaseModel):
    """How many came so far."""

    step: str = Field(description="The step.", examples=["ordered"])
    people: Count = Field(description="Who have taken it, whenever.")
    of_all: Percent = Field(description="Of those who registered in the period.")
    of_previous: Percent = Field(description="Of those who took the step before.")


class FunnelOut(BaseModel):
    """The way from a visitor to a customer."""

    items: list[FunnelRow] = Field(description="In the order of the way.")


class ProviderRow(BaseModel):
    """What a provider did for one capability."""

    provider: str = Field(description="Who.", examples=["veo3"])
    capability: str = Field(description="What.", examples=["video_generation"])
    jobs: Count = Field(description="Jobs that it finished.")
    average_seconds: Decimal | None = Field(description="A job took; null of none.", examples=["12.50"])
    average_score: Score
    calls: Count = Field(description="Calls that cost something.")
    cost: Rupees = Field(description="What they cost.")
    cost_per_job: Rupees | None = Field(description="Of a job that it finished; null of none.")
    fallbacks: Count = Field(description="How often another had to take over.")


class ProvidersOut(BaseModel):
    """Quality, speed and cost of providers."""

    items: list[ProviderRow] = Field(description="The dearest first.")


class CohortRow(BaseModel):
    """Those who registered in one month, some months later."""

    cohort: date = Field(description="The first day of the month in which they registered.")
    month: int = Field(description="Months later; 0 is that month itself.", ge=0, examples=[2])
    people: Count = Field(description="Of them who did anything in it.")
    of_cohort: Percent = Field(description="Of all of them.")


class CohortsOut(BaseModel):
    """Who stays."""

    items: list[CohortRow] = Field(description="By cohort and month.")


class RevenueRow(BaseModel):
    """What was paid in a month."""

    month: date = Field(description="Its first day.")
    product_line: Line
    currency: Currency
    payments: Count = Field(description="How many.")
    payers: Count = Field(description="By how many.")
    received: Minor
    refunded: Minor = Field(description="Of that, given back.")
    net: Minor = Field(description="Received - refunded.")


class RecurringRow(BaseModel):
    """What running subscriptions bring a month (MRR)."""

    product_line: Line
    currency: Currency
    subscriptions: Count = Field(description="Running.")
    monthly: Minor = Field(description="The last payment for each; of a yearly one a twelfth.")


class TargetOut(BaseModel):
    """What is aimed at (MET-06)."""

    when: str = Field(description="When.", examples=["8 weeks"])
    monthly: Rupees = Field(description="Recurring revenue.")


class RevenueOut(BaseModel):
    """Revenue: from payments, never from what work cost (ANL-16)."""

    items: list[RevenueRow] = Field(description="By month, product line, currency.")
    recurring: list[RecurringRow] = Field(description="Now.")
    targets: list[TargetOut] = Field(description="Reported, not enforced.")
