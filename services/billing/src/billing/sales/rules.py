"""What a subscription gives, and what has become of it since it was last told of. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from billing.ledger.models import Terms
from billing.ledger.periods import month_since
from billing.payments.port import Subscription, SubscriptionStatus

GRACE = timedelta(days=7)
"""So long a plan is kept after a renewal that could not be paid (BIL-58)."""

Status = Literal["incomplete", "trialing", "active", "past_due", "cancelled", "expired"]
What = Literal["renewed", "plan_changed", "change_planned", "past_due", "recovered", "cancel_planned", "resumed"]

_STATUSES: dict[SubscriptionStatus, Status] = {
    SubscriptionStatus.INCOMPLETE: "incomplete",
    SubscriptionStatus.INCOMPLETE_EXPIRED: "expired",
    SubscriptionStatus.TRIALING: "trialing",
    SubscriptionStatus.ACTIVE: "active",
    SubscriptionStatus.PAST_DUE: "past_due",
    SubscriptionStatus.CANCELED: "cancelled",
    SubscriptionStatus.UNPAID: "expired",
    SubscriptionStatus.PAUSED: "expired",
}
GIVING = ("trialing", "active", "past_due")


@dataclass(frozen=True, slots=True)
class Story:
    """A subscription as its owner is told of it."""

    plan_type: str
    status: Status
    period_start: str
    ends: bool
    next_plan: str | None

    def as_dict(self) -> dict[str, object]:
        """For storing."""
        return asdict(self)


def gives_until(subscription: Subscription) -> datetime | None:
    """When the plan ends, where that is decided: with the subscription, or a week after a renewal was not paid."""
    ends = [subscription.ends_at] if subscription.ends_at is not None else []
    if subscription.status is SubscriptionStatus.PAST_DUE and subscription.period_start is not None:
        ends.append(subscription.period_start + GRACE)
    return min(ends, default=None)


def status_of(subscription: Subscription, now: datetime, before: Story | None) -> Status:
    """PLT-50's word. What ended while it was owed for has expired; what its owner ended was cancelled."""
    status = _STATUSES[subscription.status]
    until = gives_until(subscription)
    if status == "past_due" and until is not None and until <= now:
        return "expired"
    if status == "cancelled" and before is not None and before.status in ("past_due", "expired"):
        return "expired"
    return status


def terms_of(subscription: Subscription, plan_type: str, now: datetime) -> Terms | None:
    """What a subscription gives at ``now``; None: nothing.

    Its months begin on the day it renews on. Where its own period is a month that period is the account's; of a year,
    and while a renewal has not been heard of, the month that ``now`` is in.
    """
    start, end = subscription.period_start, subscription.period_end
    until = gives_until(subscription)
    if _STATUSES[subscription.status] not in GIVING or start is None or end is None or start >= end:
        return None
    if until is not None and until <= now:
        return None
    anchor, at = subscription.anchor or start, max(now, start)
    trial = subscription.status is SubscriptionStatus.TRIALING
    if at >= end or (subscription.interval == "year" and not trial):
        start, end = month_since(anchor, at)
    return Terms(plan_type, start, end, anchor, until)


def ended_at(subscription: Subscription, now: datetime) -> datetime:
    """Since when a subscription gives nothing."""
    return min(subscription.ended_at or gives_until(subscription) or now, now)


def story_of(
    subscription: Subscription, plan_type: str, next_plan: str | None, now: datetime, before: Story | None
) -> Story:
    """The subscription as it is to be told of."""
    return Story(
        plan_type=plan_type,
        status=status_of(subscription, now, before),
        period_start=subscription.period_start.isoformat() if subscription.period_start else "",
        ends=subscription.ends_at is not None,
        next_plan=next_plan if next_plan != plan_type else None,
    )


def changes(before: Story, after: Story) -> tuple[What, ...]:
    """What became of a living subscription, the weightiest first."""
    found: list[What] = []
    if after.status == "past_due" and before.status != "past_due":
        found.append("past_due")
    if after.status == "active" and before.status in ("past_due", "expired"):
        found.append("recovered")
    if after.plan_type != before.plan_type:
        found.append("plan_changed")
    if after.period_start > before.period_start and "past_due" not in found:
        found.append("renewed")
    if after.ends != before.ends:
        found.append("cancel_planned" if after.ends else "resumed")
    if after.next_plan != before.next_plan and after.next_plan is not None:
        found.append("change_planned")
    return tuple(found)
