"""The rules of the ledger, without I/O.

A transfer moves credits between a user's account and one of the platform's and is written as two entries that sum to
zero. A hold moves nothing: it takes credits out of the account's grants and sets them aside until it is captured (they
move to ``platform:spent``) or released. What is settled changes by transfers only, so the sum of an account's entries
is its settled balance at any time.

A hold knows which grants it was taken out of and the period it counts for, so that whatever it gives back, whenever,
goes where it came from: the count to its own period, credits to their grants, and what has ended meanwhile expires.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.ledger import grants, refusals
from billing.ledger.meters import limit_of
from billing.ledger.models import (
    EXPIRED,
    GRANTS,
    SOLD,
    SPENT,
    USUAL_PRIORITY,
    Account,
    Category,
    Change,
    Grant,
    Hold,
    HoldState,
    Refusal,
    Transfer,
)
from billing.plans.catalogue import UNLIMITED, Plan

_DELIVERED = "Video delivered"


def grant_plans(account: Account, credits: int, description: str, reference: UUID | None = None) -> Change:
    """Add credits of the plan, which end with the month. Nothing happens for zero."""
    if credits == 0:
        return Change(account)
    return _given(account, grants.of_plan(account, credits), GRANTS, "grant", description, reference)


def grant(
    account: Account,
    credits: int,
    description: str,
    reference: UUID,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    priority: int = USUAL_PRIORITY,
) -> Change:
    """Give promotional credits; they outlive the month."""
    given = Grant(reference, Category.PROMOTIONAL, credits, now, expires_at, priority)
    return _given(account, given, GRANTS, "grant", description, reference)


def sell(account: Account, credits: int, description: str, purchase_id: UUID, now: datetime) -> Change:
    """Credits that were paid for; they outlive the month."""
    sold = Grant(purchase_id, Category.BOUGHT, credits, now)
    return _given(account, sold, SOLD, "purchase", description, purchase_id)


def _given(account: Account, given: Grant, source: str, kind: str, description: str, reference: UUID | None) -> Change:
    transfer = Transfer(source, account.name, given.credits, kind, description, reference)
    more = changed(account, settled=account.settled + given.credits, grants=grants.put(account.grants, given))
    return Change(more, transfers=(transfer,))


def take_back(account: Account, credits: int, description: str, purchase_id: UUID) -> tuple[Change, int]:
    """Take bought credits back, whose money is given back: as many as are neither spent nor held. Says how many.

    Those of the purchase itself first: money that came back shall not leave credits, whichever were spent before.
    """
    left, own = grants.take(account.grants, credits, account.period_end, lambda each: each.id == purchase_id)
    taken = sum(part.credits for part in own)
    left, others = grants.take(left, credits - taken, account.period_end, lambda each: each.category is Category.BOUGHT)
    taken += sum(part.credits for part in others)
    if taken == 0:
        return Change(account), 0
    transfer = Transfer(account.name, SOLD, taken, "refund", description, purchase_id)
    return Change(changed(account, settled=account.settled - taken, grants=left), transfers=(transfer,)), taken


def hold(account: Account, plan: Plan, request: Hold, upgrades: tuple[str, ...]) -> Change | Refusal:
    """Set aside what a run or a job needs, or say why not.

    Where the plan counts units the count decides, and the plan's credits follow it: they never refuse what the count
    allows (BIL-46). Beyond the count lasting credits pay. Everywhere else the credits decide, in the order of spending.
    """
    request = replace(request, period_start=account.period_start)
    limit = limit_of(plan, request.meter) if request.meter is not None else None
    if limit is None or request.meter is None:
        if request.credits > account.available:
            return refusals.too_few_credits(account, request.credits, upgrades)
        return _set_aside(account, request, lambda _: True)
    if limit == UNLIMITED or account.used.get(request.meter, 0) + request.units <= limit:
        missing = request.credits - (account.available - account.bought)
        included = grant_plans(account, max(0, missing), f"{plan.name} plan, included", request.run_id)
        held = _set_aside(included.account, request, lambda each: not each.lasts)
        return replace(held, transfers=included.transfers)
    if 0 < request.credits <= account.bought:
        return _set_aside(account, replace(request, meter=None, units=0), lambda each: each.lasts)
    return refusals.quota_used(account, plan, request.meter, limit, upgrades)


def _set_aside(account: Account, request: Hold, which: grants.Which) -> Change:
    left, parts = grants.take(account.grants, request.credits, account.period_end, which)
    used = account.used
    if request.meter is not None:
        used = {**used, request.meter: used.get(request.meter, 0) + request.units}
    held = changed(account, held=account.held + request.credits, grants=left, used=used)
    return Change(held, replace(request, parts=parts))


def capture(account: Account, held: Hold, credits: int, actual_cost: Decimal, now: datetime) -> Change:
    """Spend up to what is held, in the order of spending, and release the rest. A hold that is not held any more is
    left as it is."""
    if held.state is not HoldState.HELD:
        return Change(account, held)
    spent, unspent = grants.cut(held.parts, min(credits, held.credits))
    captured = sum(part.credits for part in spent)
    transfers: tuple[Transfer, ...] = ()
    if captured:
        transfers = (Transfer(account.name, SPENT, captured, "deduction", _delivered(held), held.run_id),)
    freed = changed(account, settled=account.settled - captured, held=account.held - held.credits)
    returned = _put_back(freed, unspent, now)
    settled = replace(held, state=HoldState.CAPTURED, captured=captured, actual_cost=actual_cost)
    return Change(returned.account, settled, transfers + returned.transfers)


def release(account: Account, held: Hold, now: datetime, *, state: HoldState = HoldState.RELEASED) -> Change:
    """Give everything back, what it counted for included. A hold that is not held any more is left as it is."""
    if held.state is not HoldState.HELD:
        return Change(account, held)
    freed = _uncounted(changed(account, held=account.held - held.credits), held)
    returned = _put_back(freed, held.parts, now)
    return Change(returned.account, replace(held, state=state), returned.transfers)


def refund(account: Account, held: Hold, credits: int, description: str, now: datetime) -> Change:
    """Give back what was captured, up to ``credits``: to the grants it was taken out of, the last spent first.

    With the last of it, what it counted for is given back too. Credits that would have ended meanwhile expire.
    """
    left = held.captured - held.refunded
    due = min(credits, left)
    if held.state is not HoldState.CAPTURED or due <= 0:
        return Change(account, held)
    kept, _ = grants.cut(held.parts, left)
    _, returning = grants.cut(kept, left - due)
    richer = changed(account, settled=account.settled + due)
    if due == left:
        richer = _uncounted(richer, held)
    returned = _put_back(richer, returning, now)
    transfer = Transfer(SPENT, account.name, due, "refund", description, held.run_id)
    return Change(returned.account, replace(held, refunded=held.refunded + due), (transfer, *returned.transfers))


def _put_back(account: Account, parts: tuple[Grant, ...], now: datetime) -> Change:
    """Credits go back to their grants; those that have ended meanwhile expire."""
    alive, ended = grants.living(parts, account.period_start, now)
    account = replace(account, grants=grants.put(account.grants, *alive))
    if not ended:
        return Change(account)
    return Change(replace(account, settled=account.settled - ended), transfers=(expiry(account, ended),))


def _uncounted(account: Account, held: Hold) -> Account:
    """The count without what a hold of this period counted for."""
    if held.meter is None or held.period_start != account.period_start:
        return account
    return replace(account, used={**account.used, held.meter: account.used.get(held.meter, 0) - held.units})


def expiry(account: Account, credits: int, description: str = "Unused credits of the last month") -> Transfer:
    """Credits that nobody can spend any more."""
    return Transfer(account.name, EXPIRED, credits, "expiry", description)


def _delivered(held: Hold) -> str:
    if held.capability is None:
        return _DELIVERED
    return f"{held.capability.replace('_', ' ').capitalize()} delivered"


def told_again(account: Account) -> Change:
    """The account as it is, as news."""
    return Change(changed(account))


def changed(account: Account, **fields: object) -> Account:
    """The account with other fields, as its next version."""
    return replace(account, version=account.version + 1, **fields)  # type: ignore[arg-type]
