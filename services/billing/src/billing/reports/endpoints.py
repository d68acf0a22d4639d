"""The owner's reports, for administrators."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from billing.plans.book import PlanBook
from billing.reports import queries, rules, service
from chassis.errors import Invalid, NotAllowed, documented
from chassis.http.inputs import Moment
from chassis.http.outputs import Amount, Rupees
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from contracts.enums import ProductLineKey

router = APIRouter(prefix="/api/v1/admin/billing/reports", tags=["operations"])

Percent = Annotated[Decimal | None, Field(description="Percent; null of nothing.", examples=["86.4"])]
Since = Annotated[Moment, Query(description="From this moment on.")]
Until = Annotated[Moment, Query(description="Before this moment.")]


class UnitCostOut(BaseModel):
    """What a plan's minutes of film cost and what is left of its price, a month."""

    plan_type: str = Field(description="The plan.", examples=["standard"])
    currency: str = Field(description="Of all amounts.", examples=["USD"])
    price: Amount = Field(description="Of a month, in `currency`.")
    minutes: int = Field(description="Minutes that its credits pay for.", examples=[10])
    cost: Amount = Field(description="Of those minutes, in `currency`.")
    profit: Amount = Field(description="What is left; negative for the free plan.")
    margin: Percent


class EstimateOut(BaseModel):
    """A month as it is planned, in rupees."""

    ai: Rupees = Field(description="AI work.")
    hosting: Rupees = Field(description="Hosting.")
    storage: Rupees = Field(description="Storage.")
    database: Rupees = Field(description="Database.")
    monitoring: Rupees = Field(description="Monitoring.")
    payment_fees: Rupees = Field(description="Of the payment processor.")
    total: Rupees = Field(description="All of it.")
    cost_per_user: Rupees = Field(description="Of the total.")
    cost_per_workflow: Rupees = Field(description="Of the total.")
    revenue: Rupees = Field(description="Projected.")
    margin: Percent


class MarginOut(BaseModel):
    """What a product line received, and what is left of it."""

    product_line: ProductLineKey = Field(description="Whose.")
    currency: str = Field(description="Of all amounts.", examples=["INR"])
    payments: int = Field(description="How many.", examples=[12])
    received: Amount = Field(description="With tax.")
    refunded: Amount = Field(description="Of that, given back.")
    fees: Amount = Field(description="Of the payment processor: 2.9 percent and 3 rupees each.")
    ai_cost: Amount = Field(description="What AI work cost, in `currency` by the configured rate.")
    profit: Amount = Field(description="What is left.")
    margin: Percent


class UserCostOut(BaseModel):
    """What the AI work of one user cost."""

    user_id: UUID = Field(description="Whose.")
    cost: Rupees = Field(description="To four places.")
    attempts: int = Field(description="Calls of providers.", examples=[7])


class BadPeriod(Invalid):
    """A report is for a period that ends after it begins."""

    code = "bad_period"


def _checked(since: datetime, until: datetime) -> None:
    if since >= until:
        raise BadPeriod("A report's period ends after it begins.", fields={"until": "after `since`"})


@router.get("/unit-costs", responses=documented(NotAllowed))
async def unit_costs(_: AdminCaller, request: Request, tx: Tx, page: Page) -> Paged[UnitCostOut]:
    """What the minutes of Film Studio's plans cost (BIL-62)."""
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    found = [rules.unit_cost(plan) for plan in book.of(ProductLineKey.FILMSTUDIO)]
    return Paged[UnitCostOut].cut([UnitCostOut.model_validate(each, from_attributes=True) for each in found], page)


@router.get("/estimate", responses=documented(NotAllowed))
async def cost_estimate(
    _: AdminCaller,
    users: Annotated[int, Query(ge=0, le=10**9, description="How many.")],
    workflows: Annotated[int, Query(ge=0, le=10**9, description="A month, of all users together.")],
) -> EstimateOut:
    """What a month of TalkingPhoto would cost and earn (BIL-63)."""
    return EstimateOut.model_validate(rules.estimate(users, workflows), from_attributes=True)


@router.get("/margins", responses=documented(NotAllowed, BadPeriod))
async def margins(_: AdminCaller, request: Request, tx: Tx, page: Page, since: Since, until: Until) -> Paged[MarginOut]:
    """What was received and what is left of it, by product line and currency (BIL-18, BIL-64)."""
    _checked(since, until)
    found = await service.margins(tx, since, until, request.app.state.settings.rupees_per_dollar)
    return Paged[MarginOut].cut([MarginOut.model_validate(each, from_attributes=True) for each in found], page)


@router.get("/users", responses=documented(NotAllowed, BadPeriod))
async def user_costs(_: AdminCaller, tx: Tx, page: Page, since: Since, until: Until) -> Paged[UserCostOut]:
    """What the AI work of each user cost in a period, the dearest first (BIL-65)."""
    _checked(since, until)
    rows, total = await queries.by_user(tx, since, until, page)
    return Paged[UserCostOut].of([UserCostOut.model_validate(dict(row)) for row in rows], total, page)
