"""Accounts, grants, holds and transfers: what the ledger speaks of.

Available = settled - held, never below zero. What is available lies in grants, each with its own end; what is held was
taken out of them, and remembers from which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from contracts.billing import RefusalReason

GRANTS = "platform:grants"
SOLD = "platform:sold"
SPENT = "platform:spent"
EXPIRED = "platform:expired"

USUAL_PRIORITY = 50
"""Of a grant that nobody gave another; lower ones are spent first."""


class Category(StrEnum):
    """Where credits come from. ``PLAN`` ones live as long as the month they were given for."""

    PROMOTIONAL = "promotional"
    PLAN = "plan"
    BOUGHT = "bought"


class HoldState(StrEnum):
    """Life of a hold; all but the first are final."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Grant:
    """``credits`` of one grant: those that are left in it, or those that were taken out of it.

    ``since``: when it was given; of a plan's, the beginning of the month it is for. ``expires_at``: None where nothing
    but the month, or nothing at all, ends it.
    """

    id: UUID
    category: Category
    credits: int
    since: datetime
    expires_at: datetime | None = None
    priority: int = USUAL_PRIORITY

    @property
    def lasts(self) -> bool:
        """Whether it outlives the month."""
        return self.category is not Category.PLAN


@dataclass(frozen=True, slots=True)
class Account:
    """A user's credits in one product line. ``used``: units of this period by meter, holds included."""

    user_id: UUID
    product_line: str
    plan_type: str
    settled: int
    held: int
    used: Mapping[str, int]
    period_start: datetime
    period_end: datetime
    version: int
    grants: tuple[Grant, ...] = ()
    """What is available, by where it came from; together as much as ``available``."""
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
    def bought(self) -> int:
        """The part of what is available that outlives the period."""
        return sum(grant.credits for grant in self.grants if grant.lasts)

    @property
    def lapses_at(self) -> datetime | None:
        """When the first of its dated grants ends."""
        return min((grant.expires_at for grant in self.grants if grant.expires_at is not None), default=None)

    @property
    def name(self) -> str:
        """The account's name in the ledger."""
        return account_name(self.user_id, self.product_line)


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits and quota set aside for one run, or for one single AI job: ``run_id`` is either's.

    ``parts``: which grants they were taken out of, in the order in which they are spent. ``period_start``: of the
    period whose count it is in.
    """

    id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    credits: int
    captured: int
    state: HoldState
    meter: str | None
    units: int
    estimated_cost: Decimal
    actual_cost: Decimal | None
    period_start: datetime
    expires_at: datetime
    parts: tuple[Grant, ...] = ()
    refunded: int = 0
    """Of what was captured, given back since."""
    capability: str | None = None
    """What a single AI job does; None of a run."""
    quote_id: UUID | None = None

    @property
    def bought(self) -> int:
        """The part of ``credits`` that is not the plan's."""
        return sum(part.credits for part in self.parts if part.lasts)


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


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription, or a plan bought for a month, gives: until ``until`` where that is decided."""

    plan_type: str
    period_start: datetime
    period_end: datetime
    cycle_start: datetime
    until: datetime | None


def account_name(user_id: UUID, product_line: str) -> str:
    """Name of a user's account in the ledger."""
    return f"user:{user_id}:{product_line}"
