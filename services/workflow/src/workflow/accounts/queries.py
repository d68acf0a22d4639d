"""Reading what is known of users."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction

_KNOWN = "SELECT FROM users WHERE user_id = $1"
_ACTIVE = f"{_KNOWN} AND is_active"


async def is_known(tx: Transaction, user_id: UUID) -> bool:
    """Whether there is such an account, in use or not, and not one that was erased."""
    return await tx.fetchrow(_KNOWN, user_id) is not None


async def is_active(tx: Transaction, user_id: UUID) -> bool:
    """Whether an id is that of an account in use."""
    return await tx.fetchrow(_ACTIVE, user_id) is not None
