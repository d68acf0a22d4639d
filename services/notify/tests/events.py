"""Facts about accounts and money, with only what a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.identity.vault import Vault
from contracts.billing import (
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)
from contracts.objects import StoredObject
from contracts.users import (
    ApiKeyCreated,
    DataExportReady,
    EmailChanged,
    EmailVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
    RefreshTokenReused,
    SecondFactorChanged,
    UserDeleted,
    UserLocked,
    UserLoggedIn,
    UserRegistered,
)

LINK_KEY = "local-link-key-for-development-only"
LINKS = Vault(LINK_KEY)
UNTIL = datetime(2026, 5, 18, 12, tzinfo=UTC)
ADDRESS = "asha@example.com"


def registered(user_id: UUID, **fields: Any) -> UserRegistered:
    given = {"email": ADDRESS, "username": "asha", "name": "Asha", "home_product_line": "talkingphoto"} | fields
    return UserRegistered(user_id=user_id, **given)


def reset(user_id: UUID, token: str = "plain-token") -> PasswordResetRequested:  # noqa: S107
    sealed = LINKS.seal(token).decode()
    return PasswordResetRequested(user_id=user_id, sealed_token=sealed, expires_at=UNTIL, product_line="talkingphoto")


def of_accounts(user_id: UUID) -> dict[str, Any]:
    """One event for each kind of message about an account, but the greeting."""
    user = {"user_id": user_id, "product_line": "talkingphoto"}
    sealed = {"sealed_token": LINKS.seal("plain-token").decode(), "expires_at": UNTIL}
    session = {"session_id": ids.uuid7(), "device": "Firefox on Linux"}
    factor = {what: SecondFactorChanged(**user, what=what) for what in ("enabled", "disabled", "recovery_codes")}  # type: ignore[arg-type]
    archive = StoredObject(key="documents/all.zip", sha256="0" * 64, size=1, mime_type="application/zip")
    return {
        "verify_email": EmailVerificationRequested(**user, email=ADDRESS, purpose="verify_email", **sealed),
        "change_email": EmailVerificationRequested(**user, email="new@example.com", purpose="change_email", **sealed),
        "email_changed": EmailChanged(**user, old_email="old@example.com"),
        "password_reset": reset(user_id),
        "password_changed": PasswordChanged(**user, how="changed"),
        "new_login": UserLoggedIn(**user, **session, address_hash="0", new_device=True),
        "account_locked": UserLocked(**user, locked_until=UNTIL),
        "session_ended": RefreshTokenReused(**user, **session),
        "second_factor_enabled": factor["enabled"],
        "second_factor_disabled": factor["disabled"],
        "recovery_codes_renewed": factor["recovery_codes"],
        "api_key_created": ApiKeyCreated(**user, key_id=ids.uuid7(), name="ci", prefix="tp_12"),
        "data_export_ready": DataExportReady(**user, export_id=ids.uuid7(), archive=archive, expires_at=UNTIL),
        "account_deleted": UserDeleted(**user, sealed_email=LINKS.seal("gone@example.com").decode(), language="de"),
    }


def of_money(user_id: UUID) -> dict[str, Any]:
    """One event for each kind of message about plans, payments and use."""
    user = {"user_id": user_id, "product_line": "talkingphoto"}
    plan = {
        **user,
        "subscription_id": ids.uuid7(),
        "plan": "pro",
        "plan_name": "Pro",
        "interval": "month",
        "status": "active",
        "period_start": UNTIL,
        "period_end": UNTIL,
        "next_plan_name": "Starter",
    }
    payment = {**user, "payment_id": ids.uuid7(), "amount": 149900, "currency": "INR"}
    use = {"plan": "starter", "meter": "workflows", "used": 24, "limit": 30, "period_ends_at": UNTIL}

    def updated(what: Any) -> SubscriptionUpdated:
        return SubscriptionUpdated(**plan, what=what)

    return {
        "subscription_started": SubscriptionCreated(**plan),
        "subscription_changed": updated("plan_changed"),
        "subscription_change_planned": updated("change_planned"),
        "subscription_ending": updated("cancel_planned"),
        "subscription_resumed": updated("resumed"),
        "subscription_cancelled": SubscriptionCancelled(**plan, previous_plan="pro"),
        "subscription_expired": SubscriptionExpired(**plan, previous_plan="pro"),
        "payment_received": PaymentSucceeded(**payment, description="Pro, a month", paid_at=UNTIL),
        "payment_failed": PaymentFailed(
            **payment, description="Pro", reason="The card was declined.", access_until=UNTIL, failed_at=UNTIL
        ),
        "payment_refunded": PaymentRefunded(**payment, in_full=True, refunded_at=UNTIL),
        "quota_near": UsageLimitNear(**user, **use, upgrade_to=("pro",)),
        "quota_reached": UsageLimitReached(**user, **use),
        "month_began": UsageReset(
            **user, plan="pro", limits={}, credits_available=30, period_start=UNTIL, period_end=UNTIL
        ),
    }
