"""What the platform asks of a payment processor, in its own words (BIL-53, BIL-55, BIL-56).

Every call that changes something takes a ``key``: the id of the decision behind it, written down before the call. The
same key may be sent again as often as needed and takes effect once. No card data pass here (BIL-57): people pay on the
processor's own pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from billing.payments.money import Money

Interval = Literal["day", "week", "month", "year"]


class FailureClass(StrEnum):
    """Why a call failed; what follows from each is in :data:`ADVICE`."""

    CARD_DECLINED = "card_declined"
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    KEY_REUSED = "key_reused"
    AUTH = "auth"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows from a failure class."""

    retryable: bool
    """The same call with the same key may work later."""
    words: str
    """For the person who pays, where a code has nothing better to say."""


ADVICE: Mapping[FailureClass, Advice] = {
    FailureClass.CARD_DECLINED: Advice(False, "The payment was declined. Please use another way to pay."),
    FailureClass.INVALID: Advice(False, "This payment could not be set up. Nothing was charged."),
    FailureClass.NOT_FOUND: Advice(False, "The payment processor does not know this any more."),
    FailureClass.KEY_REUSED: Advice(False, "This payment could not be set up. Nothing was charged."),
    FailureClass.AUTH: Advice(False, "Payments are not available at the moment. Nothing was charged."),
    FailureClass.THROTTLED: Advice(True, "Payments are busy. Nothing was charged; please try again in a moment."),
    FailureClass.TRANSIENT: Advice(True, "Payments had a short problem. Nothing was charged; please try again."),
    FailureClass.UNKNOWN_OUTCOME: Advice(True, "We are checking what became of your payment."),
}
"""``TRANSIENT`` and ``THROTTLED`` promise that nothing happened. After ``UNKNOWN_OUTCOME`` something may have: only the
same key may be sent again, or the outcome looked up."""


class PaymentFailure(Exception):
    """A call to the processor failed. ``str()`` is for operators, without secrets; ``user_message`` is for people."""

    def __init__(
        self,
        kind: FailureClass,
        message: str,
        *,
        user_message: str = "",
        code: str | None = None,
        decline_code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.user_message = user_message or ADVICE[kind].words
        self.code = code
        self.decline_code = decline_code
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    def with_kind(self, kind: FailureClass) -> PaymentFailure:
        """The same failure seen in another light: with what an earlier try of the call has left behind."""
        return PaymentFailure(
            kind,
            str(self),
            code=self.code,
            decline_code=self.decline_code,
            http_status=self.http_status,
            request_id=self.request_id,
            retry_after_s=self.retry_after_s,
        )

    @property
    def retryable(self) -> bool:
        """Whether the same call with the same key may work later."""
        return ADVICE[self.kind].retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One intention to buy, with our ids; the processor carries them along and gives them back."""

    id: UUID
    user_id: UUID
    product_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCheckout:
    """Buy a plan. ``price_id`` is the processor's price in the plan's catalogue row (BIL-20)."""

    purchase: Purchase
    customer_id: str
    plan_type: str
    price_id: str
    description: str
    success_url: str
    cancel_url: str
    trial_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPrice:
    """What a plan costs every ``interval``; ``id`` is ours and ``name`` what the pages and invoices call the plan."""

    id: UUID
    name: str
    amount: Money
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditsCheckout:
    """Buy ``credits`` once for ``price``; ``description`` is what the pages and the receipt call them."""

    purchase: Purchase
    customer_id: str
    credits: int
    price: Money
    description: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A visit to the processor's payment page. ``url`` is there while ``status`` is ``open``."""

    id: str
    url: str | None
    status: Literal["open", "complete", "expired"]
    payment_status: Literal["paid", "unpaid", "no_payment_required"]
    """``unpaid`` on a complete visit: the bank has yet to say, as with UPI mandates and bank debits."""
    purchase_id: UUID | None
    user_id: UUID | None
    product_line: str | None
    customer_id: str | None
    subscription_id: str | None
    payment_id: str | None
    total: Money | None
    expires_at: datetime | None


class SubscriptionStatus(StrEnum):
    """Where a subscription stands at the processor."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"
    UNPAID = "unpaid"
    PAUSED = "paused"

    @property
    def is_final(self) -> bool:
        """Nothing brings it back; a new one would have to be bought."""
        return self in (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription as the processor describes it at one moment."""

    id: str
    customer_id: str
    status: SubscriptionStatus
    user_id: UUID | None
    product_line: str | None
    item_id: str | None
    price_id: str | None
    interval: Interval | None
    period_start: datetime | None
    period_end: datetime | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    ended_at: datetime | None
    change_pending: bool
    """A change of plan waits for its payment; ``price_id`` is still the old one."""
    anchor: datetime | None = None
    """Renewals fall on its day of the month."""
    trial_end: datetime | None = None
    schedule_id: str | None = None
    """Of what is planned for the next renewal."""

    @property
    def ends_at(self) -> datetime | None:
        """When it will end or has ended, where that is decided."""
        return self.ended_at or self.cancel_at or (self.period_end if self.cancel_at_period_end else None)


@dataclass(frozen=True, slots=True)
class Observed:
    """A subscription, and between which moments of the processor's clock it was so."""

    subscription: Subscription
    since: datetime
    until: datetime


class ChangeAt(StrEnum):
    """When a change of plan counts: at once with the difference charged, or from the next renewal (BIL-04)."""

    NOW = "now"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """Who pays."""

    user_id: UUID
    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give money of a payment back: ``amount``, or all that is left. ``reference`` is our id of this refund."""

    reference: UUID
    payment_id: str
    amount: Money | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back."""

    id: str
    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
    amount: Money
    payment_id: str | None
    reference: UUID | None


class PaymentProcessor(Protocol):
    """A payment processor. Every method raises :class:`PaymentFailure` and nothing else for what goes wrong there."""

    name: ClassVar[str]

    async def plan_price(self, price: PlanPrice, *, key: UUID) -> str:
        """Make a price known, unless it is; returns the processor's id for it."""
        ...

    async def create_customer(self, customer: NewCustomer, *, key: UUID) -> str:
        """Make the person known; returns the processor's id for them."""
        ...

    async def check_out_plan(self, wanted: PlanCheckout, *, key: UUID) -> Checkout:
        """Open a payment page for a plan."""
        ...

    async def check_out_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout:
        """Open a payment page for a credit pack."""
        ...

    async def charge_credits(self, wanted: CreditsCheckout, *, key: UUID) -> Checkout | None:
        """Charge the way to pay that the customer has stored, without a page; what came of it reads like a visit. None:
        there is no stored way that could be charged, and nothing was."""
        ...

    async def checkout(self, checkout_id: str) -> Checkout:
        """The visit as it is now."""
        ...

    async def close_checkout(self, checkout_id: str, *, key: UUID) -> Checkout:
        """Let nobody pay on this page any more; one that is over already stays as it ended."""
        ...

    def events_since(self, moment: datetime) -> AsyncIterator[bytes]:
        """Every event since ``moment``, the newest first, as a webhook would bring it."""
        ...

    async def subscription(self, subscription_id: str) -> Observed:
        """The subscription as it is now."""
        ...

    async def change_subscription(
        self, subscription_id: str, price_id: str, *, interval: Interval, at: ChangeAt, key: UUID
    ) -> Subscription:
        """Move to another price. With ``NOW`` an unpaid difference leaves the old price and ``change_pending``.

        ``RENEWAL`` plans it: until the next renewal all stays as it is, ``price_id`` too. The price it has takes back
        what was planned.
        """
        ...

    async def cancel_subscription(self, subscription_id: str, *, at_once: bool, key: UUID) -> Subscription:
        """End it at the end of the paid period, or at once."""
        ...

    async def resume_subscription(self, subscription_id: str, *, key: UUID) -> Subscription:
        """Take a cancellation for the end of the period back."""
        ...

    async def refund(self, wanted: RefundRequest, *, key: UUID) -> Refund:
        """Give money back."""
        ...

    async def portal(self, customer_id: str, *, return_url: str, key: UUID) -> str:
        """A link to the pages where people change cards, see invoices and cancel. Short-lived; do not keep it."""
        ...

    async def find_customer(self, user_id: UUID, email: str) -> str | None:
        """The customer made for a user, when the answer to ``create_customer`` was lost for good. None: not there.

        ``email`` as it was then.
        """
        ...

    async def find_checkout(self, purchase_id: UUID, customer_id: str) -> Checkout | None:
        """The visit opened for a purchase, when the answer was lost for good. None: not there."""
        ...

    async def find_refund(self, reference: UUID, payment_id: str) -> Refund | None:
        """The refund made for a reference, when the answer was lost for good. None: not there."""
        ...
