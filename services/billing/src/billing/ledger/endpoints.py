"""What a user sees of credits and usage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from billing.ledger import queries, rules
from billing.ledger.rules import Account
from billing.plans.book import PlanBook
from billing.plans.catalogue import UNLIMITED, Plan
from chassis.errors import NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1", tags=["billing"])


class BalanceOut(BaseModel):
    """Credits: ``balance`` is settled, ``reserved`` is held for running work, ``available`` is the difference.

    ``bought`` is the part of ``available`` that outlives the month.
    """

    product_line: str
    plan_type: str
    balance: int
    reserved: int
    available: int
    bought: int
    credits_per_minute: int | None


class TransactionOut(BaseModel):
    """One entry of the ledger; negative is spent."""

    id: int
    transaction_type: str
    amount: int
    description: str
    reference: UUID | None
    created_at: datetime


class MeterOut(BaseModel):
    """Use of one quota this month; a limit of -1 is unlimited."""

    used: int
    limit: int
    left: int | None


class UsageOut(BaseModel):
    """What was used this month, and what to do when it is not enough."""

    product_line: str
    plan_type: str
    period_start: datetime
    period_end: datetime
    meters: dict[str, MeterOut]
    credits_available: int
    upgrade_to: list[str]


async def _account(request: Request, caller: Caller, tx: Tx) -> Account:
    account = await queries.account(tx, caller.user_id, caller.product_line)
    if account is None:
        raise NotFound(f"There is no {caller.product_line} account yet; it is opened with the first order in it.")
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    # Shown as it will be: the month may have ended with no request since.
    return rules.roll_period(account, book.get(account.product_line, account.plan_type), tx.now).account


OwnAccount = Annotated[Account, Depends(_account)]


def _plan(request: Request, account: Account) -> Plan:
    book: PlanBook = request.app.state.plans
    return book.get(account.product_line, account.plan_type)


@router.get("/billing/credits/balance", responses=documented(NotFound))
async def read_balance(request: Request, account: OwnAccount) -> BalanceOut:
    """The caller's credits in the product line of the session (BIL-12)."""
    return BalanceOut(
        product_line=account.product_line,
        plan_type=account.plan_type,
        balance=account.settled,
        reserved=account.held,
        available=account.available,
        bought=account.bought,
        credits_per_minute=_plan(request, account).credits_per_minute,
    )


@router.get("/billing/credits/transactions", responses=documented(NotFound))
async def list_transactions(account: OwnAccount, page: Page, tx: Tx) -> Paged[TransactionOut]:
    """The caller's ledger, newest first (BIL-14)."""
    rows, total = await queries.entries(tx, account.name, page)
    items = [
        TransactionOut(
            id=row["id"],
            transaction_type=row["kind"],
            amount=row["credits"],
            description=row["description"],
            reference=row["reference"],
            created_at=row["created_at"],
        )
        for row in rows
    ]
    return Paged.of(items, total, page)


@router.get("/usage/current", responses=documented(NotFound))
async def read_usage(request: Request, account: OwnAccount) -> UsageOut:
    """Quotas used and left this month (BIL-15)."""
    plan = _plan(request, account)
    book: PlanBook = request.app.state.plans
    meters = {
        meter: MeterOut(
            used=account.used.get(meter, 0),
            limit=limit,
            left=None if limit == UNLIMITED else max(0, limit - account.used.get(meter, 0)),
        )
        for meter, limit in plan.quotas.items()
    }
    near = [name for name, meter in meters.items() if meter.limit != UNLIMITED and meter.used >= 0.8 * meter.limit]
    upgrades = [plan_type for name in near for plan_type in book.above(account.product_line, account.plan_type, name)]
    return UsageOut(
        product_line=account.product_line,
        plan_type=account.plan_type,
        period_start=account.period_start,
        period_end=account.period_end,
        meters=meters,
        credits_available=account.available,
        upgrade_to=list(dict.fromkeys(upgrades)),
    )
