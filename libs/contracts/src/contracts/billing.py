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
    """Hold credits for one run, or for one single AI job, whose id ``run_id`` is then.

    Repeating it for the same ``reservation_id`` repeats the answer.
    """

    NAME: ClassVar[str] = "billing.reserve_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    capability: str | None = None
    """What a single job does; with it, billing says which meter of the product line counts the job."""
    credits: Annotated[int, Field(ge=0)]
    meter: str | None = None
    units: Annotated[int, Field(ge=0)] = 0
    estimated_cost: Money = Decimal(0)
    run_ends_by: datetime | None = None
    """The run has ended by then, whatever happens; the hold outlives it. None from releases that did not say."""
    max_credits: Annotated[int, Field(ge=0)] | None = None
    """The most that whoever ordered agreed to; a run that needs more is refused."""
    quote_id: UUID | None = None
    """What was said of the cost beforehand; its maximum holds too."""
    least_cost: Money | None = None
    """What the run's AI work costs at least; a plan whose budget is smaller cannot pay for it (BIL-66)."""
    video_seconds: Annotated[float, Field(gt=0)] | None = None
    """How long its video is; a plan that takes shorter ones refuses (BIL-52)."""


class CaptureCredits(Command):
    """Spend what was held, for what was delivered. ``credits`` is at most what is held; the rest is released."""

    NAME: ClassVar[str] = "billing.capture_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

    reservation_id: UUID
    run_id: UUID
    credits: Annotated[int, Field(ge=0)]
    actual_cost: Money = Decimal(0)


class ReleaseCredits(Command):
    """Give back what was held. Releasing what is not held any more is answered, not refused."""

    NAME: ClassVar[str] = "billing.release_credits.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

    reservation_id: UUID
    run_id: UUID
    reason: str


class CreditsReserved(Event):
    """Credits are set aside for one run; nothing has been charged yet."""

    NAME: ClassVar[str] = "billing.credits_reserved.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

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
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

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
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router", "analytics")

    reservation_id: UUID
    run_id: UUID
    user_id: UUID
    credits: int
    released: int = 0


class CreditsReleased(Event):
    """Held credits are available again. ``credits`` is 0 when nothing was held."""

    NAME: ClassVar[str] = "billing.credits_released.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "ai_router")

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
    READERS: ClassVar[tuple[str, ...]] = ("users", "workflow", "ai_router", "notify", "analytics")

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
    max_video_seconds: Annotated[int, Field(gt=0)] | None = None
    """How long a video may be: Reely's source, others' result. None: the plan says nothing of it."""
    longer_with: tuple[str, ...] = ()
    """Plans of this product line that allow longer ones, the cheapest first."""
    credits_per_minute: int | None = None
    """What a begun minute of film takes; None where nothing is paid for by the minute."""


SubscriptionStatus = Literal["incomplete", "trialing", "active", "past_due", "cancelled", "expired"]
"""PLT-50. ``cancelled``: ended because somebody wanted it; ``expired``: ended for want of payment."""

MinorUnits = Annotated[int, Field(ge=0)]
"""Money as whole numbers of a currency's smallest unit (paise, cents); the currency stands beside it (PLT-14)."""


class _SubscriptionEvent(Event):
    """What every event of a subscription says: how it is after it."""

    subscription_id: UUID
    user_id: UUID
    product_line: str
    plan: str
    """What the subscription gives now."""
    plan_name: str
    """For people."""
    interval: Literal["month", "year"]
    status: SubscriptionStatus
    period_start: datetime
    period_end: datetime
    """Renewed or ended then."""
    cancel_at_period_end: bool = False
    next_plan: str | None = None
    """What it gives from the next renewal on, where that is another plan."""
    next_plan_name: str | None = None
    access_until: datetime | None = None
    """While ``past_due``: the plan's features are kept until then (BIL-58)."""


class SubscriptionCreated(_SubscriptionEvent):
    """A subscription gives its plan for the first time: paid for, or on trial (CON-28)."""

    NAME: ClassVar[str] = "billing.subscription_created.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users", "notify", "analytics")

    trial_ends_at: datetime | None = None


class SubscriptionUpdated(_SubscriptionEvent):
    """A subscription was renewed, moved to another plan, fell behind with a payment, or will end or go on otherwise
    than it would have (CON-28)."""

    NAME: ClassVar[str] = "billing.subscription_updated.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users", "notify", "analytics")

    what: Literal["renewed", "plan_changed", "change_planned", "past_due", "recovered", "cancel_planned", "resumed"]
    previous_plan: str | None = None


class SubscriptionCancelled(_SubscriptionEvent):
    """A subscription ended because its owner or an administrator wanted that; the free plan counts (CON-28)."""

    NAME: ClassVar[str] = "billing.subscription_cancelled.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users", "notify", "analytics")

    previous_plan: str


class SubscriptionExpired(_SubscriptionEvent):
    """A subscription ended for want of payment; the free plan counts (CON-28, BIL-58)."""

    NAME: ClassVar[str] = "billing.subscription_expired.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users", "notify", "analytics")

    previous_plan: str


class PaymentSucceeded(Event):
    """Money was received (CON-30)."""

    NAME: ClassVar[str] = "billing.payment_succeeded.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    payment_id: UUID
    user_id: UUID
    product_line: str
    amount: MinorUnits
    currency: str
    description: str
    """What was paid for, for people."""
    plan: str | None = None
    credits: int = 0
    """Bought with it."""
    paid_at: datetime


class PaymentFailed(Event):
    """A payment was tried and did not come about; ``reason`` is for people (CON-30, BIL-58)."""

    NAME: ClassVar[str] = "billing.payment_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    payment_id: UUID
    user_id: UUID
    product_line: str
    amount: MinorUnits
    currency: str
    description: str
    reason: str
    attempts: int = 1
    plan: str | None = None
    access_until: datetime | None = None
    """Of a renewal: the plan's features are kept until then."""
    failed_at: datetime


class PaymentRefunded(Event):
    """Money of a payment was given back, and ``credits`` that it had bought were taken back (CON-30)."""

    NAME: ClassVar[str] = "billing.payment_refunded.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    payment_id: UUID
    user_id: UUID
    product_line: str
    amount: MinorUnits
    """Given back this time."""
    currency: str
    in_full: bool
    credits: int = 0
    refunded_at: datetime


class InvoiceAvailable(Event):
    """There is a new invoice. Whoever has its links can read it, so they are in ``GET /api/v1/billing/invoices`` only
    (CON-30)."""

    NAME: ClassVar[str] = "billing.invoice_available.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    invoice_id: UUID
    user_id: UUID
    product_line: str
    number: str | None
    amount: MinorUnits
    """With tax."""
    tax: MinorUnits = 0
    currency: str
    issued_at: datetime


class CreditsGranted(Event):
    """Somebody has more credits: of a plan, bought, given, or given back (CON-33)."""

    NAME: ClassVar[str] = "billing.credits_granted.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    user_id: UUID
    product_line: str
    credits: Annotated[int, Field(gt=0)]
    category: Literal["plan", "bought", "promotional", "refund"]
    description: str
    """For people."""
    available: int
    """What can be spent with them."""
    expires_at: datetime | None = None
    """None: they last."""
    reference: UUID | None = None


class UsageReset(Event):
    """A new billing month began: the plan's counts are at zero, its credits anew (CON-33)."""

    NAME: ClassVar[str] = "billing.usage_reset.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    product_line: str
    plan: str
    limits: dict[str, int]
    """By meter, -1 is unlimited."""
    credits_available: int
    period_start: datetime
    period_end: datetime


class _UsageLimit(Event):
    """How much of a meter is used."""

    user_id: UUID
    product_line: str
    plan: str
    meter: str
    """``workflows``, ``trims``, ``auto_hooks``, ``credits`` and so on."""
    used: int
    limit: int
    period_ends_at: datetime
    upgrade_to: tuple[str, ...] = ()
    """Plans that have more of it, the cheapest first."""


class UsageLimitNear(_UsageLimit):
    """Four fifths of what a plan allows in a month are used; told once a month and meter (CON-33)."""

    NAME: ClassVar[str] = "billing.usage_limit_near.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)


class UsageLimitReached(_UsageLimit):
    """All that a plan allows in a month is used; told once a month and meter (CON-33)."""

    NAME: ClassVar[str] = "billing.usage_limit_reached.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")


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
