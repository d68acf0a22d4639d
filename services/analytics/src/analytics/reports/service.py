"""Reports put together from what is read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from analytics.reports import queries, rules
from analytics.reports.schemas import (
    AdviceOut,
    BehaviourOut,
    BehaviourRow,
    CohortRow,
    CohortsOut,
    CostOut,
    CostProjectionOut,
    DashboardOut,
    FunnelOut,
    FunnelRow,
    HealthOut,
    PaidOut,
    PeriodOut,
    ProjectionOut,
    ProviderRow,
    ProvidersOut,
    QualityOut,
    RecentOut,
    RecurringRow,
    ReportOut,
    RevenueOut,
    RevenueRow,
    SummaryOut,
    TargetOut,
    TierOut,
    UptimeRow,
    UptimesOut,
    UsageOut,
    UsageRow,
    UseOut,
    UserFigures,
    WorkflowFigures,
)
from chassis.data.database import Transaction

_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_HERE = timedelta(minutes=15)
_USED = ["registered", "logged_in", "uploaded", "ordered", "completed", "failed", "cancelled", "kit", "cost"]
_STEPS = ("registered", "verified", "uploaded", "ordered", "completed", "paid")


async def report(tx: Transaction, hours: int) -> ReportOut:
    """The last hours (ANL-06)."""
    end = tx.now
    start = end - timedelta(hours=hours)
    runs, people = await queries.runs(tx, start, end), await queries.people(tx, start, end)
    costs = await queries.costs(tx, start, end)
    spread: dict[str, list[tuple[int, int, Decimal]]] = defaultdict(list)
    for row in await queries.scores(tx, start, end):
        spread[row["step"]].append((row["score"], row["results"], row["total"]))
    quality = []
    for step, found in sorted(spread.items()):
        results, average = rules.distribution(found)
        quality.append(QualityOut(step=step, average=average, results=results))
    return ReportOut(
        period=PeriodOut(start=start, end=end, hours=hours),
        workflows=WorkflowFigures(
            **runs,
            success_rate=rules.success_rate(runs["completed"], runs["total"]),
            cost=sum((row["cost"] for row in costs), Decimal(0)),
        ),
        users=UserFigures(**people, by_plan=[TierOut(**row) for row in await queries.tiers(tx)]),
        uptime=(await uptime(tx, start, end)).items,
        services=[HealthOut(**row) for row in await queries.health(tx, start, end)],
        costs=[CostOut(**row | {"product_line": row["product_line"] or ""}) for row in costs],
        quality=quality,
    )


async def dashboard(tx: Transaction) -> DashboardOut:
    """The last day, against the one before."""
    now, today = tx.now, tx.now.date()
    runs, before = await queries.runs(tx, now - _DAY, now), await queries.runs(tx, now - 2 * _DAY, now - _DAY)
    people, came = await queries.people(tx, now - _DAY, now), await queries.people(tx, now - 2 * _DAY, now - _DAY)
    cost = await queries.cost_in_all(tx, today, today + _DAY)
    yesterday = await queries.cost_in_all(tx, today - _DAY, today)
    rate = rules.success_rate(runs["completed"], runs["total"])
    was = rules.success_rate(before["completed"], before["total"]) if before["total"] else None
    used: dict[str, int] = defaultdict(int)
    for row in await queries.providers(tx, today, today + _DAY):
        if row["measure"] == "job":
            used[row["provider"]] += row["number"]
    return DashboardOut(
        at=now,
        summary=SummaryOut(
            workflows=runs["total"],
            workflows_change=rules.change(runs["total"], before["total"]),
            success_rate=rate,
            success_rate_change=rules.change(rate, was),
            average_seconds=runs["average_seconds"],
            average_seconds_change=rules.change(_decimal(runs["average_seconds"]), _decimal(before["average_seconds"])),
            new_users=people["new"],
            new_users_change=rules.change(people["new"], came["new"]),
            active_users=people["active"],
            ai_cost_today=cost,
            ai_cost_change=rules.change(cost, yesterday),
            revenue=[PaidOut(**row) for row in await queries.paid(tx, now - _DAY, now)],
        ),
        recent=[RecentOut(id=str(row["run"])[:8], **row) for row in await queries.recent(tx, 10)],
        ai_usage=[UseOut(provider=name, jobs=jobs) for name, jobs in sorted(used.items(), key=lambda one: -one[1])],
        recommendations=[one for one in await recommendations(tx) if one.due],
    )


async def recommendations(tx: Transaction) -> list[AdviceOut]:
    """ANL-13's limits, and where we are."""
    now, today = tx.now, tx.now.date()
    here = await queries.people(tx, now - _HERE, now)
    cost = await queries.cost_in_all(tx, (now - _MONTH).date(), today + _DAY)
    came, before = await queries.people(tx, now - _MONTH, now), await queries.people(tx, now - 2 * _MONTH, now - _MONTH)
    found = rules.advice(here["active"], cost, rules.change(came["new"], before["new"]))
    return [AdviceOut(**asdict(one), due=one.due) for one in found]


async def cost_projection(tx: Transaction) -> CostProjectionOut:
    """ANL-14 and ANL-15, and the same with what was measured."""
    now, today = tx.now, tx.now.date()
    ordered = await queries.runs(tx, now - _MONTH, now)
    people = await queries.active_in_all(tx, (now - _MONTH).date(), today + _DAY, None)
    cost = await queries.cost_in_all(tx, (now - _MONTH).date(), today + _DAY)
    a_user = a_run = None
    if people and ordered["total"]:
        a_user = (Decimal(ordered["total"]) / people).quantize(rules.CENT, ROUND_HALF_UP)
        a_run = (cost / ordered["total"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    planned = (Decimal(rules.RUNS_A_USER), rules.COST_A_RUN)
    return CostProjectionOut(
        formula="workflows = users x workflows a user; ai = workflows x their cost; total = infrastructure + ai",
        scenarios=[_projected(users, server, *planned) for users, server in rules.SCENARIOS],
        ai_only=[_projected(users, None, *planned) for users in rules.AI_SCENARIOS],
        measured_workflows_per_user=a_user,
        measured_cost_per_workflow=a_run,
        measured=[]
        if a_user is None or a_run is None
        else [_projected(users, server, a_user, a_run) for users, server in rules.SCENARIOS],
    )


async def behaviour(tx: Transaction, since: date, until: date, line: str | None) -> BehaviourOut:
    """What was done on pages, by who agreed to its being counted."""
    rows = await queries.behaviour(tx, _midnight(since), _midnight(until), line)
    return BehaviourOut(items=[BehaviourRow(**row) for row in rows])


async def uptime(tx: Transaction, since: datetime, until: datetime) -> UptimesOut:
    """How services were that are looked at."""
    rows = await queries.uptime(tx, since, until)
    return UptimesOut(items=[UptimeRow(**row, uptime=rules.share(row["well"], row["looks"])) for row in rows])


async def usage(tx: Transaction, since: date, until: date, line: str | None) -> UsageOut:
    """Every day of a period, the empty ones too."""
    number: dict[tuple[date, str], int] = defaultdict(int)
    amount: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for row in await queries.days(tx, since, until, _USED, line):
        number[row["day"], row["measure"]], amount[row["day"], row["measure"]] = row["number"], row["amount"]
    active = {row["day"]: row["people"] for row in await queries.active(tx, since, until, line)}
    days = [since + timedelta(days=n) for n in range((until - since).days)]
    items = [
        UsageRow(
            day=day,
            registered=number[day, "registered"],
            logins=number[day, "logged_in"],
            active=active.get(day, 0),
            uploads=number[day, "uploaded"],
            ordered=number[day, "ordered"],
            completed=number[day, "completed"],
            failed=number[day, "failed"],
            cancelled=number[day, "cancelled"],
            exports=number[day, "kit"],
            ai_cost=amount[day, "cost"],
        )
        for day in days
    ]
    return UsageOut(active=await queries.active_in_all(tx, since, until, line), items=items)


async def funnel(tx: Transaction, since: date, until: date, line: str | None) -> FunnelOut:
    """How far those have come who registered in a period."""
    found = await queries.funnel(tx, _midnight(since), _midnight(until), line)
    previous = dict(zip(_STEPS[1:], _STEPS, strict=False))
    return FunnelOut(
        items=[
            FunnelRow(
                step=step,
                people=found[step],
                of_all=rules.share(found[step], found["registered"]),
                of_previous=rules.share(found[step], found[previous.get(step, step)]),
            )
            for step in _STEPS
        ]
    )


async def providers(tx: Transaction, since: date, until: date) -> ProvidersOut:
    """Quality, speed and cost, by provider and capability."""
    number: dict[tuple[str, str, str], int] = defaultdict(int)
    amount: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    seen: set[tuple[str, str]] = set()
    for row in await queries.providers(tx, since, until):
        key = (row["provider"], row["capability"], row["measure"])
        number[key], amount[key] = row["number"], row["amount"]
        seen.add(key[:2])
    items = [
        ProviderRow(
            provider=name,
            capability=what,
            jobs=number[name, what, "job"],
            average_seconds=_mean(amount[name, what, "job"], number[name, what, "job"]),
            average_score=_mean(amount[name, what, "job_score"], number[name, what, "job_score"]),
            calls=number[name, what, "cost"],
            cost=amount[name, what, "cost"],
            cost_per_job=_mean(amount[name, what, "cost"], number[name, what, "job"]),
            fallbacks=number[name, what, "fallback"],
        )
        for name, what in sorted(seen)
    ]
    return ProvidersOut(items=sorted(items, key=lambda row: -row.cost))


async def cohorts(tx: Transaction, months: int, line: str | None) -> CohortsOut:
    """Who of a month's new users was here in the months after it."""
    today = tx.now.date()
    number = today.year * 12 + today.month - months
    since = date(number // 12, number % 12 + 1, 1)
    sizes, found = await queries.cohorts(tx, _midnight(since), line)
    size = {row["cohort"]: row["people"] for row in sizes}
    return CohortsOut(
        items=[
            CohortRow(
                cohort=row["cohort"],
                month=_months_between(row["cohort"], row["month"]),
                people=row["people"],
                of_cohort=rules.share(row["people"], size[row["cohort"]]),
            )
            for row in found
            if row["month"] >= row["cohort"]
        ]
    )


async def revenue(tx: Transaction, since: date, until: date, line: str | None) -> RevenueOut:
    """What was paid, by month, and what subscriptions bring."""
    return RevenueOut(
        items=[
            RevenueRow(**row, net=row["received"] - row["refunded"])
            for row in await queries.revenue(tx, _midnight(since), _midnight(until), line)
        ],
        recurring=[
            RecurringRow(
                product_line=row["product_line"],
                currency=row["currency"],
                subscriptions=row["subscriptions"],
                monthly=int(row["minor"].to_integral_value(ROUND_HALF_UP)),
            )
            for row in await queries.recurring(tx, line)
        ],
        targets=[TargetOut(when=when, monthly=monthly) for when, monthly in rules.TARGETS],
    )


def _projected(users: int, server: Decimal | None, a_user: Decimal, a_run: Decimal) -> ProjectionOut:
    found = rules.projection(users, server, a_user, a_run)
    return ProjectionOut(
        users=found.users, workflows=found.runs, infrastructure=found.infrastructure, ai=found.ai, total=found.total
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _months_between(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _mean(total: Decimal, number: int) -> Decimal | None:
    return (total / number).quantize(Decimal("0.01"), ROUND_HALF_UP) if number else None


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
