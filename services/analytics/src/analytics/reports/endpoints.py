"""The owner's reports, for administrators. Revenue is from payments, cost from what providers took."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from analytics.reports import schemas, service
from analytics.reports.table import PARQUET, Format, file_of
from chassis.errors import Invalid, NotAllowed, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from contracts.enums import ProductLineKey

router = APIRouter(prefix="/api/v1/analytics", tags=["operations"], responses=documented(NotAllowed))

LONGEST_DAYS = 400
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)

Hours = Annotated[int, Query(ge=1, le=24 * 31, description="The last so many.")]
Line = Annotated[ProductLineKey | None, Query(description="Only of this one; else of all together.")]
As = Annotated[
    Format, Query(alias="format", description="As JSON, or the rows as a file: for a spreadsheet, or with their types.")
]
Months = Annotated[int, Query(ge=1, le=36, description="So many months back, this one included.")]

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


class Period:
    """Days, the last one included. Without any, the last thirty."""

    def __init__(
        self,
        tx: Tx,
        since: Annotated[date | None, Query(description="From this day on.", examples=["2026-11-01"])] = None,
        until: Annotated[date | None, Query(description="Up to this day.", examples=["2026-11-30"])] = None,
    ) -> None:
        last = until or tx.now.date()
        for name, day in (("since", since), ("until", until)):
            if day is not None and not _EARLIEST <= day <= _LATEST:
                raise Invalid("There is nothing of that time.", fields={name: "lies before 2000 or after 2199"})
        self.since = since or max(_EARLIEST, last - timedelta(days=29))
        if self.since > last:
            raise Invalid("The period ends before it begins.", fields={"since": "lies after until"})
        self.until = last + timedelta(days=1)
        if (self.until - self.since).days > LONGEST_DAYS:
            raise Invalid(
                f"A period has at most {LONGEST_DAYS} days. Ask for less.", fields={"since": "is too long before until"}
            )


Days = Annotated[Period, Depends(Period)]


@router.get("/report")
async def get_business_report(_: AdminCaller, tx: Tx, hours: Hours = 24) -> schemas.ReportOut:
    """The last hours: workflows, users, outside services, cost, quality."""
    return await service.report(tx, hours)


@router.get("/dashboard")
async def get_business_dashboard(_: AdminCaller, tx: Tx) -> schemas.DashboardOut:
    """The last day against the one before, the newest runs, what is due."""
    return await service.dashboard(tx)


@router.get("/scaling-recommendations")
async def get_scaling_advice(_: AdminCaller, tx: Tx) -> schemas.RecommendationsOut:
    """When to scale what, and whether it is time."""
    return schemas.RecommendationsOut(items=await service.recommendations(tx))


@router.get("/cost-projection")
async def get_cost_projection(_: AdminCaller, tx: Tx) -> schemas.CostProjectionOut:
    """What months with more users would cost, as planned and as measured."""
    return await service.cost_projection(tx)


@router.get("/usage", responses=_FILES, response_model=schemas.UsageOut)
async def get_business_usage(_: AdminCaller, tx: Tx, days: Days, product_line: Line = None, form: As = "json") -> Any:
    """What was done, day by day."""
    found = await service.usage(tx, days.since, days.until, product_line)
    return _as(form, "usage", schemas.UsageRow, found)


@router.get("/funnel", responses=_FILES, response_model=schemas.FunnelOut)
async def get_business_funnel(_: AdminCaller, tx: Tx, days: Days, product_line: Line = None, form: As = "json") -> Any:
    """How far those have come who registered in the period."""
    found = await service.funnel(tx, days.since, days.until, product_line)
    return _as(form, "funnel", schemas.FunnelRow, found)


@router.get("/providers", responses=_FILES, response_model=schemas.ProvidersOut)
async def get_provider_figures(_: AdminCaller, tx: Tx, days: Days, form: As = "json") -> Any:
    """Quality, speed and cost of providers."""
    found = await service.providers(tx, days.since, days.until)
    return _as(form, "providers", schemas.ProviderRow, found)


@router.get("/cohorts", responses=_FILES, response_model=schemas.CohortsOut)
async def get_business_cohorts(
    _: AdminCaller, tx: Tx, months: Months = 6, product_line: Line = None, form: As = "json"
) -> Any:
    """Who of each month's new users comes back in the months after it."""
    found = await service.cohorts(tx, months, product_line)
    return _as(form, "cohorts", schemas.CohortRow, found)


@router.get("/revenue", responses=_FILES, response_model=schemas.RevenueOut)
async def get_business_revenue(_: AdminCaller, tx: Tx, days: Days, product_line: Line = None, form: As = "json") -> Any:
    """What was paid by month, and what subscriptions bring a month."""
    found = await service.revenue(tx, days.since, days.until, product_line)
    return _as(form, "revenue", schemas.RevenueRow, found)


@router.get("/behaviour", responses=_FILES, response_model=schemas.BehaviourOut)
async def get_client_behaviour(_: AdminCaller, tx: Tx, days: Days, product_line: Line = None, form: As = "json") -> Any:
    """What was done on pages, of who agreed to its being counted."""
    found = await service.behaviour(tx, days.since, days.until, product_line)
    return _as(form, "behaviour", schemas.BehaviourRow, found)


@router.get("/uptime", responses=_FILES, response_model=schemas.UptimesOut)
async def get_service_uptime(_: AdminCaller, tx: Tx, hours: Hours = 24, form: As = "json") -> Any:
    """How services were that are looked at."""
    found = await service.uptime(tx, tx.now - timedelta(hours=hours), tx.now)
    return _as(form, "uptime", schemas.UptimeRow, found)


def _as(form: Format, name: str, kind: Any, found: Any) -> Response | Any:
    return found if form == "json" else file_of(form, name, kind, found.items)
