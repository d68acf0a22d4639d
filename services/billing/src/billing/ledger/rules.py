"""The rules of the ledger, without I/O.

Available = settled - held, never below zero. A transfer moves credits between a user's account and one of the
platform's and is written as two entries that sum to zero. A hold moves nothing: it sets credits aside until it is
captured (they move to ``platform:spent``) or released. What is settled changes by transfers only, so the sum of an
account's entries is its settled balance at any time.

Credits of the plan live for one period; bought ones last. A hold knows the period it was made in and how much of it
was bought, so that whatever it gives back, whenever, goes where it came from: the count and the plan's credits to
their own period, which may be over, bought credits to the account.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from billing.plans.catalogue import UNLIMITED, Plan
from contracts.billing import RefusalReason

GRANTS = "platform:grants"
SOLD = "platform:sold"
SPENT = "platform:spent"
EXPIRED = "platform:expired"

_LEAST = timedelta(microseconds=1)


class HoldState(StrEnum):
    """Life of a hold; all but the first are final."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Account:
    """A user's credits in one product line. ``used``: units of this period by meter, holds included.

    ``bought``: the part of what is available that outlives the period.
    """

    user_id: UUID
    product_line: str
    plan_type: str
    settled: int
    held: int
    bought: int
    used: Mapping[str, int]
    period_start: datetime
    period_end: datetime
    version: int
    cycle_start: datetime | None = None
    """Months are counted from here; None: they are the calendar's (BIL-51)."""
    plan_until: datetime | None = None
    """Where decided: the plan counts until then, and afterwards the one that accounts open with."""
    granted: int = 0
    """The plan's credits granted this period."""
    warned: Mapping[str, int] = field(default_factory=dict)
    """By meter, the share of the limit in percent that its owner was told of this period."""

    @property
    def available(self) -> int:
        """What may still be held."""
        return self.settled - self.held

    @property
    def name(self) -> str:
        """The account's name in the ledger."""
        return account_name(self.user_id, self.product_line)


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits and quota set aside for one run.

    ``bought``: the part of ``credits`` that is not the plan's. ``period_start``: of the period it counts for.
    """

    id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    credits: int
    bought: int
    captured: int
    state: HoldState
    meter: str | None
    units: int
    estimated_cost: Decimal
    actual_cost: Decimal | None
    period_start: datetime
    expires_at: datetime
    quote_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """``credits`` from one account to another; becomes two entries."""

    source: str
    target: str
    credits: int
    kind: str
    """deduction, purchase, grant, refund (PLT-52), or expiry."""
    description: str
    reference: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a hold is not possible, and the plans that would allow it."""

    reason: RefusalReason
    message: str
    limit: int | None
    used: int | None
    upgrade_to: tuple[str, ...]
    anew_at: datetime | None = None
    """When the plan's count and credits begin anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation did: the account and hold after it and the transfers to write."""

    account: Account
    hold: Hold | None = None
    transfers: tuple[Transfer, ...] = ()


def nothing_sold(product_line: str) -> Refusal:
    """Why nobody can spend in a product line that has no plan to begin with."""
    return Refusal("subscription_inactive", f"There are no plans in {product_line} yet.", None, None, ())


def over_budget(plan: Plan, estimated_cost: Decimal, upgrades: tuple[str, ...]) -> Refusal | None:
    """Why a run whose AI work is expected to cost more than its plan allows cannot begin (BIL-66)."""
    if estimated_cost <= plan.run_budget:
        return None
    return Refusal(
        "budget_exceeded",
        f"The AI work of this order is expected to cost {estimated_cost:.2f}; the {plan.name} plan allows "
        f"{plan.run_budget:.2f}. Make it shorter, or choose a larger plan.",
        None,
        None,
        upgrades,
    )


def over_quote(credits: int, most: int) -> Refusal | None:
    """Why a run that would take more credits than was agreed on cannot begin."""
    if credits <= most:
        return None
    return Refusal(
        "budget_exceeded",
        f"This order takes {credits} credits, and {most} were agreed on. Ask for a new quote.",
        most,
        None,
        (),
    )


def account_name(user_id: UUID, product_line: str) -> str:
    """Name of a user's account in the ledger."""
    return f"user:{user_id}:{product_line}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription, or a plan bought for a month, gives: until ``until`` where that is decided."""

    plan_type: str
    period_start: datetime
    period_end: datetime
    cycle_start: datetime
    until: datetime | None


def open_account(user_id: UUID, plan: Plan, now: datetime) -> Change:
    """A new account on ``plan`` with the plan's credits, its period being this calendar month (BIL-51, BIL-59)."""
    start, end = month_of(now)
    account = Account(user_id, plan.product_line, plan.plan_type, 0, 0, 0, {}, start, end, version=1)
    opened = grant(account, plan.credits_per_month, "grant", f"{plan.name} plan, opening credits")
    return replace(opened, account=replace(opened.account, granted=plan.credits_per_month))


def grant(
    account: Account,
    amount: int,
    kind: str,
    description: str,
    reference: UUID | None = None,
    *,
    lasting: bool = False,
) -> Change:
    """Add credits, ``lasting`` ones beyond the end of the period. Nothing happens for zero."""
    if amount == 0:
        return Change(account)
    transfer = Transfer(GRANTS, account.name, amount, kind, description, reference)
    bought = account.bought + amount if lasting else account.bought
    return Change(_changed(account, settled=account.settled + amount, bought=bought), transfers=(transfer,))


def sell(account: Account, amount: int, description: str, purchase_id: UUID) -> Change:
    """Credits that were paid for; they outlive the period."""
    transfer = Transfer(SOLD, account.name, amount, "purchase", description, purchase_id)
    sold = _changed(account, settled=account.settled + amount, bought=account.bought + amount)
    return Change(sold, transfers=(transfer,))


def take_back(account: Account, amount: int, description: str, purchase_id: UUID) -> tuple[Change, int]:
    """Take bought credits back, whose money is given back: as many as are neither spent nor held. Says how many."""
    taken = min(amount, account.bought)
    if taken == 0:
        return Change(account), 0
    transfer = Transfer(account.name, SOLD, taken, "refund", description, purchase_id)
    left = _changed(account, settled=account.settled - taken, bought=account.bought - taken)
    return Change(left, transfers=(transfer,)), taken


def roll_period(account: Account, plan: Plan, now: datetime, opening: Plan | None = None) -> Change:
    """Begin a new month when the old one is over: counters at zero, unheld plan credits expire, new ones granted.

    Bought credits stay, and those that are held stay with their run. Nothing changes within a period. A plan that
    counted until now is followed by ``opening``.
    """
    if opening is not None and account.plan_until is not None and now >= account.plan_until:
        return fall_back(account, opening, account.plan_until, now)
    if now < account.period_end:
        return Change(account)
    if account.cycle_start is None:
        # A plan lent by the calendar came with credits of its own, bought ones.
        credits = opening.credits_per_month if account.plan_until is not None and opening is not None else None
        return _new_period(account, plan, *month_of(now), credits=credits)
    return _new_period(account, plan, *month_since(account.cycle_start, now))


def fall_back(account: Account, opening: Plan, at: datetime, now: datetime) -> Change:
    """The plan ended ``at``: the calendar's months begin there, on ``opening``. Nothing happens to whoever is on no
    other plan."""
    if account.cycle_start is None and account.plan_until is None:
        return Change(account)
    if account.cycle_start is None:
        returned = _changed(account, plan_type=opening.plan_type, plan_until=None)
        return roll_period(returned, opening, now)
    start, end = month_of(max(at, now))
    free = replace(account, plan_type=opening.plan_type, cycle_start=None, plan_until=None)
    # A start of its own: by it holds know the period they count for.
    return _new_period(free, opening, max(start, at, account.period_start + _LEAST), end)


def give(account: Account, plan: Plan, terms: Terms) -> Change:
    """Put an account on what it was sold. A new period begins with its credits; within one, a larger plan adds the
    difference and what is used stays used. Nothing happens when it is so already."""
    sold = replace(account, plan_type=plan.plan_type, cycle_start=terms.cycle_start, plan_until=terms.until)
    if terms.period_start != account.period_start:
        return _new_period(sold, plan, terms.period_start, terms.period_end)
    sold = replace(sold, period_end=terms.period_end)
    if (more := plan.credits_per_month - account.granted) > 0:
        granted = grant(sold, more, "grant", f"{plan.name} plan, credits of the rest of the month")
        return replace(granted, account=replace(granted.account, granted=plan.credits_per_month))
    return Change(account if sold == account else _changed(sold))


def lend(account: Account, plan_type: str, until: datetime) -> Change:
    """Put an account on a plan until a moment, within the months it has."""
    if (account.plan_type, account.plan_until, account.cycle_start) == (plan_type, until, None):
        return Change(account)
    return Change(_changed(account, plan_type=plan_type, plan_until=until, cycle_start=None))


def _new_period(account: Account, plan: Plan, start: datetime, end: datetime, *, credits: int | None = None) -> Change:
    credits = plan.credits_per_month if credits is None else credits
    transfers: tuple[Transfer, ...] = ()
    if unused := account.available - account.bought:
        transfers = (_expiry(account, unused),)
    fresh = _changed(
        account,
        settled=account.settled - unused,
        used={},
        warned={},
        granted=credits,
        period_start=start,
        period_end=end,
    )
    granted = grant(fresh, credits, "grant", f"{plan.name} plan, monthly credits")
    return Change(granted.account, transfers=transfers + granted.transfers)


def hold(account: Account, plan: Plan, request: Hold, upgrades: tuple[str, ...]) -> Change | Refusal:
    """Set aside what a run needs, or say why not.

    Where the plan counts units the count decides, and the plan's credits follow it: they never refuse what the count
    allows (BIL-46). Beyond the count bought credits pay. Without a meter the credits decide, the plan's first.
    """
    request = replace(request, period_start=account.period_start)
    plans_own = account.available - account.bought
    transfers: tuple[Transfer, ...] = ()
    if request.meter is not None:
        limit = plan.quotas.get(request.meter, 0)
        used = account.used.get(request.meter, 0)
        if limit == UNLIMITED or used + request.units <= limit:
            if (missing := request.credits - plans_own) > 0:
                granted = grant(account, missing, "grant", f"{plan.name} plan, included", request.run_id)
                account, transfers = granted.account, granted.transfers
            account = replace(account, used={**account.used, request.meter: used + request.units})
        elif 0 < request.credits <= account.bought:
            request = replace(request, meter=None, units=0, bought=request.credits)
        else:
            return Refusal(
                reason="quota_exceeded",
                message=f"{used} of {limit} {request.meter} of this month are used on the {plan.name} plan. "
                f"The next month begins on {account.period_end:%d %B %Y}; a larger plan has more.",
                limit=limit,
                used=used,
                upgrade_to=upgrades,
                anew_at=account.period_end,
            )
    elif request.credits > account.available:
        return Refusal(
            reason="insufficient_credits",
            message=f"{request.credits} credits are needed, {account.available} are available.",
            limit=account.settled,
            used=account.held,
            upgrade_to=upgrades,
            anew_at=account.period_end,
        )
    else:
        request = replace(request, bought=max(0, request.credits - plans_own))
    held = _changed(account, held=account.held + request.credits, bought=account.bought - request.bought)
    return Change(held, request, transfers)


def capture(account: Account, held: Hold, credits: int, actual_cost: Decimal) -> Change:
    """Spend up to what is held, the plan's credits first, and release the rest. A hold that is not held any more is
    left as it is."""
    if held.state is not HoldState.HELD:
        return Change(account, held)
    spent = min(credits, held.credits)
    transfers: tuple[Transfer, ...] = ()
    if spent:
        transfers = (Transfer(account.name, SPENT, spent, "deduction", "Video delivered", held.run_id),)
    left = _let_go(_changed(account, settled=account.settled - spent), held, held.credits - spent)
    captured = replace(held, state=HoldState.CAPTURED, captured=spent, actual_cost=actual_cost)
    return Change(left.account, captured, transfers + left.transfers)


def release(account: Account, held: Hold, *, state: HoldState = HoldState.RELEASED) -> Change:
    """Give everything back, what it counted for included. A hold that is not held any more is left as it is."""
    if held.state is not HoldState.HELD:
        return Change(account, held)
    left = _let_go(account, held, held.credits)
    account = left.account
    if held.meter is not None and held.period_start == account.period_start:
        account = replace(account, used={**account.used, held.meter: account.used.get(held.meter, 0) - held.units})
    return Change(account, replace(held, state=state), left.transfers)


def _let_go(account: Account, held: Hold, unspent: int) -> Change:
    """End a hold of which ``unspent`` credits are left: bought ones last, the plan's end with their period."""
    bought = min(held.bought, unspent)
    account = _changed(account, held=account.held - held.credits, bought=account.bought + bought)
    expired = 0 if held.period_start == account.period_start else unspent - bought
    if not expired:
        return Change(account)
    return Change(replace(account, settled=account.settled - expired), transfers=(_expiry(account, expired),))


def _expiry(account: Account, credits: int) -> Transfer:
    return Transfer(account.name, EXPIRED, credits, "expiry", "Unused credits of the last month")


NEAR, ALL = 80, 100
"""Percent of a limit of which its owner is told."""


def warnings_due(account: Account, plan: Plan) -> dict[str, int]:
    """By meter, the share in percent that was reached and not told of this period."""
    due = {}
    for meter, used in account.used.items():
        limit = plan.quotas.get(meter, 0)
        if limit > 0 and used * 100 >= NEAR * limit:
            share = ALL if used >= limit else NEAR
            if share > account.warned.get(meter, 0):
                due[meter] = share
    return due


def told_again(account: Account) -> Change:
    """The account as it is, as news."""
    return Change(_changed(account))


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """First moment of the month of ``now`` and of the next one, UTC."""
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return start, end


def month_since(cycle_start: datetime, now: datetime) -> tuple[datetime, datetime]:
    """The month of ``now``, counted from ``cycle_start``; the last day of a shorter month stands for those it lacks."""
    months = (now.year - cycle_start.year) * 12 + now.month - cycle_start.month
    if _months_after(cycle_start, months) > now:
        months -= 1
    return _months_after(cycle_start, months), _months_after(cycle_start, months + 1)


def _months_after(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=years, month=month + 1, day=min(moment.day, monthrange(years, month + 1)[1]))


def _changed(account: Account, **fields: object) -> Account:
    return replace(account, version=account.version + 1, **fields)  # type: ignore[arg-type]
