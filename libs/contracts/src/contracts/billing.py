"""What billing is asked and what it publishes. A reservation belongs to a run and lives as long as it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.enums import Priority
from contracts.message import Command, Event
from contracts.objects import StoredObject

Money = Annotated[Decimal, Field(ge=0, decimal_places=4)]
"""Provider cost in the product line's cost currency, four places (PLT-14)."""

RefusalReason = Literal[
    "insufficient_credits", "quota_exceeded", "plan_limit", "budget_exceeded", "subscription_inactive"
]


class ReserveCredits(Command):
    """Hold credits for one run. Repeating it for the same ``reservation_id`` repeats the answer."""

    NAME: ClassVar[str] = "billing.reserve_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    credits: Annotated[int, Field(ge=0)]
    meter: str | None = None
    units: Annotated[int, Field(ge=0)] = 0
    estimated_cost: Money = Decimal(0)
    run_ends_by: datetime | None = None
    """The run has ended by then, whatever happens; the hold outlives it. None from releases that did not say."""


class CaptureCredits(Command):
    """Spend what was held, for what was delivered. ``credits`` is at most what is held; the rest is released."""

    NAME: ClassVar[str] = "billing.capture_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    credits: Annotated[int, Field(ge=0)]
    actual_cost: Money = Decimal(0)


class ReleaseCredits(Command):
    """Give back what was held. Releasing what is not held any more is answered, not refused."""

    NAME: ClassVar[str] = "billing.release_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    reason: str


class CreditsReserved(Event):
    """Credits are set aside for one run; nothing has been charged yet."""

    NAME: ClassVar[str] = "billing.credits_reserved.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    credits: int
    plan: str
    budget: Money
    """What AI work may cost for this run, by the plan."""
    priority: Priority


class ReservationRefused(Event):
    """The run cannot be paid for. ``upgrade_to`` names plans that would allow it."""

    NAME: ClassVar[str] = "billing.reservation_refused.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    reason: RefusalReason
    message: str
    limit: int | None = None
    used: int | None = None
    upgrade_to: tuple[str, ...] = ()
    anew_at: datetime | None = None
    """When the plan's count and credits begin anew; None from releases that did not say."""


class CreditsCaptured(Event):
    """Held credits were spent."""

    NAME: ClassVar[str] = "billing.credits_captured.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    credits: int
    released: int = 0


class CreditsReleased(Event):
    """Held credits are available again. ``credits`` is 0 when nothing was held."""

    NAME: ClassVar[str] = "billing.credits_released.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    reservation_id: UUID
    run_id: UUID
    user_id: UUID | None
    credits: int
    reason: str


class EntitlementsChanged(Event):
    """What a user may do in a product line, told whenever any of it changes.

    ``version`` rises; an older one never replaces a newer one. A copy whose ``period_ends_at`` has passed counts as
    unused: the new period begins with the next reservation, which nobody may refuse for the old one's sake.
    """

    NAME: ClassVar[str] = "billing.entitlements_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users", "workflow")

    user_id: UUID
    product_line: str
    plan: str
    limits: dict[str, int]
    """By meter, -1 is unlimited."""
    used: dict[str, int] = {}
    features: dict[str, Any]
    priority: Priority
    run_budget: Money
    credits_available: int
    version: int
    period_ends_at: datetime | None = None
    """When ``used`` begins anew; None from releases that did not say."""
    credits_bought: int = 0
    """Of those available, the ones that outlive the period and pay for what ``limits`` do not allow."""
    credits_anew: int | None = None
    """How many are available once the period is over; None from releases that did not say."""
    upgrades: dict[str, tuple[str, ...]] = {}
    """By meter, the plans that have more of it, the cheapest first."""
    plans_with: dict[str, tuple[str, ...]] = {}
    """By feature, the plans of this product line that have it, the cheapest first."""


class BillingUserDataErased(Event):
    """Payments are kept without personal details; nothing else of a person is left in billing.

    ``ask``: of the ``users.user_deletion_requested.v1`` that this answers.
    """

    NAME: ClassVar[str] = "billing.user_data_erased.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    user_id: UUID
    ask: int


class BillingDataExportPartReady(Event):
    """What billing knows of a person is in the store, as JSON; users makes one archive of all parts."""

    NAME: ClassVar[str] = "billing.data_export_part_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    export_id: UUID
    part: StoredObject
