"""Months and plans of an account, without I/O: what begins, what ends, what goes on (BIL-51).

Credits of the plan live for one period; all others until the date of their grant, if they have one.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from billing.ledger.models import Account, Change, Terms, Transfer
from billing.ledger.rules import changed, expiry, grant_plans
from billing.plans.catalogue import Plan

_LEAST = timedelta(microseconds=1)


def open_account(user_id: UUID, plan: Plan, now: datetime) -> Change:
    """A new account on ``plan`` with the plan's credits, its period being this calendar month (BIL-51, BIL-59)."""
    start, end = month_of(now)
    account = Account(user_id, plan.product_line, plan.plan_type, 0, 0, {}, start, end, version=1)
    opened = grant_plans(account, plan.credits_per_month, f"{plan.name} plan, opening credits")
    return replace(opened, account=replace(opened.account, granted=plan.credits_per_month))


def roll_period(account: Account, plan: Plan, now: datetime, opening: Plan | None = None) -> Change:
    """Begin a new month when the old one is over: counters at zero, unheld plan credits expire, new ones granted.

    Lasting credits stay, those whose date has come excepted, and those that are held stay with their hold. Nothing else
    changes within a period. A plan that counted until now is followed by ``opening``.
    """
    lapsed = _lapse(account, now)
    rolled = _roll(lapsed.account, plan, now, opening)
    return replace(rolled, transfers=lapsed.transfers + rolled.transfers)


def fall_back(account: Account, opening: Plan, at: datetime, now: datetime) -> Change:
    """The plan ended ``at``: the calendar's months begin there, on ``opening``. Nothing happens to whoever is on no
    other plan."""
    if account.cycle_start is None and account.plan_until is None:
        return Change(account)
    if account.cycle_start is None:
        returned = changed(account, plan_type=opening.plan_type, plan_until=None)
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
        granted = grant_plans(sold, more, f"{plan.name} plan, credits of the rest of the month")
        return replace(granted, account=replace(granted.account, granted=plan.credits_per_month))
    return Change(account if sold == account else changed(sold))


def lend(account: Account, plan_type: str, until: datetime) -> Change:
    """Put an account on a plan until a moment, within the months it has."""
    if (account.plan_type, account.plan_until, account.cycle_start) == (plan_type, until, None):
        return Change(account)
    return Change(changed(account, plan_type=plan_type, plan_until=until, cycle_start=None))


def _roll(account: Account, plan: Plan, now: datetime, opening: Plan | None) -> Change:
    if opening is not None and account.plan_until is not None and now >= account.plan_until:
        return fall_back(account, opening, account.plan_until, now)
    if now < account.period_end:
        return Change(account)
    if account.cycle_start is None:
        # A plan lent by the calendar came with credits of its own, bought ones.
        credits = opening.credits_per_month if account.plan_until is not None and opening is not None else None
        return _new_period(account, plan, *month_of(now), credits=credits)
    return _new_period(account, plan, *month_since(account.cycle_start, now))


def _lapse(account: Account, now: datetime) -> Change:
    """Grants whose date has come end."""
    left = tuple(grant for grant in account.grants if grant.expires_at is None or grant.expires_at > now)
    if left == account.grants:
        return Change(account)
    over = account.available - sum(grant.credits for grant in left)
    transfer = expiry(account, over, "Credits that were given until now")
    return Change(changed(account, settled=account.settled - over, grants=left), transfers=(transfer,))


def _new_period(account: Account, plan: Plan, start: datetime, end: datetime, *, credits: int | None = None) -> Change:
    credits = plan.credits_per_month if credits is None else credits
    transfers: tuple[Transfer, ...] = ()
    if unused := account.available - account.bought:
        transfers = (expiry(account, unused),)
    fresh = changed(
        account,
        settled=account.settled - unused,
        grants=tuple(grant for grant in account.grants if grant.lasts),
        used={},
        warned={},
        granted=credits,
        period_start=start,
        period_end=end,
    )
    granted = grant_plans(fresh, credits, f"{plan.name} plan, monthly credits")
    return Change(granted.account, transfers=transfers + granted.transfers)


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
