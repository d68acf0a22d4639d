"""Holds and entitlements for our other services, over HTTP (BIL-17). No path of the public API: the gateway lets nobody
here, and each request comes with the token of whoever it is for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from billing.ledger import answers, periods, queries
from billing.ledger.answers import Answer
from billing.ledger.models import HoldState
from billing.ledger.service import Ledger
from billing.plans.book import PlanBook
from chassis.errors import Conflict, NotFound, PaymentNeeded, documented
from chassis.http.inputs import Input, Whole
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.billing import (
    CaptureCredits,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability

router = APIRouter(prefix="/internal", include_in_schema=False)

Credits = Annotated[Whole, Field(ge=0, le=1_000_000)]
Cost = Annotated[Decimal, Field(ge=0, lt=10**8, decimal_places=4)]


class Refused(PaymentNeeded):
    """Plan and credits do not cover this; the details say why, and which plans do."""

    code = "reservation_refused"


class AlreadyEnded(Conflict):
    """This hold has ended; the details say how."""

    code = "hold_ended"


class HoldNotFound(NotFound):
    """There is no such hold, or it belongs to someone else."""

    code = "hold_not_found"


class ReservationIn(Input):
    """What is to be set aside for a run, or for a single AI job where ``capability`` says what it does."""

    reservation_id: UUID
    subject_id: UUID
    credits: Credits
    capability: Capability | None = None
    meter: Annotated[str | None, Field(max_length=50)] = None
    units: Annotated[Whole, Field(ge=0, le=1_000_000)] = 0
    estimated_cost: Cost = Decimal(0)
    least_cost: Cost | None = None
    max_credits: Credits | None = None
    quote_id: UUID | None = None
    ends_by: datetime | None = None


class CaptureIn(Input):
    """What was delivered of it."""

    credits: Credits
    actual_cost: Cost = Decimal(0)


class ReleaseIn(Input):
    """Why nothing was."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class HoldOut(BaseModel):
    """A hold as it is now."""

    reservation_id: UUID
    subject_id: UUID
    state: HoldState
    credits: int
    captured: int
    refunded: int
    meter: str | None
    units: int
    expires_at: datetime


class FeatureOut(BaseModel):
    """Whether a plan has a feature, its value, and which plans have it."""

    feature: str
    allowed: bool
    value: bool | int | str | None
    plans: list[str]


@router.post("/reservations", status_code=201, responses=documented(Refused, AlreadyEnded))
async def reserve(body: ReservationIn, caller: Caller, request: Request, response: Response, tx: Tx) -> HoldOut:
    """Set credits aside for the caller; asking again for the same reservation repeats the answer."""
    if await queries.hold(tx, body.reservation_id) is not None:
        await _own(body.reservation_id, caller.user_id, tx)
    command = ReserveCredits(
        reservation_id=body.reservation_id,
        run_id=body.subject_id,
        user_id=caller.user_id,
        product_line=caller.product_line,
        run_ends_by=body.ends_by,
        **body.model_dump(exclude={"reservation_id", "subject_id", "ends_by"}),
    )
    answer = await _ledger(request).decide(command, tx)
    if isinstance(answer, ReservationRefused):
        raise Refused(answer.message, details=_why(answer))
    if not isinstance(answer, CreditsReserved):
        raise AlreadyEnded("It was released before it was made.", details={"state": "released"})
    response.headers["Location"] = f"/internal/reservations/{body.reservation_id}"
    return await _own(body.reservation_id, caller.user_id, tx)


@router.get("/reservations/{reservation_id}", responses=documented(HoldNotFound))
async def read_hold(reservation_id: UUID, caller: Caller, tx: Tx) -> HoldOut:
    """A hold of the caller's."""
    return await _own(reservation_id, caller.user_id, tx)


@router.post("/reservations/{reservation_id}/capture", responses=documented(HoldNotFound, AlreadyEnded))
async def capture(reservation_id: UUID, body: CaptureIn, caller: Caller, request: Request, tx: Tx) -> HoldOut:
    """Spend what was held, for what was delivered; the rest is released. Again is harmless."""
    held = await _own(reservation_id, caller.user_id, tx)
    command = CaptureCredits(
        reservation_id=reservation_id, run_id=held.subject_id, credits=body.credits, actual_cost=body.actual_cost
    )
    answer: Answer = await _ledger(request).decide(command, tx)
    if isinstance(answer, CreditsReleased):
        raise AlreadyEnded("Nothing is held any more.", details={"state": answer.reason})
    return await _own(reservation_id, caller.user_id, tx)


@router.post("/reservations/{reservation_id}/release", responses=documented(HoldNotFound))
async def release(reservation_id: UUID, body: ReleaseIn, caller: Caller, request: Request, tx: Tx) -> HoldOut:
    """Give back what is held; what is not held any more stays as it ended."""
    held = await _own(reservation_id, caller.user_id, tx)
    command = ReleaseCredits(reservation_id=reservation_id, run_id=held.subject_id, reason=body.reason)
    await _ledger(request).decide(command, tx)
    return await _own(reservation_id, caller.user_id, tx)


@router.get("/entitlements", responses=documented(NotFound))
async def read_entitlements(caller: Caller, request: Request, tx: Tx) -> EntitlementsChanged:
    """What the caller may do in the session's product line, as every copy of it is told."""
    account = await queries.account(tx, caller.user_id, caller.product_line)
    if account is None:
        raise NotFound(f"There is no {caller.product_line} account yet.")
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    opening = book.opening(account.product_line, request.app.state.settings.opening_plan)
    plan = book.get(account.product_line, account.plan_type)
    return answers.entitlements(periods.roll_period(account, plan, tx.now, opening).account, book)


@router.get("/features/{feature}", responses=documented(NotFound))
async def check_feature(feature: str, caller: Caller, request: Request, tx: Tx) -> FeatureOut:
    """Whether the caller's plan has a feature."""
    told = await read_entitlements(caller, request, tx)
    value = told.features.get(feature)
    return FeatureOut(feature=feature, allowed=bool(value), value=value, plans=list(told.plans_with.get(feature, ())))


def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


async def _own(hold_id: UUID, user_id: UUID, tx: Tx) -> HoldOut:
    held = await queries.hold(tx, hold_id)
    if held is None or held.user_id != user_id:
        raise HoldNotFound("There is no such hold.")
    return HoldOut(
        reservation_id=held.id,
        subject_id=held.run_id,
        **{name: getattr(held, name) for name in HoldOut.model_fields if name not in ("reservation_id", "subject_id")},
    )


def _why(refused: ReservationRefused) -> dict[str, Any]:
    return refused.model_dump(mode="json", include={"reason", "limit", "used", "upgrade_to", "anew_at"})
