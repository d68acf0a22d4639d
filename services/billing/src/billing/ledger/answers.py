"""What the ledger says of what it did, as events. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from billing.ledger.meters import ALL, shares
from billing.ledger.models import Account, Hold, HoldState, Refusal
from billing.plans.book import PlanBook
from billing.plans.catalogue import Plan
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsGranted,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)

Instruction = ReserveCredits | CaptureCredits | ReleaseCredits
Answer = CreditsReserved | ReservationRefused | CreditsCaptured | CreditsReleased


def reserved(held: Hold, plan: Plan) -> CreditsReserved:
    """Credits are set aside."""
    return CreditsReserved(
        reservation_id=held.id,
        run_id=held.run_id,
        user_id=held.user_id,
        credits=held.credits,
        plan=plan.plan_type,
        budget=plan.run_budget,
        priority=plan.priority,
    )


def refused(command: ReserveCredits, refusal: Refusal) -> ReservationRefused:
    """Nothing is set aside, and why."""
    return ReservationRefused(
        reservation_id=command.reservation_id,
        run_id=command.run_id,
        user_id=command.user_id,
        reason=refusal.reason,
        message=refusal.message,
        limit=refusal.limit,
        used=refusal.used,
        upgrade_to=refusal.upgrade_to,
        anew_at=refusal.anew_at,
    )


def captured(held: Hold) -> CreditsCaptured:
    """What was held is spent."""
    return CreditsCaptured(
        reservation_id=held.id,
        run_id=held.run_id,
        user_id=held.user_id,
        credits=held.captured,
        released=held.credits - held.captured,
    )


def released(command: Instruction, user_id: UUID | None, credits: int, reason: str) -> CreditsReleased:
    """What was held is available again."""
    return CreditsReleased(
        reservation_id=command.reservation_id, run_id=command.run_id, user_id=user_id, credits=credits, reason=reason
    )


def expired(held: Hold) -> CreditsReleased:
    """Nobody settled a hold in time."""
    return CreditsReleased(
        reservation_id=held.id,
        run_id=held.run_id,
        user_id=held.user_id,
        credits=held.credits,
        reason="the hold expired",
    )


def settled(command: CaptureCredits, held: Hold) -> Answer:
    """How a hold that was to be captured ended."""
    if held.state is HoldState.CAPTURED:
        return captured(held)
    return released(command, held.user_id, held.credits, held.state.value)


def granted(
    account: Account,
    credits: int,
    category: Literal["bought", "promotional", "refund"],
    description: str,
    reference: UUID | None,
    expires_at: datetime | None = None,
) -> CreditsGranted:
    """Somebody has more credits."""
    return CreditsGranted(
        user_id=account.user_id,
        product_line=account.product_line,
        credits=credits,
        category=category,
        description=description,
        available=account.available,
        reference=reference,
        expires_at=expires_at,
    )


def reset(account: Account, plan: Plan) -> UsageReset:
    """A new month began."""
    return UsageReset(
        user_id=account.user_id,
        product_line=account.product_line,
        plan=account.plan_type,
        limits=dict(plan.quotas),
        credits_available=account.available,
        period_start=account.period_start,
        period_end=account.period_end,
    )


def warned(account: Account, plan: Plan, meter: str, share: int, upgrades: tuple[str, ...]) -> UsageLimitNear:
    """Much or all of a meter is used (CON-33)."""
    event = UsageLimitReached if share == ALL else UsageLimitNear
    used, limit = shares(account, plan)[meter]
    return event(  # type: ignore[return-value]  # both say the same
        user_id=account.user_id,
        product_line=account.product_line,
        plan=plan.plan_type,
        meter=meter,
        used=used,
        limit=limit,
        period_ends_at=account.period_end,
        upgrade_to=upgrades,
    )


def entitlements(account: Account, plans: PlanBook) -> EntitlementsChanged:
    """What an account may do now. Told as used is what the plan has a limit of."""
    plan = plans.get(account.product_line, account.plan_type)
    return EntitlementsChanged(
        user_id=account.user_id,
        product_line=account.product_line,
        plan=plan.plan_type,
        limits=dict(plan.quotas),
        used={meter: used for meter, used in account.used.items() if meter in plan.quotas},
        features=dict(plan.features),
        priority=plan.priority,
        run_budget=plan.run_budget,
        credits_available=account.available,
        credits_bought=account.bought,
        credits_anew=plan.credits_per_month + account.bought,
        upgrades=plans.upgrades(account.product_line, account.plan_type),
        plans_with=plans.with_each_feature(account.product_line),
        max_video_seconds=plan.max_video_seconds,
        longer_with=plans.longer(plan),
        credits_per_minute=plan.credits_per_minute,
        version=account.version,
        period_ends_at=account.period_end,
    )
