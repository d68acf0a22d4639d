"""Giving credits and giving money back, for administrators."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from billing.desk import service
from billing.ledger.models import USUAL_PRIORITY
from billing.payments.money import Money
from billing.sales import errors
from chassis.errors import NotAllowed, documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.inputs import Input, Moment, Whole
from chassis.http.requests import Tx
from chassis.http.routes import LEADS_NOWHERE
from chassis.identity.tokens import AdminCaller
from contracts.enums import ProductLineKey

router = APIRouter(prefix="/api/v1/admin/billing", tags=["operations"])

Reason = Annotated[str, Field(min_length=1, max_length=400, description="Why; its owner sees it.")]


class NothingThere(errors.NotSold):
    """Nobody can have an account in this product line."""


class GrantIn(Input):
    """Promotional credits to be given; they are spent before paid ones of the same priority."""

    user_id: UUID = Field(description="To whom.")
    product_line: ProductLineKey = Field(description="Where.")
    credits: Annotated[int, Field(ge=1, le=1_000_000, description="How many.", examples=[10])]
    reason: Reason
    expires_at: Annotated[Moment | None, Field(description="When they end; null: they last.")] = None
    priority: Annotated[
        Whole, Field(ge=0, le=100, description="Lower ones are spent first; the plan's own and bought ones have 50.")
    ] = USUAL_PRIORITY


class GrantOut(BaseModel):
    """Credits that were given."""

    id: UUID = Field(description="Of the decision.")
    credits_balance: int = Field(description="Settled credits with them.", examples=[13])


class CreditsBackIn(Input):
    """Credits that were spent, to be given back."""

    hold_id: UUID = Field(description="Of the hold that they were captured from.")
    credits: Annotated[
        Annotated[Whole, Field(ge=1, le=1_000_000)] | None,
        Field(description="How many; null: all that are left.", examples=[1]),
    ] = None
    reason: Reason


class CreditsBackOut(BaseModel):
    """Credits that were given back, to the grants that they had been taken out of."""

    id: UUID = Field(description="Of the decision.")
    credits: int = Field(description="How many.", examples=[1])
    credits_left: int = Field(description="Of the capture, not given back.", examples=[0])


class RefundIn(Input):
    """Money to be given back."""

    payment_id: UUID = Field(description="Of which payment.")
    amount: Annotated[
        Decimal | None, Field(gt=0, lt=10**9, decimal_places=3, description="How much; null: all that is left.")
    ] = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="Of the amount.", examples=["INR"])] = "INR"
    reason: Reason


class RefundOut(BaseModel):
    """Money is on its way back."""

    id: UUID = Field(description="Of the decision.")
    payment_id: UUID = Field(description="Of which payment.")


@router.post(
    "/grants",
    status_code=201,
    responses=documented(NotAllowed, KeyReused, NothingThere),
    openapi_extra=LEADS_NOWHERE,
)
async def give_credits(
    request: Request,
    body: GrantIn,
    admin: AdminCaller,
    tx: Tx,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> GrantOut:
    """Give somebody credits."""
    try:
        given, replayed = await service.give(
            tx,
            request.app.state.ledger,
            user_id=body.user_id,
            product_line=body.product_line,
            credits=body.credits,
            reason=body.reason,
            by=admin.user_id,
            key=idempotency_key,
            expires_at=body.expires_at,
            priority=body.priority,
        )
    except LookupError:
        raise NothingThere("Nobody can have an account there.", fields={"product_line": "is not sold"}) from None
    mark(response, replayed=replayed)
    return GrantOut.model_validate(given, from_attributes=True)


@router.post(
    "/credit-refunds",
    status_code=201,
    responses=documented(NotAllowed, KeyReused, service.HoldNotFound, service.NothingSpent),
    openapi_extra=LEADS_NOWHERE,
)
async def give_credits_back(
    request: Request,
    body: CreditsBackIn,
    admin: AdminCaller,
    tx: Tx,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CreditsBackOut:
    """Give credits of a capture back; with the last of them, what it counted for in its month."""
    given, replayed = await service.give_back(
        tx,
        request.app.state.ledger,
        hold_id=body.hold_id,
        credits=body.credits,
        reason=body.reason,
        by=admin.user_id,
        key=idempotency_key,
    )
    mark(response, replayed=replayed)
    return CreditsBackOut.model_validate(given, from_attributes=True)


@router.post(
    "/refunds",
    status_code=202,
    responses=documented(
        NotAllowed,
        KeyReused,
        service.PaymentNotFound,
        service.NotRefundable,
        service.NotAnAmount,
        errors.NotAccepted,
        errors.Declined,
        errors.ProcessorAway,
        errors.NothingForSale,
    ),
    openapi_extra=LEADS_NOWHERE,
)
async def give_money_back(
    request: Request, body: RefundIn, admin: AdminCaller, response: Response, idempotency_key: IdempotencyKey = None
) -> RefundOut:
    """Give money of a payment back; credits that it bought are taken back as far as they are not spent."""
    if request.app.state.processor is None:
        raise errors.NothingForSale("No payment processor is connected.")
    refunding, replayed = await service.refund(
        request.app.state.database,
        request.app.state.processor,
        payment_id=body.payment_id,
        money=Money(body.amount, body.currency) if body.amount is not None else None,
        reason=body.reason,
        by=admin.user_id,
        key=idempotency_key,
    )
    mark(response, replayed=replayed)
    return RefundOut.model_validate(refunding, from_attributes=True)
