"""What can be bought, for everybody to see, and what administrators make of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field, StrictBool, WithJsonSchema

from billing.plans import service
from billing.plans.book import PlanBook
from chassis.errors import NotAllowed, documented
from chassis.http.inputs import Input, Whole, written_decimal
from chassis.http.outputs import DECIMAL, Amount, Rupees
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.product_line import SAID, Said
from chassis.identity.tokens import AdminCaller
from contracts.enums import Priority, ProductLineKey

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
    trial_days: int = Field(0, description="So many days of a first subscription cost nothing.", examples=[0])
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


admin = APIRouter(prefix="/api/v1/admin/billing", tags=["operations"])

Count = Annotated[Whole, Field(ge=0, le=1_000_000_000)]


Price = Annotated[
    Decimal,
    BeforeValidator(written_decimal),
    Field(ge=0, lt=10**9, decimal_places=2),
    WithJsonSchema({"type": "string", "pattern": DECIMAL}),
]
Budget = Annotated[
    Decimal,
    BeforeValidator(written_decimal),
    Field(ge=0, lt=10**8, decimal_places=4),
    WithJsonSchema({"type": "string", "pattern": DECIMAL}),
]
Key = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,49}$", description="Names the plan within its product line.")]


class PlanIn(Input):
    """What a plan is to be; what is left out stays as it is. Subscribers keep the price they bought."""

    reason: Annotated[str, Field(min_length=1, max_length=500, description="Why; kept with the version.")]
    name: Annotated[str | None, Field(min_length=1, max_length=100, description="For people.")] = None
    description: Annotated[str | None, Field(max_length=1000, description="For people.")] = None
    price_monthly: Annotated[Price | None, Field(description="Of a month, in `currency`.", examples=["499"])] = None
    price_yearly: Annotated[
        Price | None,
        Field(gt=0, description="Of a year, in `currency`; null: by the month only.", examples=["4990"]),
    ] = None
    currency: Annotated[
        str | None, Field(pattern="^[A-Z]{3}$", description="As ISO 4217 says; of a new plan.", examples=["INR"])
    ] = None
    credits_per_month: Annotated[Count | None, Field(description="Given each month.")] = None
    credits_per_minute: Annotated[
        Annotated[Whole, Field(ge=1, le=1000)] | None, Field(description="Price of a minute of video.")
    ] = None
    max_video_seconds: Annotated[
        Annotated[Whole, Field(ge=1, le=1_000_000)] | None,
        Field(description="Longest video; null: as long as it takes."),
    ] = None
    quotas: Annotated[
        dict[str, Annotated[Whole, Field(ge=-1, le=1_000_000_000)]] | None,
        Field(max_length=20, description="Units a month by what is counted; -1 is unlimited."),
    ] = None
    features: Annotated[
        dict[str, bool | int | str] | None, Field(max_length=50, description="What else comes with it.")
    ] = None
    rate_limits: Annotated[
        dict[str, Count] | None, Field(max_length=20, description="Requests an hour by what is limited.")
    ] = None
    run_budget: Annotated[
        Budget | None,
        Field(description="The most that the AI work of one workflow may cost us, in rupees.", examples=["2.5"]),
    ] = None
    priority: Annotated[Priority | None, Field(description="Of its workflows in the queue.")] = None
    trial_days: Annotated[
        Annotated[Whole, Field(ge=0, le=730)] | None, Field(description="Free days of a first subscription.")
    ] = None
    is_active: Annotated[StrictBool | None, Field(description="Sold; who has the plan keeps it when it is not.")] = None


class EditedPlanOut(PlanOut):
    """A plan as administrators see it."""

    product_line: ProductLineKey = Field(description="Whose plan.")
    rate_limits: dict[str, int] = Field(description="Requests an hour by what is limited.", examples=[{}])
    priority: Priority = Field(description="Of its workflows in the queue.")
    is_active: bool = Field(description="Sold; who has the plan keeps it when it is not.")
    version: int = Field(description="Rises with every edit.", examples=[1])


@admin.get("/plans", responses=documented(NotAllowed))
async def list_all_plans(_: AdminCaller, tx: Tx, page: Page) -> Paged[EditedPlanOut]:
    """Every plan of every product line, sold or not."""
    plans = await service.everything(tx)
    return Paged[EditedPlanOut].cut([EditedPlanOut.model_validate(plan, from_attributes=True) for plan in plans], page)


@admin.put("/plans/{product_line}/{plan_type}", responses=documented(NotAllowed, service.PlanIncomplete))
async def edit_plan(
    product_line: ProductLineKey, plan_type: Key, body: PlanIn, admin: AdminCaller, tx: Tx, request: Request
) -> EditedPlanOut:
    """Edit a plan, or make one (BIL-18, BIL-44). The same edit again changes nothing. Copies of entitlements follow
    within two minutes."""
    changes = body.model_dump(exclude_unset=True, exclude={"reason"})
    plan = await service.edit(tx, product_line, plan_type, changes, by=admin.user_id, reason=body.reason)
    book: PlanBook = request.app.state.plans
    tx.after_commit(book.forget)
    return EditedPlanOut.model_validate(plan, from_attributes=True)
