"""What a user sees of credits and usage."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from billing.ledger import meters, periods, queries
from billing.ledger.grants import burn_order
from billing.ledger.models import Account, Category
from billing.plans.book import PlanBook
from billing.plans.catalogue import UNLIMITED, Plan
from billing.usage import queries as usage
from chassis.errors import NotFound, documented
from chassis.http.outputs import Rupees
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import ProductLineKey

router = APIRouter(prefix="/api/v1", tags=["billing"])


class GrantOut(BaseModel):
    """What is left of credits that were given or bought at one time."""

    category: Category = Field(description="`promotional` ones are spent before paid ones.", examples=["plan"])
    credits: int = Field(description="Left of it and not held.", examples=[2])
    since: datetime = Field(description="When it was given; of a plan's, when its month began.")
    expires_at: datetime | None = Field(description="When it ends; null: it lasts.")
    priority: int = Field(description="Lower ones are spent first.", examples=[50])


class BalanceOut(BaseModel):
    """Credits: ``balance`` is settled, ``reserved`` is held for running work, ``available`` is the difference.

    ``bought`` is the part of ``available`` that outlives the month.
    """

    product_line: ProductLineKey = Field(description="Whose credits these are.")
    plan_type: str = Field(description="The plan there.", examples=["free"])
    balance: int = Field(description="Settled credits.", examples=[3])
    reserved: int = Field(description="Held for work under way.", examples=[1])
    available: int = Field(description="What can be spent.", examples=[2])
    bought: int = Field(description="Of those, what outlives the month.", examples=[0])
    credits_per_minute: int | None = Field(description="Price of a minute of video; null where videos have one price.")
    grants: list[GrantOut] = Field(description="What is available, by where it came from, in the order of spending.")


class TransactionOut(BaseModel):
    """One entry of the ledger; negative is spent."""

    id: int = Field(description="Of the entry; a later one is larger.")
    transaction_type: str = Field(description="Why the balance changed.", examples=["grant"])
    amount: int = Field(description="Credits; negative is spent.", examples=[3])
    balance_after: int = Field(description="Settled credits with it.", examples=[3])
    description: str = Field(description="For people.", examples=["Credits of the month"])
    reference: UUID | None = Field(description="The workflow or payment it belongs to.")
    created_at: datetime = Field(description="When it happened.")


class MeterOut(BaseModel):
    """Use of one meter this month; a limit of -1 is unlimited, or leaves it to the credits."""

    used: int = Field(description="Units used this month.", examples=[1])
    limit: int = Field(description="Units of a month; -1 is unlimited.", examples=[3])
    left: int | None = Field(description="Units left; null: unlimited.", examples=[2])


class UsageOut(BaseModel):
    """What was used this month, and what to do when it is not enough."""

    product_line: ProductLineKey = Field(description="Where it was used.")
    plan_type: str = Field(description="The plan there.", examples=["free"])
    period_start: datetime = Field(description="When this month began.")
    period_end: datetime = Field(description="When the next one begins.")
    meters: dict[str, MeterOut] = Field(description="By what is counted, such as `workflows`.")
    credits_available: int = Field(description="What can be spent.", examples=[2])
    credits_used: int = Field(description="Credits spent this month on what was delivered.", examples=[1])
    cost_incurred: Rupees = Field(description="What its AI work cost us.")
    upgrade_to: list[str] = Field(description="Plans that allow more, when little is left.", examples=[["starter"]])


async def _account(request: Request, caller: Caller, tx: Tx) -> Account:
    account = await queries.account(tx, caller.user_id, caller.product_line)
    if account is None:
        raise NotFound(f"There is no {caller.product_line} account yet; it is opened with the first order in it.")
    book: PlanBook = request.app.state.plans
    await book.load(tx)
    # Shown as it will be: the month may have ended with no request since.
    opening = book.opening(account.product_line, request.app.state.settings.opening_plan)
    return periods.roll_period(account, book.get(account.product_line, account.plan_type), tx.now, opening).account


OwnAccount = Annotated[Account, Depends(_account)]


def _plan(request: Request, account: Account) -> Plan:
    book: PlanBook = request.app.state.plans
    return book.get(account.product_line, account.plan_type)


@router.get("/billing/credits/balance", responses=documented(NotFound))
async def get_balance(request: Request, account: OwnAccount) -> BalanceOut:
    """The caller's credits in the product line of the session (BIL-12)."""
    return BalanceOut(
        product_line=account.product_line,
        plan_type=account.plan_type,
        balance=account.settled,
        reserved=account.held,
        available=account.available,
        bought=account.bought,
        credits_per_minute=_plan(request, account).credits_per_minute,
        grants=[
            GrantOut(
                category=grant.category,
                credits=grant.credits,
                since=grant.since,
                expires_at=grant.expires_at if grant.lasts else account.period_end,
                priority=grant.priority,
            )
            for grant in burn_order(account.grants, account.period_end)
        ],
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
            balance_after=row["balance_after"],
            description=row["description"],
            reference=row["reference"],
            created_at=row["created_at"],
        )
        for row in rows
    ]
    return Paged.of(items, total, page)


@router.get("/usage/current", responses=documented(NotFound))
async def get_usage(request: Request, account: OwnAccount, tx: Tx) -> UsageOut:
    """Quotas used and left this month (BIL-15)."""
    credits_used, cost = await usage.spent(tx, account.user_id, account.product_line, account.period_start)
    plan = _plan(request, account)
    book: PlanBook = request.app.state.plans
    counted = dict.fromkeys((meter for meter in account.used if meter not in plan.quotas), UNLIMITED)
    used = {
        meter: MeterOut(
            used=account.used.get(meter, 0),
            limit=limit,
            left=None if limit == UNLIMITED else max(0, limit - account.used.get(meter, 0)),
        )
        for meter, limit in {**plan.quotas, **counted}.items()
    }
    near = [
        name
        for name, (used, limit) in meters.shares(account, plan).items()
        if limit >= 0 and used * 100 >= meters.NEAR * limit
    ]
    upgrades = [plan_type for name in near for plan_type in book.larger(account.product_line, account.plan_type, name)]
    return UsageOut(
        product_line=account.product_line,
        plan_type=account.plan_type,
        period_start=account.period_start,
        period_end=account.period_end,
        meters=used,
        credits_available=account.available,
        credits_used=credits_used,
        cost_incurred=cost,
        upgrade_to=list(dict.fromkeys(upgrades)),
    )
