"""What can be bought; public."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from billing.plans.book import PlanBook
from chassis.http.outputs import Amount, Rupees
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.product_line import SAID, Said
from contracts.enums import ProductLineKey

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


class PlanOut(BaseModel):
    """One plan. Quotas are units a month, -1 is unlimited."""

    plan_type: str = Field(description="Names the plan within its product line.", examples=["starter"])
    name: str = Field(description="For people.", examples=["Starter"])
    description: str = Field(description="For people.", examples=["Thirty talking videos a month."])
    price_monthly: Amount = Field(description="Of a month, in `currency`.", examples=["499"])
    price_yearly: Amount | None = Field(
        description="Of a year, in `currency`; null: by the month only.", examples=["4990"]
    )
    currency: str = Field(description="Of the prices, as ISO 4217 says.", examples=["INR"])
    credits_per_month: int = Field(description="Given each month.", examples=[30])
    credits_per_minute: int | None = Field(description="Price of a minute of video; null where videos have one price.")
    max_video_seconds: int | None = Field(description="Longest video; null: as long as it takes.", examples=[60])
    quotas: dict[str, int] = Field(
        description="Units a month by what is counted; -1 is unlimited.", examples=[{"workflows": 30}]
    )
    features: dict[str, Any] = Field(description="What else comes with it.")
    run_budget: Rupees = Field(description="The most that the AI work of one workflow may cost us, in rupees.")


@router.get("/plans", openapi_extra=SAID)
async def list_plans(
    request: Request,
    response: Response,
    tx: Tx,
    page: Page,
    said: Said,
    product_line: Annotated[
        ProductLineKey | None, Query(description="Whose plans; without it those of the request's own product line.")
    ] = None,
) -> Paged[PlanOut]:
    """The plans of a product line, cheapest first (BIL-01). Empty for a product line that sells nothing yet."""
    line = product_line or said or request.app.state.settings.default_product_line
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    response.headers["Cache-Control"] = "public, max-age=300"
    if product_line is None:
        response.headers["Vary"] = "Authorization, Host, X-Product-Line"
    plans = [PlanOut.model_validate(plan, from_attributes=True) for plan in book.of(line)]
    return Paged[PlanOut].cut(plans, page)
