"""What buyers send and see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from billing.sales.models import BillingInterval, PurchaseKind
from chassis.http.inputs import Input
from chassis.http.outputs import Amount, Link
from contracts.enums import ProductLineKey

PlanKey = Annotated[
    str, Field(min_length=1, max_length=50, description="A plan of the session's product line.", examples=["starter"])
]
Return = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="A page of this platform; `{CHECKOUT_SESSION_ID}` in it is filled in.",
        examples=["http://127.0.0.1:8000/"],
    ),
]
Interval = Annotated[BillingInterval, Field(description="How often it is paid for.", examples=["month"])]


class CheckoutIn(Input):
    """A plan to be bought."""

    plan: PlanKey
    interval: Interval = "month"
    success_url: Return
    cancel_url: Return


class TopUpIn(Input):
    """Credits to be bought, by the plan whose credits they are."""

    plan_type: PlanKey
    use_stored_method: bool = Field(
        True,
        description="Charge the way to pay that is stored, at once, where the request has an Idempotency-Key; false: "
        "pay on a page in any case.",
    )
    success_url: Return | None = Field(None, description="Where to go when it is paid; without it the front page.")
    cancel_url: Return | None = Field(None, description="Where to go when it is not; without it the front page.")


class ChangeIn(Input):
    """The plan that is wanted instead."""

    plan: PlanKey
    interval: Interval = "month"


class CancelIn(Input):
    """When a subscription is to end."""

    at_once: bool = Field(False, description="Now, and not with the period that is paid for.")


class PortalIn(Input):
    """Where to return to."""

    return_url: Return


class CheckoutOut(BaseModel):
    """A purchase and the page where it is paid for."""

    id: UUID = Field(description="Of the purchase.")
    kind: PurchaseKind = Field(description="What is bought.", examples=["plan"])
    plan_type: str = Field(description="The plan.", examples=["starter"])
    amount: Amount = Field(description="In `currency`, before tax.")
    currency: str = Field(description="As ISO 4217 says.", examples=["INR"])
    status: str = Field(description="`open` while it can be paid for.", examples=["open"])
    checkout_id: str | None = Field(description="The processor's id of the page.", examples=["cs_test_a1"])
    checkout_url: Link | None = Field(description="Where to pay.")
    trial_days: int = Field(description="So many days cost nothing.", examples=[0])


class TopUpOut(BaseModel):
    """The account after credits were bought."""

    credits_balance: int = Field(description="Settled credits.", examples=[33])
    plan_type: str = Field(description="The plan, for a month.", examples=["standard"])
    message: str = Field(description="For people.", examples=["30 credits were added."])


class PortalOut(BaseModel):
    """A short-lived link."""

    url: Link = Field(description="Where cards are changed and invoices shown.")


class NextInvoiceOut(BaseModel):
    """What will be charged next, before tax."""

    amount: Amount = Field(description="In `currency`.")
    currency: str = Field(description="As ISO 4217 says.", examples=["INR"])
    due_at: datetime = Field(description="When.")


class SubscriptionOut(BaseModel):
    """The plan somebody is on, and how it goes on."""

    product_line: ProductLineKey = Field(description="Where.")
    plan: str = Field(description="The plan.", examples=["starter"])
    status: Literal["incomplete", "trialing", "active", "past_due", "cancelled", "expired"] = Field(
        description="`active` for the plan that costs nothing.", examples=["active"]
    )
    interval: BillingInterval | None = Field(description="How often it is paid for; null: never.")
    current_period_start: datetime = Field(description="When this billing month began.")
    current_period_end: datetime = Field(description="When the next one begins.")
    paid_until: datetime | None = Field(description="Until when it is paid for; null: it costs nothing.")
    cancel_at_period_end: bool = Field(description="It ends then.")
    ends_at: datetime | None = Field(description="When it ends, where that is decided.")
    trial_ends_at: datetime | None = Field(description="Until when it costs nothing; null: no trial.")
    next_plan: str | None = Field(description="The plan from the next renewal on, where it changes.")
    change_pending: bool = Field(description="A larger plan waits for its payment.")
    limits: dict[str, int] = Field(description="Units a month by meter; -1 is unlimited.", examples=[{"workflows": 30}])
    used: dict[str, int] = Field(description="Of those.", examples=[{"workflows": 2}])
    next_invoice: NextInvoiceOut | None = Field(description="Null: nothing will be charged.")
