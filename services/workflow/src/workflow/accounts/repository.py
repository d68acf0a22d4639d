"""SQL for the copies of users and entitlements."""

from __future__ import annotations

from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.billing import EntitlementsChanged

_KEEP_ENTITLEMENTS = """
INSERT INTO entitlements
    (user_id, product_line, plan, limits, used, features, priority, run_budget, credits_available, version,
     period_ends_at, credits_bought, upgrades, max_video_seconds, longer_with, credits_per_minute)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (user_id, product_line) DO UPDATE SET
    plan = excluded.plan, limits = excluded.limits, used = excluded.used, features = excluded.features,
    priority = excluded.priority, run_budget = excluded.run_budget,
    credits_available = excluded.credits_available, version = excluded.version,
    period_ends_at = excluded.period_ends_at, credits_bought = excluded.credits_bought, upgrades = excluded.upgrades,
    max_video_seconds = excluded.max_video_seconds, longer_with = excluded.longer_with,
    credits_per_minute = excluded.credits_per_minute
WHERE entitlements.version < excluded.version
"""

_KEEP_USER = """
INSERT INTO users (user_id, email, name, language, is_active, version) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id) DO UPDATE SET
    email = excluded.email, name = excluded.name, language = excluded.language,
    is_active = excluded.is_active, version = excluded.version
WHERE users.version < excluded.version
"""

# What comes before the user it is about makes a row that any version of that user fills.
_KEEP_PROVED = """
INSERT INTO users (user_id, email, language, version, email_verified) VALUES ($1, '', 'en', -1, true)
ON CONFLICT (user_id) DO UPDATE SET email_verified = true
"""


async def keep_entitlements(tx: Transaction, event: EntitlementsChanged) -> None:
    """Keep what a user may do in a product line, unless something newer is known."""
    await tx.execute(
        _KEEP_ENTITLEMENTS,
        event.user_id,
        event.product_line,
        event.plan,
        orjson.dumps(event.limits).decode(),
        orjson.dumps(event.used).decode(),
        orjson.dumps(event.features).decode(),
        event.priority.value,
        event.run_budget,
        event.credits_available,
        event.version,
        event.period_ends_at,
        event.credits_bought,
        orjson.dumps(event.upgrades).decode(),
        event.max_video_seconds,
        list(event.longer_with),
        event.credits_per_minute,
    )


async def keep_user(
    tx: Transaction, user_id: UUID, email: str, name: str | None, language: str, *, is_active: bool, version: int
) -> None:
    """Keep a user's fields, unless something newer is known."""
    await tx.execute(_KEEP_USER, user_id, email, name, language, is_active, version)


async def keep_proved(tx: Transaction, user_id: UUID) -> None:
    """A user's address is proved, whatever else is known of them."""
    await tx.execute(_KEEP_PROVED, user_id)
