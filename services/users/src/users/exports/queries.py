"""What a person is told of what users knows about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import rows_of

_EVERYTHING = {
    "profile": "SELECT u.id, email, username, name, avatar_url, role, email_verified, timezone, language, "
    "home_product_line, (SELECT jsonb_object_agg(e.product_line, e.plan) FROM entitlements AS e "
    "WHERE e.user_id = u.id) AS plan, created_at, last_login FROM users AS u WHERE u.id = $1",
    "consents": "SELECT kind, policy_version, granted, given_at FROM consents WHERE user_id = $1 ORDER BY given_at",
    "identities": "SELECT provider, subject FROM oauth_identities WHERE user_id = $1",
    "sessions": "SELECT id, product_line, ip_address, user_agent, created_at, last_used_at, revoked_at "
    "FROM user_sessions WHERE user_id = $1 ORDER BY created_at",
    "api_keys": "SELECT id, product_line, name, prefix, scopes, allowed_addresses, daily_credits, created_at, "
    "last_used_at, expires_at, revoked_at FROM api_keys WHERE user_id = $1 ORDER BY created_at",
    "actions": "SELECT at, action, result, product_line, user_agent, details FROM audit_log WHERE actor = $1 "
    "ORDER BY seq",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)
