"""What is bought and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from billing.payments.money import Money

BillingInterval = Literal["month", "year"]


class PurchaseKind(StrEnum):
    """A plan that renews, or a plan's credits and the plan for one month (CFL-12)."""

    PLAN = "plan"
    PLAN_MONTH = "plan_month"


class PurchaseState(StrEnum):
    """Where a purchase stands. ``processing``: the bank has yet to say."""

    OPEN = "open"
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"
    COMPLETED = "completed"

    @property
    def rank(self) -> int:
        """A purchase never goes back to a lower one; money that came counts over everything."""
        return {"open": 0, "processing": 1, "failed": 2, "expired": 2, "completed": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs every ``interval``. A row never changes: subscribers keep the price they bought (BIL-44)."""

    id: UUID
    product_line: str
    plan_type: str
    interval: BillingInterval
    money: Money
    processor_price_id: str | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase as it is stored."""

    id: UUID
    user_id: UUID
    product_line: str
    kind: PurchaseKind
    plan_type: str
    price_id: UUID | None
    credits: int
    money: Money
    trial_days: int
    description: str
    success_url: str
    cancel_url: str
    state: PurchaseState
    checkout_id: str | None
    checkout_url: str | None
    payment_id: str | None
    gives_until: datetime | None
    taken_back: int
    created_at: datetime
