"""What can be bought; public."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from billing.plans.book import PlanBook
from chassis.http.requests import Tx
from chassis.identity.product_line import SAID, Said

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


class PlanOut(BaseModel):
    """One plan. Quotas are units a month, -1 is unlimited."""

    plan_type: str
    name: str
    description: str
    price_monthly: Decimal
    price_yearly: Decimal | None
    currency: str
    credits_per_month: int
    credits_per_minute: int | None
    max_video_seconds: int | None
    quotas: dict[str, int]
    features: dict[str, Any]
    run_budget: Decimal


@router.get("/plans", openapi_extra=SAID)
async def list_plans(
    request: Request,
    response: Response,
    tx: Tx,
    said: Said,
    product_line: Annotated[
        str | None,
        Query(description="One of the four products; without it the request's own.", examples=["talkingphoto"]),
    ] = None,
) -> list[PlanOut]:
    """The plans of a product line, cheapest first (BIL-01). Empty for a product line that sells nothing yet."""
    line = product_line or said or request.app.state.settings.default_product_line
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    response.headers["Cache-Control"] = "public, max-age=300"
    if product_line is None:
        response.headers["Vary"] = "Authorization, Host, X-Product-Line"
    return [PlanOut.model_validate(plan, from_attributes=True) for plan in book.of(line)]
