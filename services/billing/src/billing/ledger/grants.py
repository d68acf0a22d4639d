"""In which order credits are spent, and where they go when they come back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from billing.ledger.models import Account, Category, Grant

_NEVER = datetime.max.replace(tzinfo=UTC)

Which = Callable[[Grant], bool]


def burn_order(grants: Iterable[Grant], period_end: datetime) -> list[Grant]:
    """As they are spent: by priority, promotional before paid, what ends sooner first, then the oldest.

    A plan's credits end with its month, at ``period_end``.
    """
    return sorted(
        grants,
        key=lambda grant: (
            grant.priority,
            grant.category is not Category.PROMOTIONAL,
            grant.expires_at or (_NEVER if grant.lasts else period_end),
            grant.since,
            grant.id,
        ),
    )


def of_plan(account: Account, credits: int) -> Grant:
    """The plan's credits of the account's month; there is one such grant a month."""
    id = uuid5(account.user_id, f"{account.product_line} {account.period_start.isoformat()}")
    return Grant(id, Category.PLAN, credits, account.period_start)


def put(grants: Iterable[Grant], *more: Grant) -> tuple[Grant, ...]:
    """``more`` beside what is there, added to where it is of the same grant. What is empty is left out."""
    found: dict[UUID, Grant] = {}
    for grant in (*grants, *more):
        before = found.get(grant.id)
        found[grant.id] = grant if before is None else replace(before, credits=before.credits + grant.credits)
    return tuple(grant for grant in found.values() if grant.credits)


def take(
    grants: Iterable[Grant], credits: int, period_end: datetime, which: Which = lambda _: True
) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """Take ``credits`` out of the grants that ``which`` names, in the order of spending; fewer where fewer are there.

    Returns what is left, and what was taken out of each.
    """
    taken: list[Grant] = []
    left = {grant.id: grant for grant in grants}
    for grant in burn_order(filter(which, left.values()), period_end):
        part = min(credits, grant.credits)
        if not part:
            continue
        credits -= part
        taken.append(replace(grant, credits=part))
        left[grant.id] = replace(grant, credits=grant.credits - part)
    return tuple(grant for grant in left.values() if grant.credits), tuple(taken)


def cut(parts: Iterable[Grant], first: int) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """Part ``parts`` in two: the ``first`` credits of them, and the rest."""
    head: list[Grant] = []
    tail: list[Grant] = []
    for part in parts:
        of_head = min(first, part.credits)
        first -= of_head
        if of_head:
            head.append(replace(part, credits=of_head))
        if part.credits > of_head:
            tail.append(replace(part, credits=part.credits - of_head))
    return tuple(head), tuple(tail)


def living(parts: Iterable[Grant], period_start: datetime, now: datetime) -> tuple[tuple[Grant, ...], int]:
    """What of ``parts`` may go back to its grants, and how many credits have ended meanwhile.

    A plan's end with their month, which is the one of ``period_start`` now.
    """
    alive: list[Grant] = []
    ended = 0
    for part in parts:
        over = part.expires_at is not None and part.expires_at <= now
        if over or (not part.lasts and part.since != period_start):
            ended += part.credits
        else:
            alive.append(part)
    return tuple(alive), ended
